/**
 * What privacy costs: the reference's job without and with --private, and Opacus beside it in a process of its own.
 *
 *     node dist/bench/private.js [--epochs 3] [--threads 2] [--python …/python] [--table | --noise | --accuracy [--seeds 5]]
 *
 * Prints the median time of an epoch. Without --python (with torch and opacus), only our own figures. With --table, the job is a
 * made-up table of 20,000 rows and 20 columns. With --noise, the time of one Gaussian instead; with --accuracy, the test error at
 * ε = 3.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { inputFilesOf } from '../src/data/sources.js';
import { TABLE_LENGTH } from '../src/kernels/lattice-noise.js';
import type { Memory } from '../src/memory/layout.js';
import { NOISE_BYTES } from '../src/memory/layout.js';
import { Random } from '../src/model/random.js';
import { GradientNoise } from '../src/privacy/gradient-noise.js';
import { fillNoiseTable } from '../src/privacy/noise-table.js';
import { type TrainInput, train } from '../src/run/train.js';

const { values } = parseArgs({
  options: {
    epochs: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    python: { type: 'string' },
    accuracy: { type: 'boolean', default: false },
    noise: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '5' },
    table: { type: 'boolean', default: false },
  },
});
const [epochs, threads] = [Number(values.epochs), Number(values.threads)];

/** The reference job, with σ = 1 and C = 1. */
const JOB: TrainInput = { batchSize: 100, hidden: [1000], lr: 0.1, reduction: 'mean', epochs, threads };
const PRIVATE = { private: true, dpDelta: 1e-5, dpClipNorm: 1, dpNoiseMultiplier: 1 };

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

/** The numbers that a peer prints. */
function peer(script: string, args: readonly string[]): number[] {
  const file = path.join(import.meta.dirname, '../../bench/peers', script);
  const { stdout, stderr, status } = spawnSync(values.python!, [file, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim().split('\n').map(Number);
}

if (values.accuracy) await compareAccuracy();
else if (values.noise) compareNoise();
else if (values.table) await compareTables();
else await compareSpeed(JOB, {}, folder);

async function compareAccuracy(): Promise<void> {
  const job = { batchSize: 512, hidden: [1000], lr: 0.5, epochs: 5, threads };
  const [own, theirs]: [number[], number[]] = [[], []];
  for (let seed = 1; seed <= Number(values.seeds); seed++) {
    let [error, sigma] = [Number.NaN, 0];
    for await (const event of train({ ...job, seed, private: true, dpEpsilon: 3, dpDelta: 1e-5, dpClipNorm: 1 })) {
      if (event.event === 'start') sigma = event.config.dp_noise_multiplier!;
      if (event.event === 'end') error = event.test_error!;
    }
    own.push(error);
    const { epochs, batchSize, lr } = job;
    const settings = [seed, sigma, epochs, batchSize, lr].map(String);
    if (values.python) theirs.push(...peer('opacus_accuracy.py', [folder, ...settings]));
    console.log(`seed ${seed}, σ ${sigma}: test error ${error}${values.python ? `, opacus ${theirs.at(-1)}` : ''}`);
  }
  for (const [name, errors] of Object.entries({ lockstep: own, opacus: theirs })) {
    if (errors.length < 2) continue;
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    const variance = errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / (errors.length - 1);
    const percent = (value: number) => `${(100 * value).toFixed(3)} %`;
    console.log(`${name}: mean ${percent(mean)}, standard error ${percent(Math.sqrt(variance / errors.length))}`);
  }
}

/** Without the defense against floating-point attacks: Marsaglia's polar method, with a fast generator, added in float32. */
function plainNanoseconds(): number {
  const gradient = new Float32Array(785 * 1000);
  const times = Array.from({ length: 15 }, () => {
    const began = performance.now();
    for (let i = 0; i < gradient.length; i += 2) {
      let [x, y, square] = [0, 0, 2];
      while (square >= 1 || square === 0) {
        x = 2 * Math.random() - 1;
        y = 2 * Math.random() - 1;
        square = x * x + y * y;
      }
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      gradient[i]! += x * factor;
      gradient[i + 1]! += y * factor;
    }
    return ((performance.now() - began) / gradient.length) * 1e6;
  });
  return median(times);
}

function compareNoise(): void {
  console.log('nanoseconds of one Gaussian on one thread');
  console.log(`lockstep: ${gaussianNanoseconds().toFixed(2)} (AES-256, table and lattice)`);
  console.log(`polar method in JavaScript, not secure: ${plainNanoseconds().toFixed(2)}`);
  if (values.python === undefined) return;
  const [usual, secure] = peer('opacus_noise.py', []);
  console.log(`opacus: ${usual!.toFixed(2)}, in secure mode, with PyTorch's usual generator: ${secure!.toFixed(2)}`);
}

/** Rows of 20 numbers and a class that depends on them. */
function madeUpTable(rows: number, seed: number): string {
  const random = new Random(seed, 1);
  return Array.from({ length: rows }, () => {
    const numbers = Array.from({ length: 20 }, () => random.next() / 2 ** 31 - 1);
    const [a, b, c] = numbers as [number, number, number];
    return [...numbers.map((x) => x.toFixed(5)), a * b + c > 0 ? 1 : 0].join();
  }).join('\n');
}

async function compareTables(): Promise<void> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-'));
  try {
    const [data, publicData] = [path.join(scratch, 'private.csv'), path.join(scratch, 'public.csv')];
    writeFileSync(data, madeUpTable(20_000, 1));
    writeFileSync(publicData, madeUpTable(500, 2));
    const options: TrainInput = { optimizer: 'sgd', weightDecay: 0, schedule: 'constant', testSplit: 0 };
    const job: TrainInput = { ...JOB, data, label: '21', hidden: [128, 64], batchSize: 256, ...options };
    await compareSpeed(job, { publicData }, data);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** @param source  the data for the peer */
async function compareSpeed(job: TrainInput, ofPrivate: TrainInput, source: string): Promise<void> {
  const plain = await secondsPerEpoch(job);
  const own = await secondsPerEpoch({ ...job, ...PRIVATE, ...ofPrivate });
  console.log(`lockstep, ${threads} threads: ${plain.toFixed(3)} s an epoch, --private ${own.toFixed(3)} s`);
  if (values.python === undefined) return;
  for (const mode of ['none', 'ghost', 'ghost-secure', 'default', 'default-secure']) {
    const [seconds] = peer('opacus_epoch.py', [source, mode, String(threads), '60']) as [number];
    console.log(`opacus, ${mode}: ${seconds.toFixed(3)} s an epoch, ${(seconds / own).toFixed(1)} times as long`);
  }
}
