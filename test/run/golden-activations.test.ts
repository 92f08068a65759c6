/**
 * Recorded weights of runs with every activation: the same on every machine, processor and Node, for any number of threads and
 * either width of vectors. A change needs a reason in CHANGELOG.md.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import { activationNames, DEFAULT_ACTIVATION } from '../../src/kernels/activations.js';
import { collect } from '../support/events.js';
import { temporaryFolder, writeDataset } from '../support/idx-files.js';
import { kernelNames, VECTOR_BITS } from '../support/kernels.js';
import { casesOf } from '../support/thoroughness.js';

const folder = temporaryFolder();
beforeAll(() => {
  const part = (count: number) => ({
    labels: Array.from({ length: count }, (_, i) => (i * 5) % 7),
    shape: [4, 6] as const,
    pixel: (p: number) => (p % 3 === 0 ? 0 : (p * p * 7 + p * 31) % 256),
  });
  writeDataset(folder, { train: part(60), test: part(10) });
});
afterAll(() => folder.remove());

/** By kernel and activation, the first 16 digits. */
const GOLDEN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  reference: {
    'leaky-relu': '11701abe6a76d2b7',
    elu: 'ff14726e620edbcb',
    selu: '1b690a01f761d9ac',
    gelu: 'c27bdb680aa880a9',
    silu: '5f54eea4a962f619',
    mish: 'a35b00d55c5454be',
    tanh: '446278255ec220c0',
    sigmoid: 'dce38da4fd885849',
  },
  simd: {
    'leaky-relu': '22bf0a80c37a2a71',
    elu: '1d2090af83388457',
    selu: '0c9cdd36950238fb',
    gelu: 'db05343b3157523e',
    silu: '8aafdce46a6c97c7',
    mish: '44ebd2f3b874135a',
    tanh: '55ea0ef540351a3b',
    sigmoid: 'e14817bab153da9f',
  },
  'simd-fma': {
    'leaky-relu': '2d2d2584313eadb4',
    elu: '4a88051885824fd3',
    selu: '095f16e055d9db32',
    gelu: '6760b2f79ea7acc4',
    silu: '866163774d95b564',
    mish: '12087f263b1f5b1f',
    tanh: '113ba079c850440c',
    sigmoid: '97fec91af476f569',
  },
};

const ACTIVATIONS = activationNames().filter((name) => name !== DEFAULT_ACTIVATION);

/** Several panels in both hidden layers; the wide form has padding. */
async function hashOf(options: TrainOptions): Promise<string> {
  const { end } = await collect({
    ...{ data: folder.path, hidden: [70, 37], batchSize: 16, epochs: 2, lr: 0.05, reduction: 'mean', ...options },
  });
  return end.weights_sha256!.slice(0, 16);
}

describe.each(kernelNames())('kernel %s', (kernel) => {
  const widths = kernel === 'reference' ? (['auto'] as const) : VECTOR_BITS;
  const each = ACTIVATIONS.flatMap((activation, i) =>
    [1, 2, 3].flatMap((threads) =>
      widths.map((vectorBits, w) => {
        const isReference = kernel === 'reference';
        const isUsual = isReference ? i + w === 0 && threads === 2 : threads === (i % 3) + 1 && w === i % widths.length;
        return { activation, threads, vectorBits, isUsual };
      }),
    ),
  );
  it.each(casesOf(each, ({ isUsual }) => isUsual))(
    '$activation, $threads threads, $vectorBits bits',
    async ({ activation, threads, vectorBits }) => {
      const hash = await hashOf({ activation, kernel, threads, vectorBits });
      expect(hash).toBe(GOLDEN[kernel]![activation]);
    },
  );
});
