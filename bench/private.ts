/**
 * What privacy costs: the reference's job without and with --private, and Opacus beside it in a process of its own.
 *
 *     node dist/bench/private.js [--epochs 3] [--threads 2] [--python …/python] [--accuracy]
 *
 * Prints the median time of an epoch and the time of one Gaussian. Without --python (with torch and opacus), only our own figures. With --accuracy, the test error
 * at ε = 3 instead, for five seeds.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { inputFilesOf } from '../src/data/sources.js';
import { TABLE_LENGTH } from '../src/kernels/lattice-noise.js';
import type { Memory } from '../src/memory/layout.js';
import { NOISE_BYTES } from '../src/memory/layout.js';
import { GradientNoise } from '../src/privacy/gradient-noise.js';
import { fillNoiseTable } from '../src/privacy/noise-table.js';
import { type TrainInput, train } from '../src/run/train.js';

const { values } = parseArgs({
  options: {
    epochs: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    python: { type: 'string' },
    accuracy: { type: 'boolean', default: false },
  },
});
const [epochs, threads] = [Number(values.epochs), Number(values.threads)];

/** The reference job, with σ = 1 and C = 1. */
const JOB: TrainInput = { batchSize: 100, hidden: [1000], lr: 0.1, reduction: 'mean', epochs, threads };
const PRIVATE: TrainInput = { ...JOB, private: true, dpDelta: 1e-5, dpClipNorm: 1, dpNoiseMultiplier: 1 };

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}

async function secondsPerEpoch(options: TrainInput): Promise<number> {
  const seconds: number[] = [];
  for await (const event of train(options)) if (event.event === 'epoch') seconds.push(event.seconds);
  return median(seconds);
}

/** Nanoseconds of one Gaussian of the reference's first layer, on this thread: random bytes, table and sum. */
function gaussianNanoseconds(): number {
  const [inputs, outputs, width] = [784, 1000, 40];
  const shared = new WebAssembly.Memory({ initial: 128, maximum: 128, shared: true });
  let next = 1 << 16;
  const take = <A extends { readonly byteLength: number }>(
    Type: new (buffer: SharedArrayBuffer, at: number, length: number) => A,
    length: number,
  ): A => {
    const array = new Type(shared.buffer as SharedArrayBuffer, next, length);
    next = Math.ceil((next + array.byteLength) / 64) * 64;
    return array;
  };
  const panels = Array.from({ length: outputs / width }, (_, p) => {
    return { firstColumn: p * width, width, gradients: [take(Float32Array, (inputs + 1) * width)] };
  });
  const noiseTable = { entries: take(Uint32Array, TABLE_LENGTH), rests: take(Uint32Array, 2 * TABLE_LENGTH) };
  fillNoiseTable(noiseTable);
  const memory = {
    layers: [{ inputs, outputs, panels, parameters: new Float32Array(0) }],
    workers: [{ noiseBytes: take(Uint8Array, NOISE_BYTES) }],
    noiseTable,
  } as unknown as Memory;
  const options = { key: new Uint8Array(32), scale: { perUnit: 1000, unit: 0.001 } };
  const noise = new GradientNoise(options, shared, memory, 0);
  const times = Array.from({ length: 15 }, (_, step) => {
    const began = performance.now();
    for (const { firstColumn } of panels) noise.add(step, 0, { from: firstColumn / 4, to: (firstColumn + width) / 4 });
    return ((performance.now() - began) / ((inputs + 1) * outputs)) * 1e6;
  });
  return median(times);
}

const folder = path.dirname(String(inputFilesOf('mnist')[0]));

/** What a peer prints last. */
function peer(script: string, args: readonly string[]): number {
  const file = path.join(import.meta.dirname, '../../bench/peers', script);
  const { stdout, stderr, status } = spawnSync(values.python!, [file, folder, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout.trim().split('\n').at(-1));
}

if (values.accuracy) await compareAccuracy();
else await compareSpeed();

async function compareAccuracy(): Promise<void> {
  const job = { batchSize: 512, hidden: [1000], lr: 0.5, epochs: 5, threads };
  for (const seed of [1, 2, 3, 4, 5]) {
    let [error, sigma] = [Number.NaN, 0];
    for await (const event of train({ ...job, seed, private: true, dpEpsilon: 3, dpDelta: 1e-5, dpClipNorm: 1 })) {
      if (event.event === 'start') sigma = event.config.dp_noise_multiplier!;
      if (event.event === 'end') error = event.test_error!;
    }
    const { epochs, batchSize, lr } = job;
    const theirs = values.python && peer('opacus_accuracy.py', [seed, sigma, epochs, batchSize, lr].map(String));
    console.log(`seed ${seed}, σ ${sigma}: test error ${error}${theirs === undefined ? '' : `, opacus ${theirs}`}`);
  }
}

async function compareSpeed(): Promise<void> {
  const plain = await secondsPerEpoch(JOB);
  const own = await secondsPerEpoch(PRIVATE);
  console.log(`lockstep, ${threads} threads: ${plain.toFixed(2)} s an epoch, --private ${own.toFixed(2)} s`);
  console.log(`one Gaussian: ${gaussianNanoseconds().toFixed(2)} ns (AES-256, table and lattice)`);
  if (values.python === undefined) return;
  for (const mode of ['none', 'ghost', 'ghost-secure', 'default']) {
    const seconds = peer('opacus_mnist.py', [mode, String(threads), mode === 'default' ? '15' : '60']);
    console.log(`opacus, ${mode}: ${seconds.toFixed(2)} s an epoch, ${(seconds / own).toFixed(1)} times as long`);
  }
}
