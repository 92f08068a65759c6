/** Options: the defaults are the reference's run, and what is out of range is refused before any work starts. */
import { availableParallelism } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Condition } from '../../src/config/option.js';
import {
  CONFIG_NAMES,
  type Config,
  checkOptions,
  GROUPS,
  OPTION_NAMES,
  OPTIONS,
  requireOptions,
  resolveOptions,
} from '../../src/config/options.js';
import { DATA_SOURCES, LockstepError, reason } from '../../src/errors.js';
import { train } from '../../src/run/train.js';
import { flagOf, snakeCase } from '../../src/text/words.js';
import { fieldTables } from '../support/documented-fields.js';
import { refusalOf } from '../support/refusals.js';
import { valuesOf } from '../support/thoroughness.js';

type Given = Parameters<typeof resolveOptions>[0];

describe('defaults', () => {
  it("are the reference's run, on all cores", () => {
    expect(resolveOptions({})).toEqual({
      threads: availableParallelism(),
      data: 'mnist',
      label: undefined,
      target: undefined,
      weight: undefined,
      group: undefined,
      columns: undefined,
      drop: undefined,
      types: undefined,
      missing: 'fill',
      missingValues: undefined,
      header: 'auto',
      delimiter: undefined,
      encoding: 'utf-8',
      comment: undefined,
      scale: 'none',
      testSplit: undefined,
      testData: undefined,
      hidden: [1000],
      activation: 'relu',
      init: 'uniform',
      recipe: undefined,
      epochs: 100,
      batchSize: 100,
      lr: 0.001,
      reduction: 'sum',
      optimizer: 'sgd',
      momentum: 0,
      nesterov: false,
      centered: false,
      ema: 0,
      beta1: 0.9,
      beta2: 0.999,
      eps: 1e-8,
      weightDecay: 0,
      l1: 0,
      maxNorm: undefined,
      clipNorm: undefined,
      schedule: 'constant',
      warmupSteps: 0,
      lrStepSize: 30,
      lrGamma: 0.1,
      lrPatience: 10,
      validationSplit: undefined,
      patience: undefined,
      keepBest: false,
      maxTime: undefined,
      strategy: 'sliced',
      exact: false,
      private: false,
      dpEpsilon: undefined,
      dpDelta: undefined,
      dpClipNorm: undefined,
      dpNoiseMultiplier: undefined,
      publicData: undefined,
      dpSeed: undefined,
      seed: 1,
      loss: undefined,
      huberDelta: 1,
      classWeights: undefined,
      fold: undefined,
      foldSeed: undefined,
      splitSeed: undefined,
      ensemble: 1,
      stratify: false,
      limit: undefined,
      kernel: 'auto',
      vectorBits: 'auto',
      logEvery: undefined,
      noiseScale: false,
      dropout: 0,
      inputDropout: 0,
      labelSmoothing: 0,
      audit: false,
      save: undefined,
      testAt: 'every',
      shift: 0,
      rotate: 0,
      zoom: 0,
      flip: false,
      inputNoise: 0,
      checkpointDir: undefined,
      checkpointEvery: 1,
      checkpointEverySteps: undefined,
      keep: 3,
      checkpointRequired: false,
    } satisfies Config);
  });

  it('stand for what is undefined', () => {
    const given = Object.fromEntries(Object.keys(resolveOptions({})).map((name) => [name, undefined]));
    expect(resolveOptions(given)).toEqual(resolveOptions({}));
  });

  it('are not lent out: what a program does to the widths that it gave changes nothing', () => {
    const hidden = [3];
    const config = resolveOptions({ hidden });
    hidden.push(4);
    expect(config.hidden).toEqual([3]);
  });
});

