/** The same weights, bit for bit, for any number of threads: on real digits, with short last batches. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import type { EndEvent, TrainEvent } from '../../src/metrics/events.js';
import { train } from '../../src/run/train.js';
import { collect } from '../support/events.js';
import { type Part, temporaryFolder, writeDataset } from '../support/idx-files.js';
import { kernelNames, VECTOR_BITS } from '../support/kernels.js';
import { type Folder, mnistPart } from '../support/mnist-part.js';
import { casesOf, inFull, TRIES_ALL, valuesOf } from '../support/thoroughness.js';

/**
 * All with the reference's network and batch; with the others, which differ in how things are cut, some. (A thread takes its
 * time to start.)
 */
const ALL_THREADS = valuesOf([1, 2, 3, 7, 8, 16], [1, 3, 8]);
const threadsFor = (hidden: readonly number[], batchSize: number) =>
  hidden[0] === 1000 && batchSize === 100 ? ALL_THREADS : valuesOf([1, 3, 8], [1, 3]);

let data: Folder;
beforeAll(async () => {
  data = await mnistPart(1001, 300);
});
afterAll(() => data.remove());

async function hashOf(options: TrainOptions): Promise<string | undefined> {
  const { end } = await collect({ data: data.path, epochs: 1, ...options });
  expect(end.weights_sha256).toMatch(/^[0-9a-f]{64}$/);
  return end.weights_sha256;
}

const KERNELS = kernelNames();

describe.each(KERNELS)('kernel %s, strategy sliced', (kernel) => {
  const all = [{ hidden: [1000] }, { hidden: [300, 100] }, { hidden: [] }];
  const networks = casesOf(all, ({ hidden }) => (kernel === 'reference' ? hidden[0] === 300 : true));
  describe.each(networks)('hidden layers $hidden', ({ hidden }) => {
    // 1001 samples leave a last batch of 1, of 41, none, and 301; 700 samples go forward and back in several blocks.
    // What is cut, and where, is the same for all kernels: the fastest has all, the others (reference is the last) some.
    const some = hidden[0] === 1000 ? [100, 700] : [hidden.length > 0 ? 700 : 100];
    const sizes = kernel === KERNELS.at(-2) ? valuesOf([100, 64, 1, 700], some) : valuesOf([64, 1], [64]);
    it.each(sizes.map((batchSize) => ({ batchSize, numbers: threadsFor(hidden, batchSize) })))(
      'batch $batchSize: the same weights for $numbers threads',
      async ({ batchSize, numbers }) => {
        // The reference kernel is slow, on purpose, and so are a thousand steps of many threads: a part of the samples does.
        const isShort = kernel === 'reference' || batchSize === 1;
        const limit = isShort ? Math.max(batchSize, 60) + 1 : valuesOf(1001, batchSize === 700 ? 741 : 301);
        const hashes: (string | undefined)[] = [];
        for (const threads of numbers) hashes.push(await hashOf({ kernel, hidden, batchSize, threads, limit }));
        expect(new Set(hashes).size).toBe(1);
      },
    );
  });

  it.skipIf(kernel === 'reference' && !TRIES_ALL)(
    `another seed, rate or reduction gives other weights${kernel === 'reference' ? inFull : ''}`,
    async () => {
      const options: TrainOptions = { kernel, threads: valuesOf(2, 1), limit: 150, hidden: [20] };
      const variants = [
        options,
        { ...options, seed: 2 },
        { ...options, lr: 0.002 },
        { ...options, reduction: 'mean' as const },
      ];
      const hashes: (string | undefined)[] = [];
      for (const variant of variants) hashes.push(await hashOf(variant));
      expect(new Set(hashes).size).toBe(variants.length);
    },
  );
});

it('a run that diverges ends at the same step, with the same weights, for any number of threads', async () => {
  const ends = new Set<string>();
  for (const threads of valuesOf([1, 2, 3], [1, 3])) {
    const options = { data: data.path, kernel: 'simd' as const, hidden: [100], lr: 1e30, epochs: 3, threads };
    let last: TrainEvent | undefined;
    const run = async () => {
      for await (const event of train(options)) last = event;
    };
    await expect(run()).rejects.toThrow(/is not finite at step \d+/);
    expect(last).toMatchObject({ event: 'end', status: 'failed' });
    const { message, weights_sha256 } = last as EndEvent;
    expect(weights_sha256).toMatch(/^[0-9a-f]{64}$/);
    ends.add(`${message} ${weights_sha256}`);
  }
  expect(ends.size).toBe(1);
});

