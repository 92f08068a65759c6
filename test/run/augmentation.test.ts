/** Shifts, rotations and noise in whole runs: as training on samples that were changed beforehand, for any threads, resumed. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import { NormalNoise } from '../../src/model/augmentation/normal-noise.js';
import { drawWarp } from '../../src/model/augmentation/warp-draw.js';
import { Warper } from '../../src/model/augmentation/warper.js';
import { CounterStream, counterKey } from '../../src/model/counter-random.js';
import type { TrainInput } from '../../src/run/train.js';
import { collect } from '../support/events.js';
import { kernelNames, VECTOR_BITS } from '../support/kernels.js';
import { refusalOf } from '../support/refusals.js';
import { resultsAfter, resultsOf } from '../support/results.js';
import { scratchWith } from '../support/scratch.js';
import { casesOf, valuesOf } from '../support/thoroughness.js';

const scratch = scratchWith(120, 30);
const common = (): TrainOptions => ({ data: scratch.data, hidden: [40], batchSize: 16, epochs: 2, lr: 0.01 });
const WARP = { shift: 2, rotate: 20, zoom: 0.15, flip: true };

const KINDS: readonly (readonly [name: string, options: TrainOptions])[] = [
  ['shifts', { shift: 3 }],
  ['shifts and flips', { shift: 2, flip: true }],
  ['all changes of images', WARP],
  ['noise', { inputNoise: 0.2 }],
  ['noise on shifted images', { shift: 1, inputNoise: 0.1 }],
];

const hashOf = async (options: TrainInput) => (await collect(options)).end.weights_sha256;

describe('an epoch is the same as one with samples that were changed beforehand', () => {
  const [HEIGHT, WIDTH, COUNT, SEED] = [24, 30, 45, 7];
  const size = HEIGHT * WIDTH;
  const shape = [COUNT, HEIGHT, WIDTH];
  const images = Float32Array.from({ length: COUNT * size }, (_, p) => {
    const [i, x, y] = [Math.floor(p / size), p % WIDTH, Math.floor(p / WIDTH) % HEIGHT];
    return Math.hypot(x - 15 - (i % 5), y - 12 + (i % 7)) < 4 + (i % 4) ? ((p * 37) % 200) / 199 : 0;
  });
  const labels = Array.from({ length: COUNT }, (_, i) => (i * 5) % 3);

  function changed({ shift = 0, rotate = 0, zoom = 0, flip = false, inputNoise = 0 }: TrainOptions): Float32Array {
    const [index, value] = [new Uint32Array(2 * size), new Float32Array(2 * size)];
    const warper = new Warper(HEIGHT, WIDTH, 'dense');
    const warp = { height: HEIGHT, width: WIDTH, shift, rotate, zoom, flip };
    const key = counterKey(SEED, CounterStream.AUGMENTATION, 1);
    const all = new Float32Array(COUNT * size);
    for (let i = 0; i < COUNT; i++) {
      value.set(images.subarray(i * size, (i + 1) * size));
      warper.write({ index, value }, 0, size, size, drawWarp(warp, key, i));
      if (inputNoise > 0) {
        new NormalNoise(inputNoise).add(value, size, size, counterKey(SEED, CounterStream.INPUT_NOISE, 1), i);
      }
      all.set(value.subarray(size), i * size);
    }
    return all;
  }

  it.each(casesOf(KINDS, (_, i) => i > 1))('%s', async (_, options) => {
    const own = changed(options);
    expect(own).not.toEqual(images);
    const more: TrainInput = { seed: SEED, hidden: [70], batchSize: 10, epochs: 1, lr: 0.05 };
    for (const kernel of casesOf(kernelNames(), (name) => name === 'simd')) {
      const before = await collect({ ...more, kernel, threads: 1, data: { images: own, shape, labels } });
      const during = await collect({
        ...more,
        kernel,
        threads: valuesOf(2, 1),
        data: { images, shape, labels },
        ...options,
      });
      expect(during.end.weights_sha256).toBe(before.end.weights_sha256);
      expect(during.epochs[0]!.train_loss).toBe(before.epochs[0]!.train_loss);
    }
  });
});

describe('the weights are the same', () => {
  it.each(casesOf(KINDS, (_, i) => i === 4))('for any number of threads and every width: %s', async (_, options) => {
    for (const hidden of valuesOf([[40], [100, 20]], [[40]])) {
      const hashes = new Set<string | undefined>();
      for (const threads of valuesOf([1, 2, 3, 8], [1, 3])) {
        for (const vectorBits of valuesOf(
          VECTOR_BITS,
          VECTOR_BITS.slice(threads > 1 ? 0 : -1, threads > 1 ? 1 : undefined),
        ))
          hashes.add(await hashOf({ ...common(), kernel: 'simd', ...options, hidden, threads, vectorBits }));
      }
      expect(hashes.size).toBe(1);
    }
  });

  const others = [
    ['with an optimizer that keeps the gradient', { optimizer: 'adam', clipNorm: 1, lr: 0.001 }],
    // (Their first layer is not divided by panels.)
    ['with the reference kernel', { kernel: 'reference', hidden: [5], limit: 40 }],
    ['without a hidden layer', { hidden: [] }],
    ['in batches of one', { batchSize: 1, limit: 30 }],
    ['with the noise scale', { noiseScale: true }],
    ['with a fold', { fold: '2/3' }],
  ] as const;
  it.each(casesOf<(typeof others)[number]>(others, (_, i) => i < 3))('%s', async (_, more) => {
    const hashes: (string | undefined)[] = [];
    for (const threads of valuesOf([1, 2, 5], [1, 3]))
      hashes.push(await hashOf({ ...common(), shift: 2, rotate: 9, threads, ...more }));
    expect(new Set(hashes).size).toBe(1);
  });

  it('of private runs, with samples that are drawn several times', async () => {
    const dp = { private: true, dpDelta: 1e-3, dpClipNorm: 1, dpNoiseMultiplier: 1, dpSeed: 5 };
    const options = { ...common(), ...dp, shift: 2, inputNoise: 0.1 };
    const hashes = [await hashOf({ ...options, threads: 1 }), await hashOf({ ...options, threads: 3 })];
    expect(new Set(hashes).size).toBe(1);
  });

  it.each(['sliced', 'dense'] as const)(
    'when a run is resumed in the middle of an epoch: strategy %s',
    async (strategy) => {
      const options: TrainOptions = { ...common(), ...WARP, inputNoise: 0.05, strategy, threads: 2, epochs: 2 };
      const checkpointDir = scratch.newPath();
      const whole = await collect({ ...options, checkpointDir, checkpointEverySteps: 3, keep: 30 });
      const resume = path.join(checkpointDir, 'step-0000012.safetensors');
      const rest = await collect({ resume, checkpointDir: scratch.newPath() });
      expect(rest.start.config).toMatchObject({ shift: 2, rotate: 20, zoom: 0.15, flip: true, input_noise: 0.05 });
      expect(resultsOf(rest.all)).toEqual(resultsAfter(whole.all, rest.start.resumed!));
    },
  );
});

it('each epoch and each seed has changes of its own; the held-out samples have none', async () => {
  // With a learning rate of nearly 0, losses differ by the samples alone.
  const options: TrainOptions = { ...common(), lr: 1e-30, epochs: 3, shift: 3, validationSplit: 0.2 };
  const { epochs } = await collect(options);
  const plain = await collect({ ...options, shift: 0 });
  const other = await collect({ ...options, seed: 2 });
  expect(new Set([...epochs, ...other.epochs].map(({ train_loss }) => train_loss)).size).toBe(6);
  expect(new Set(plain.epochs.map(({ train_error }) => train_error)).size).toBe(1);
  for (const [i, { validation_loss, test_loss }] of epochs.entries()) {
    expect(validation_loss).toBe(plain.epochs[i]!.validation_loss);
    expect(test_loss).toBe(plain.epochs[i]!.test_loss);
  }
});

describe('tables', () => {
  const rows = Array.from({ length: 60 }, (_, r) => ({ a: (r * 7) % 11, b: ['x', 'y', 'z'][r % 3], c: r % 2 }));
  const data = { rows, label: 'c' };

  it('have noise on all inputs', async () => {
    const options: TrainInput = { data, epochs: 3, inputNoise: 0.3 };
    const hashes = valuesOf([1, 2, 3], [1, 3]).map(async (threads) => await hashOf({ ...options, threads }));
    expect(new Set(await Promise.all(hashes)).size).toBe(1);
    expect(await hashes[0]).not.toBe(await hashOf({ ...options, inputNoise: 0 }));
  });

  it.each(Object.entries(WARP))('have no --%s', async (name, value) => {
    const { code, message, status } = await refusalOf(() => collect({ data, [name]: value }));
    expect({ code, status }).toEqual({ code: 'only_for_images', status: 2 });
    expect(message).toContain(`--${name}`);
  });
});

describe('images that cannot be changed are refused', () => {
  const labels = [0, 1];
  const refusal = (shape: number[], options: TrainOptions) => {
    const images = new Uint8Array(shape.reduce((a, b) => a * b)).fill(9);
    return refusalOf(() => collect({ data: { images, shape, labels }, epochs: 1, ...options }));
  };

  it('of more or fewer dimensions than height and width', async () => {
    expect((await refusal([2, 4, 4, 3], { shift: 1 })).message).toBe(
      '--shift 1: expected images of height × width; found images of 4 × 4 × 3; omit this option',
    );
    expect((await refusal([2, 15], { flip: true })).code).toBe('no_pictures');
    // Pixels in one line that make a square are taken for one.
    await collect({ data: { images: new Uint8Array(32).fill(9), shape: [2, 16], labels }, epochs: 1, flip: true });
  });

  it('of fewer pixels than the shift', async () => {
    expect((await refusal([2, 4, 6], { shift: 4 })).message).toBe(
      '--shift 4: expected less than the size of the images, 4 × 6 pixels',
    );
    await collect({ data: { images: new Uint8Array(48).fill(9), shape: [2, 4, 6], labels }, epochs: 1, shift: 3 });
  });
});

it.each(valuesOf(VECTOR_BITS, ['128']))('golden: kernel simd, %s bits', async (vectorBits) => {
  const options: TrainOptions = { ...common(), kernel: 'simd', vectorBits, threads: valuesOf(2, 1) };
  const hashes: Record<string, string | undefined> = {};
  for (const [name, more] of KINDS) hashes[name] = (await hashOf({ ...options, ...more }))?.slice(0, 16);
  // A change here is a break of the contract: it needs a reason in CHANGELOG.md.
  expect(hashes).toEqual({
    shifts: 'a50c8fa6f420edf4',
    'shifts and flips': '8320616d485156a2',
    'all changes of images': 'c1cc7aebb5efb129',
    noise: '36130f929d8dd96c',
    'noise on shifted images': 'cd55b264c6e2d500',
  });
});