/** The first and last of each range. */
const ACCEPTED: Given[] = [
  { threads: 1 },
  { threads: 1024 },
  { data: '.' },
  { data: 'a.csv', label: '1' },
  { data: 'a.csv', label: 'kind', header: 'yes', scale: 'minmax', testSplit: 0.5 },
  { data: '-', label: 'kind', header: 'no', scale: 'standard', testData: 'b.csv' },
  { hidden: [] },
  { hidden: [1] },
  { hidden: [2 ** 24, 1] },
  { epochs: 0 },
  { epochs: 2 ** 31 - 1 },
  { batchSize: 1 },
  { batchSize: 2 ** 31 - 1 },
  { lr: 1e-45 },
  { lr: 3.4e38 },
  { dropout: 0.5, inputDropout: 0.99 },
  { hidden: [9, 8], dropout: [0, 0.5] },
  { reduction: 'mean' },
  { strategy: 'dense' },
  { testAt: 'end' },
  { shift: 3, rotate: 180, zoom: 0, flip: true, inputNoise: 0.1 },
  { seed: 0 },
  { seed: Number.MAX_SAFE_INTEGER },
  { limit: 1 },
  { kernel: 'simd' },
  { kernel: 'simd-fma' },
  { kernel: 'reference' },
  { logEvery: 1 },
  { save: 'model.safetensors' },
  { checkpointDir: 'a' },
  { checkpointDir: 'a', checkpointEvery: 1, checkpointEverySteps: 1, keep: 1, checkpointRequired: true },
];

describe('what is in range', () => {
  it.each(ACCEPTED)('is taken as it is: %j', (given) => {
    expect(resolveOptions(given)).toMatchObject(given);
  });
});

const COUNT = 'expected an integer from 1 to 2,147,483,647';
const WIDTHS = 'expected comma-separated widths from 1 to 16,777,216, such as 1000 or 512,256, or none';
const FOLDER = `expected ${DATA_SOURCES}`;