describe('samples without zeros, which are kept in dense form', () => {
  const dense = temporaryFolder();
  const narrow = temporaryFolder();
  afterAll(() => {
    dense.remove();
    narrow.remove();
  });
  const part = (count: number, seed: number, shape: Part['shape'] = [5, 9]): Part => ({
    labels: Array.from({ length: count }, (_, i) => (i * seed) % 7),
    shape,
    pixel: (p) => ((p * p * seed + p * 31) % 255) + 1,
  });
  beforeAll(() => {
    writeDataset(dense, { train: part(203, 3), test: part(50, 5) });
    writeDataset(narrow, { train: part(203, 3, [1, 3]), test: part(50, 5, [1, 3]) });
  });

  it('and with more threads than inputs, some of which have no rows and all of which have panels', async () => {
    const options: TrainOptions = { data: narrow.path, kernel: 'simd', hidden: [100], batchSize: 20, epochs: 2 };
    const hashes = [await hashOf({ ...options, threads: 1 }), await hashOf({ ...options, threads: valuesOf(8, 5) })];
    expect(new Set(hashes).size).toBe(1);
  });

  it.each(casesOf(kernelNames(), (name) => name !== 'reference'))(
    'kernel %s: the same weights for any number of threads',
    async (kernel) => {
      for (const hidden of valuesOf([[70], [70, 40], []], [[70, 40], []])) {
        const hashes: (string | undefined)[] = [];
        for (const threads of valuesOf([1, 2, 7], [1, 3]))
          hashes.push(await hashOf({ data: dense.path, kernel, hidden, batchSize: 20, threads }));
        expect(new Set(hashes).size).toBe(1);
      }
    },
  );

  it('with some zeros, which the wide form keeps and the narrow one skips: the same weights, with either strategy', async () => {
    // A fifth of the inputs is 0, most of them in the first half of the samples.
    const uneven = temporaryFolder();
    const full = part(100, 3);
    const zeros = { ...full, pixel: (p: number) => (p % (p < 50 * 45 ? 3 : 15) === 0 ? 0 : full.pixel!(p)) };
    writeDataset(uneven, { train: zeros, test: part(20, 5) });
    for (const strategy of ['sliced', 'dense'] as const) {
      const hashes = new Set<string | undefined>();
      for (const vectorBits of ['128', '256'] as const) {
        const options: TrainOptions = { data: uneven.path, kernel: 'simd', hidden: [70], batchSize: 20, threads: 2 };
        const { start, end } = await collect({ ...options, epochs: 2, strategy, vectorBits });
        expect(start.dataset.density).toBeGreaterThan(0.75);
        expect(start.dataset.density).toBeLessThan(0.85);
        hashes.add(end.weights_sha256);
      }
      expect(hashes.size).toBe(1);
    }
    uneven.remove();
  });

  it('their losses are those of the reference kernel within 1e-4, with either strategy', async () => {
    const options: TrainOptions = { data: dense.path, hidden: [70], epochs: 3, threads: 2, batchSize: 20 };
    const expected = await collect({ ...options, kernel: 'reference' });
    for (const strategy of ['sliced', 'dense'] as const) {
      const { epochs } = await collect({ ...options, strategy });
      expect(epochs).toHaveLength(3);
      for (const [i, { train_loss, test_loss }] of epochs.entries()) {
        expect(Math.abs(train_loss! - expected.epochs[i]!.train_loss!)).toBeLessThan(1e-4);
        expect(Math.abs(test_loss! - expected.epochs[i]!.test_loss!)).toBeLessThan(1e-4);
      }
    }
  });
});

it.each(VECTOR_BITS)(
  'golden: kernel simd, %s bits, gives these weights on every machine, processor and Node',
  async (vectorBits) => {
    // A change here is a break of the contract: it needs a reason in CHANGELOG.md.
    const options: TrainOptions = { kernel: 'simd', vectorBits, threads: 2, epochs: 2 };
    expect(await hashOf(options)).toBe('a8b698175bf5e4f10ba2ec39ba5b6463d22a207280c0d4fc651520b9ea873c27');
    expect(await hashOf({ ...options, hidden: [300, 100] })).toBe(
      '935111702e72fb930e2bf63f07de045e6bac4116d677e06194eb0d9c832c91ae',
    );
  },
);

it('golden: the initial values of seed 1', async () => {
  for (const name of kernelNames()) {
    expect(await hashOf({ kernel: name, threads: 1, epochs: 0 })).toBe(
      '513814706c52eb5a8af4761ec6c74aa871af4405f30e9c90889f74e484701332',
    );
  }
});

describe('strategy dense', () => {
  it.each(casesOf(kernelNames(), (name) => name !== 'reference'))(
    'kernel %s: the same weights again and again for the same threads, and sliced losses within 1e-4',
    async (kernel) => {
      const limit = kernel === 'reference' ? 101 : 301;
      const options: TrainOptions = { data: data.path, kernel, epochs: 2, hidden: [100], limit };
      const sliced = await collect({ ...options, threads: 1 });
      for (const threads of valuesOf([2, 8], [3])) {
        const first = await collect({ ...options, threads, strategy: 'dense' });
        const second = await collect({ ...options, threads, strategy: 'dense' });
        expect(first.end.weights_sha256).toBe(second.end.weights_sha256);
        expect(first.epochs).toHaveLength(2);
        for (const [i, epoch] of first.epochs.entries()) {
          expect(Math.abs(epoch.train_loss! - sliced.epochs[i]!.train_loss!)).toBeLessThan(1e-4);
        }
      }
    },
  );

  it('takes the mean over a short last batch, as sliced does', async () => {
    const options: TrainOptions = { data: data.path, hidden: [20], limit: 101, reduction: 'mean', lr: 0.5, threads: 2 };
    const sliced = await collect({ ...options, epochs: 2 });
    const dense = await collect({ ...options, epochs: 2, strategy: 'dense' });
    expect(dense.end.train_loss).toBeCloseTo(sliced.end.train_loss!, 4);
  });
});
