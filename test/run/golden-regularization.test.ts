/**
 * Recorded weights of runs with regularization: the same on every machine, processor and Node, for any number of threads and either
 * width of vectors. A change needs a reason in CHANGELOG.md.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import { collect } from '../support/events.js';
import { temporaryFolder, writeDataset } from '../support/idx-files.js';
import { kernelNames, VECTOR_BITS } from '../support/kernels.js';
import { REGULARIZATION_CASES } from '../support/regularization-cases.js';
import { casesOf } from '../support/thoroughness.js';

const folders = { sparse: temporaryFolder(), dense: temporaryFolder() };
beforeAll(() => {
  const part = (count: number, isDense: boolean) => ({
    labels: Array.from({ length: count }, (_, i) => (i * 5) % 7),
    shape: [10, 6] as const,
    pixel: (p: number) => (!isDense && p % 3 === 0 ? 0 : 1 + ((p * p * 7 + p * 31) % 255)),
  });
  for (const [name, folder] of Object.entries(folders)) {
    writeDataset(folder, { train: part(60, name === 'dense'), test: part(10, name === 'dense') });
  }
});
afterAll(() => {
  for (const folder of Object.values(folders)) folder.remove();
});

const JOB = { hidden: [70, 37], batchSize: 16, epochs: 2, lr: 0.05, reduction: 'mean' } satisfies TrainOptions;

/** By kernel, data and job, the first 16 digits. */
const GOLDEN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  reference: {
    'dropout by layer, sparse': '9cfbc8f38f52ced3',
    'dropout by layer, dense': '4f8c0d643381887a',
    'dropout of inputs, sparse': 'b8c658faa47ad602',
    'dropout of inputs, dense': 'd83d20e5ac53d541',
    'dropout and gelu, sparse': '6a5b3502cc3c4342',
    'dropout and gelu, dense': '0aa8bd26fbb4ec8c',
    'maximum norm, sparse': '666addb049549fbf',
    'maximum norm, dense': '27b70516e445bcab',
    'maximum norm and L1 penalty, sparse': '80c0ffa8954cd973',
    'maximum norm and L1 penalty, dense': '800ba048d75b6b4b',
    'dropout, label smoothing, adam, sparse': '40a7387dce9cff8c',
    'dropout, label smoothing, adam, dense': '7d4b80f13431e56d',
  },
  simd: {
    'dropout by layer, sparse': '95a5f097aa83967b',
    'dropout by layer, dense': '5ffae52e489714cd',
    'dropout of inputs, sparse': 'daadb39f4d1afd49',
    'dropout of inputs, dense': '773b1f8218329453',
    'dropout and gelu, sparse': '45d4a0f9d7aedcc7',
    'dropout and gelu, dense': '1959ccb752adb4a8',
    'maximum norm, sparse': 'd386ec9c09170977',
    'maximum norm, dense': 'ebefed470f917b1d',
    'maximum norm and L1 penalty, sparse': '1fa951341316c0bc',
    'maximum norm and L1 penalty, dense': '64287f9d763d63e5',
    'dropout, label smoothing, adam, sparse': '1af6fcaf58921037',
    'dropout, label smoothing, adam, dense': '043a2eb8cd0dd2c7',
  },
  'simd-fma': {
    'dropout by layer, sparse': '26f2a010378bcbe3',
    'dropout by layer, dense': 'a707f8a32ee4aa54',
    'dropout of inputs, sparse': '2fb9346414d676fa',
    'dropout of inputs, dense': '4d613b79ee2b1f38',
    'dropout and gelu, sparse': 'b9fe880cb5b2c0d5',
    'dropout and gelu, dense': 'fcf3356069d58f9e',
    'maximum norm, sparse': 'fc8cf1a9c969a6e0',
    'maximum norm, dense': '6d321a141afdccc3',
    'maximum norm and L1 penalty, sparse': 'b617fa2279a4f8ee',
    'maximum norm and L1 penalty, dense': '0b8e5b0c358cad40',
    'dropout, label smoothing, adam, sparse': 'b7987c0237f236ec',
    'dropout, label smoothing, adam, dense': 'e74dae30afff89c5',
  },
};

const hashOf = async (data: keyof typeof folders, options: TrainOptions) =>
  (await collect({ ...JOB, ...options, data: folders[data].path })).end.weights_sha256!.slice(0, 16);

// (The reference kernel is compared with PyTorch.)
describe.each(casesOf(kernelNames(), (name) => name !== 'reference'))('kernel %s', (kernel) => {
  const widths = kernel === 'reference' ? (['auto'] as const) : VECTOR_BITS;
  const each = Object.keys(REGULARIZATION_CASES).flatMap((name, i) =>
    (['sparse', 'dense'] as const).flatMap((data, d) =>
      [1, 2, 3].flatMap((threads) =>
        widths.map((vectorBits, w) => {
          const isUsual = threads === (i % 3) + 1 && w === d % widths.length && (i + d) % 2 === 0;
          return { name, data, threads, vectorBits, isUsual };
        }),
      ),
    ),
  );
  it.each(casesOf(each, ({ isUsual }) => isUsual))(
    '$name, $data inputs, $threads threads, $vectorBits bits',
    async ({ name, data, threads, vectorBits }) => {
      const hash = await hashOf(data, { ...REGULARIZATION_CASES[name], kernel, threads, vectorBits });
      expect(hash).toBe(GOLDEN[kernel]![`${name}, ${data}`]);
    },
  );
});