const REFUSED: [Given, string][] = [
  [{ threads: 0 }, '--threads 0: expected an integer from 1 to 1,024'],
  [{ threads: 1025 }, '--threads 1025: expected an integer from 1 to 1,024'],
  [{ threads: 1.5 }, '--threads 1.5: expected an integer from 1 to 1,024'],
  [{ threads: '2' }, '--threads 2: expected an integer from 1 to 1,024'],
  [{ threads: Number.NaN }, '--threads NaN: expected an integer from 1 to 1,024'],
  [{ threads: null }, '--threads null: expected an integer from 1 to 1,024'],
  [{ threads: 2n }, '--threads 2n: expected an integer from 1 to 1,024'],
  [{ data: '' }, `--data "": ${FOLDER}`],
  [{ data: 7 }, `--data 7: ${FOLDER}`],
  [{ label: '' }, `--label "": expected a column name or number`],
  [{ label: 5 }, `--label 5: expected a column name or number`],
  [{ header: true }, '--header true: expected one of auto, yes, no'],
  [
    { scale: 'max' },
    '--scale max: expected one of none, minmax, standard, robust, quantile-uniform, quantile-normal, piecewise-linear',
  ],
  [{ testSplit: -0.1 }, '--test-split -0.1: expected a number, at least 0 and less than 1'],
  [{ testSplit: 1 }, '--test-split 1: expected a number, at least 0 and less than 1'],
  [{ fold: '0/5' }, '--fold 0/5: expected i/k, such as 2/5 for the second of five folds'],
  [{ fold: '6/5' }, '--fold 6/5: expected i/k, such as 2/5 for the second of five folds'],
  [{ fold: '1/1' }, '--fold 1/1: expected i/k, such as 2/5 for the second of five folds'],
  [{ fold: 2 }, '--fold 2: expected i/k, such as 2/5 for the second of five folds'],
  [{ fold: '1/5', testSplit: 0.2 }, '--test-split and --fold are mutually exclusive: the fold is the test set'],
  [{ fold: '1/5', testData: 'b.csv' }, '--test-data and --fold are mutually exclusive: the fold is the test set'],
  [{ foldSeed: 2 }, '--fold-seed 2: requires --fold'],
  [{ testData: '' }, '--test-data "": expected a table (CSV or NDJSON), or - for stdin'],
  [{ testSplit: 0.5, testData: 'b.csv' }, '--test-split and --test-data are mutually exclusive'],
  [{ hidden: [0] }, `--hidden 0: ${WIDTHS}`],
  [{ hidden: [10, -5] }, `--hidden 10,-5: ${WIDTHS}`],
  [{ hidden: [1.5] }, `--hidden 1.5: ${WIDTHS}`],
  [{ hidden: [2 ** 24 + 1] }, `--hidden 16777217: ${WIDTHS}`],
  [{ hidden: 'abc' }, `--hidden abc: ${WIDTHS}`],
  [{ hidden: 1000 }, `--hidden 1000: ${WIDTHS}`],
  [{ hidden: new Array(2) }, `--hidden [ <2 empty items> ]: ${WIDTHS}`],
  [{ hidden: ['10'] }, `--hidden [ '10' ]: ${WIDTHS}`],
  [{ epochs: -1 }, '--epochs -1: expected an integer from 0 to 2,147,483,647'],
  [{ epochs: 2 ** 31 }, '--epochs 2147483648: expected an integer from 0 to 2,147,483,647'],
  [{ batchSize: 0 }, `--batch-size 0: ${COUNT}`],
  [{ lr: 0 }, '--lr 0: expected a positive number in the range of float32, 1e-45 to 3.4e38'],
  [{ lr: 1e-50 }, '--lr 1e-50: expected a positive number in the range of float32, 1e-45 to 3.4e38'],
  [{ lr: 1e300 }, '--lr 1e+300: expected a positive number in the range of float32, 1e-45 to 3.4e38'],
  [{ lr: -1 }, '--lr -1: expected a positive number in the range of float32, 1e-45 to 3.4e38'],
  [{ lr: Number.NaN }, '--lr NaN: expected a positive number in the range of float32, 1e-45 to 3.4e38'],
  [
    { lr: Number.POSITIVE_INFINITY },
    '--lr Infinity: expected a positive number in the range of float32, 1e-45 to 3.4e38',
  ],
  [{ reduction: 'average' }, '--reduction average: expected one of sum, mean'],
  [{ strategy: 'fast' }, '--strategy fast: expected one of sliced, dense'],
  [{ testAt: 'never' }, '--test-at never: expected one of every, end'],
  [{ shift: -1 }, '--shift -1: expected an integer from 0 to 2,147,483,647'],
  [{ shift: 0.5 }, '--shift 0.5: expected an integer from 0 to 2,147,483,647'],
  [{ rotate: 180.5 }, '--rotate 180.5: expected a number from 0 to 180'],
  [{ rotate: Number.NaN }, '--rotate NaN: expected a number from 0 to 180'],
  [{ zoom: 1 }, '--zoom 1: expected a number, at least 0 and less than 1'],
  [{ flip: 1 }, '--flip 1: expected true or false'],
  [{ inputNoise: -1 }, '--input-noise -1: expected 0 or a positive number in the range of float32, 1e-45 to 3.4e38'],
  [{ seed: -1 }, '--seed -1: expected an integer from 0 to 9,007,199,254,740,991'],
  [{ seed: 2 ** 53 }, '--seed 9007199254740992: expected an integer from 0 to 9,007,199,254,740,991'],
  [{ limit: 0 }, `--limit 0: ${COUNT}`],
  [{ kernel: 'gpu' }, '--kernel gpu: expected one of auto, simd-fma, simd, reference'],
  [{ kernel: 'toString' }, '--kernel toString: expected one of auto, simd-fma, simd, reference'],
  [{ logEvery: 0 }, `--log-every 0: ${COUNT}`],
  [{ save: '' }, '--save "": expected a file, such as model.safetensors'],
  [{ checkpointDir: 3 }, '--checkpoint-dir 3: expected a folder'],
  [{ checkpointDir: 'a', checkpointEvery: 0 }, `--checkpoint-every 0: ${COUNT}`],
  [{ checkpointDir: 'a', checkpointEverySteps: 0.5 }, `--checkpoint-every-steps 0.5: ${COUNT}`],
  [{ checkpointDir: 'a', keep: 0 }, `--keep 0: ${COUNT}`],
  [{ checkpointDir: 'a', checkpointRequired: 1 }, '--checkpoint-required 1: expected true or false'],
  [{ checkpointEvery: 2 }, '--checkpoint-every 2: requires --checkpoint-dir or --resume'],
  [{ checkpointRequired: true }, '--checkpoint-required: requires --checkpoint-dir or --resume'],
  [{ resume: '' }, '--resume "": expected a checkpoint or a folder of checkpoints'],
  [{ resume: true }, '--resume: requires a checkpoint, a folder of checkpoints, or --checkpoint-dir'],
  [{ resumeAnyway: true }, '--resume-anyway: requires --resume'],
];

describe('what is out of range', () => {
  it.each<[Given, string]>([
    [
      { lr: '0.1' },
      "`lr`: expected a positive number in the range of float32, 1e-45 to 3.4e38; found the string '0.1'",
    ],
    [{ lr: null }, '`lr`: expected a positive number in the range of float32, 1e-45 to 3.4e38; found null'],
    [{ epochs: -1 }, '`epochs`: expected an integer from 0 to 2,147,483,647; found the number -1'],
    [
      { hidden: 100 },
      '`hidden`: expected an array of integers from 1 to 16,777,216, such as [1000] or [512, 256], or [] for none; found the number 100',
    ],
    [{ reduction: 'average' }, "`reduction`: expected one of 'sum', 'mean'; found the string 'average'"],
    [{ checkpointDir: 3 }, '`checkpointDir`: expected a string: a folder; found the number 3'],
    [{ nesterov: {} }, '`nesterov`: expected true or false; found the object {}'],
    [{ momentum: [0.5] }, '`momentum`: expected a number, at least 0 and less than 1; found the array [ 0.5 ]'],
    [{ checkpointEvery: 2 }, '`checkpointEvery` 2: requires `checkpointDir` or `resume`'],
    [
      { resume: 5 },
      '`resume`: expected true, false or a string: a checkpoint or a folder of checkpoints; found the number 5',
    ],
  ])("is told to a program by the property's name, with both types: %o", async (given, message) => {
    const { error } = await refusalOf(() => resolveOptions(given));
    expect(error.message).toBe(message);
  });

  it.each(REFUSED)('is refused by name, with status 2: %o', async (given, message) => {
    const refusal = await refusalOf(() => resolveOptions(given));
    expect(refusal.message).toBe(message);
    expect(refusal.status).toBe(2);
  });
});

describe('whatever a program gives', () => {
  it.each([
    ['epoch', 'epochs'],
    ['batch_size', 'batchSize'],
    ['optimiser', 'optimizer'],
    ['Treads', 'threads'],
    ['onprogress', 'onProgress'],
    ['l', undefined],
    ['toString', undefined],
    ['batchnorm', undefined],
  ])('%s is refused: train() has no such option; meant is %s', async (name, meant) => {
    const { error, status, code } = await refusalOf(() => train({ [name]: 1 }).next());
    const remedy = meant === undefined ? 'expected one of data, limit, hidden, ' : `did you mean \`${meant}\`?`;
    expect(error.message.startsWith(`\`${name}\`: train() has no such option; ${remedy}`)).toBe(true);
    expect({ status, code }).toEqual({ status: 2, code: 'unknown_option' });
  });

  it('an option that is none, and undefined, is not given', () => {
    expect(() => requireOptions({ epoch: undefined, epochs: 1 }, [])).not.toThrow();
  });

  const names = Object.keys(resolveOptions({}));

  it.each(names)('for %s is taken or refused by name, on one line, and nothing else is thrown', async (name) => {
    const values = fc.anything({ withBigInt: true, withNullPrototype: true, withSparseArray: true, withDate: true });
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        let config: Config;
        try {
          config = resolveOptions({ [name]: value });
        } catch (error) {
          if (!(error instanceof LockstepError)) throw error;
          expect(error.status).toBe(2);
          const isAlone = ['requires_option', 'needs_folder'].includes(error.code);
          if (!isAlone) expect(error.code).toBe('invalid_option');
          expect(error.message).toMatch(new RegExp(`^\`${name}\`${isAlone ? '[ :]' : ': expected .+; found '}`));
          expect(reason(error)).toMatch(new RegExp(`^--${flagOf(name)}[ :]`));
          expect(error.message).not.toContain('\n');
          return;
        }
        // (−0 may be taken as 0.)
        const taken = config[name as keyof Config];
        if (value !== undefined && taken !== value) expect(taken).toEqual(value);
      }),
      { numRuns: valuesOf(300, 100) },
    );
  });
});

describe('the table', () => {
  it('has each option in one group', () => {
    expect(GROUPS.flatMap(({ options }) => Object.keys(options))).toEqual(OPTION_NAMES);
  });

  it('names only options that exist', () => {
    const named = Object.values(OPTIONS).flatMap(({ needs = [], excludes, resume }) => [
      ...needs.flatMap(({ anyOf }) => anyOf),
      ...(excludes ? [excludes.option] : []),
      ...(Array.isArray(resume) ? [resume as Condition] : []),
    ]);
    const names = named.map((each) => (typeof each === 'string' ? each : each[0]));
    expect(names.filter((name) => !OPTION_NAMES.some((each) => each === name))).toEqual([]);
    expect(names).toContain('validationSplit');
  });

  it('has defaults that its checks accept', () => {
    const defaults = resolveOptions({});
    expect(checkOptions(defaults)).toEqual(
      Object.fromEntries(Object.entries(defaults).filter(([, value]) => value !== undefined)),
    );
  });

  it.each(CONFIG_NAMES)('%s has its type and values in docs/metrics.md', (name) => {
    const { kind, default: usual } = OPTIONS[name];
    const row = fieldTables()
      .get('start')
      ?.get(`config.${snakeCase(name)}`);
    expect(row?.type).toBe(`${kind.type}${usual === undefined ? ' or null' : ''}`);
    if (Array.isArray(kind.values)) expect(row?.values).toBe(kind.values.map((each) => `\`${each}\``).join(', '));
  });
});

it('the second decay factor has another default with some optimizers, unless it is given', () => {
  const beta2Of = (given: Given) => resolveOptions(given).beta2;
  expect(['sgd', 'adam', 'adamw', 'rmsprop', 'lion'].map((optimizer) => beta2Of({ optimizer }))).toEqual([
    ...[0.999, 0.999, 0.999, 0.99, 0.99],
  ]);
  expect(beta2Of({ optimizer: 'lion', beta2: 0.5 })).toBe(0.5);
});

describe('an option that needs another', () => {
  it.each<[Given, string]>([
    [{ optimizer: 'adam', momentum: 0.5 }, '--momentum 0.5: requires --optimizer sgd or --optimizer rmsprop'],
    [{ centered: true }, '--centered: requires --optimizer rmsprop'],
    [{ nesterov: true }, '--nesterov: requires --momentum'],
    [{ beta1: 0.9 }, '--beta1 0.9: requires --optimizer adam or --optimizer adamw or --optimizer lion'],
    [{ patience: 3 }, '--patience 3: requires --validation-split'],
    [{ keepBest: true }, '--keep-best: requires --validation-split'],
    [{ lrGamma: 0.1 }, '--lr-gamma 0.1: requires --schedule step or --schedule plateau'],
    [{ lrPatience: 3 }, '--lr-patience 3: requires --schedule plateau'],
    [{ exact: true }, '--exact: requires --mpi'],
    [{ strategy: 'dense', mpi: true }, '--strategy dense: expected sliced with --mpi'],
  ])('is refused without it: %o', async (given, message) => {
    expect((await refusalOf(() => resolveOptions(given))).message).toBe(message);
  });

  it.each<Given>([
    { optimizer: 'adam', momentum: 0, nesterov: false },
    { momentum: 0.5, nesterov: true },
    { optimizer: 'adam', beta1: 0 },
    { validationSplit: 0.1, patience: 1, keepBest: true },
    { schedule: 'step', lrStepSize: 2 },
    { exact: true, mpi: true },
    { exact: false, keepBest: false, checkpointRequired: false, resumeAnyway: false },
    { keep: 2, resume: 'folder' },
  ])('is taken with it, or turned off: %o', (given) => {
    expect(() => resolveOptions(given)).not.toThrow();
  });
});
