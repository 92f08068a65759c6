/**
 * No option is taken and does nothing. For every option and many kinds of run: a value that turns it on changes what the run yields,
 * writes or keeps, or it is refused by its name.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { OPTION_NAMES, type OptionName, type TrainOptions } from '../../src/config/options.js';
import { LockstepError, reason } from '../../src/errors.js';
import type { TrainEvent } from '../../src/metrics/events.js';
import { flagOf } from '../../src/text/words.js';
import { train } from '../../src/tools/fit.js';
import { temporaryFolder, writeDataset } from '../support/idx-files.js';
import { casesOf, inFull } from '../support/thoroughness.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const random = (s: number) => Math.abs(Math.sin(s * 12.9898) * 43758.5453) % 1;
const pixel = (p: number) => Math.floor(random(p) * 256);
const part = (count: number) => ({
  labels: Array.from({ length: count }, (_, s) => (s % 7) % 3),
  shape: [4, 4],
  pixel,
});

const untested = temporaryFolder();
afterAll(() => untested.remove());
writeDataset(folder, { train: part(24), test: part(6) });
writeDataset(untested, { train: part(24) });

const HEADER = 'a,b,c,color,group,weight,price,kind';
const rows = Array.from({ length: 48 }, (_, s) => {
  const [a, b, c] = [random(s), s % 5 === 0 ? '' : random(s + 99) * 10, s % 11 === 0 ? '-' : s % 7];
  return [a, b, c, 'rgb'[s % 3], s % 6, (s % 4) + 1, random(s + 7) * 100, 'xyz'[Math.floor(random(s + 3) * 3)]].join(
    ',',
  );
});
const table = folder.write('table.csv', `${HEADER}\n${rows.join('\n')}\n`);
const other = folder.write('other.csv', `${HEADER}\n${rows.slice(7, 20).join('\n')}\n`);

/** Kinds of run. */
const RUNS: Readonly<Record<string, TrainOptions>> = {
  images: { data: folder.path },
  'images without a test set': { data: untested.path },
  'images, validation': { data: folder.path, validationSplit: 0.25 },
  'images, a fold': { data: folder.path, fold: '1/3' },
  'no hidden layers': { data: folder.path, hidden: [] },
  'two hidden layers': { data: folder.path, hidden: [4, 3], validationSplit: 0.25 },
  'the plain kernel': { data: folder.path, kernel: 'reference' },
  momentum: { data: folder.path, momentum: 0.5 },
  adam: { data: folder.path, optimizer: 'adam' },
  adamw: { data: folder.path, optimizer: 'adamw' },
  rmsprop: { data: folder.path, optimizer: 'rmsprop', momentum: 0.5 },
  lion: { data: folder.path, optimizer: 'lion' },
  'steps of the rate': { data: folder.path, schedule: 'step', lrStepSize: 1 },
  plateau: { data: folder.path, schedule: 'plateau', lrPatience: 0, lr: 2, epochs: 12 },
  cosine: { data: folder.path, schedule: 'cosine', validationSplit: 0.25, keepBest: true },
  'another order of sums': { data: folder.path, strategy: 'dense' },
  checkpoints: { data: folder.path, checkpointDir: 'new' },
  'classes of a table': { data: table, label: 'kind', types: ['c=category'], drop: ['price'] },
  'a table without a test set': { data: table, label: 'kind', drop: ['price'], types: ['c=category'], testSplit: 0 },
  'a table with a test set': { data: table, label: 'kind', drop: ['price', 'c'], testData: other },
  'groups of rows': { data: table, label: 'kind', drop: ['price', 'c'], group: 'group' },
  'folds of groups': { data: table, label: 'kind', drop: ['price', 'c'], group: 'group', fold: '1/3' },
  regression: { data: table, target: ['price'], drop: ['kind', 'c'], validationSplit: 0.25 },
  'huber loss': { data: table, target: ['price'], drop: ['kind', 'c'], loss: 'huber' },
  'a recipe': { data: table, label: 'kind', recipe: 'table', drop: ['price', 'c'] },
  private: { data: folder.path, private: true, dpDelta: 1e-3, dpClipNorm: 1, dpNoiseMultiplier: 1, dpSeed: 3 },
};

/** Values that turn each option on. */
const VALUES: { readonly [name in OptionName]: readonly unknown[] } = {
  data: [untested.path],
  limit: [20],
  hidden: [[5], []],
  activation: ['gelu', 'tanh'],
  label: ['color'],
  target: [['a']],
  weight: ['weight'],
  group: ['group'],
  header: ['no'],
  delimiter: [';'],
  comment: ['a'],
  encoding: ['utf-16le'],
  columns: [['a']],
  drop: [['a']],
  types: [['a=category']],
  missing: ['drop', 'refuse'],
  missingValues: [['-']],
  scale: ['none', 'minmax', 'quantile-normal'],
  testSplit: [0.4],
  testData: [other],
  recipe: ['reference', 'table'],
  epochs: [2],
  batchSize: [5],
  loss: ['mae', 'huber'],
  huberDelta: [0.1],
  classWeights: [['balanced']],
  dropout: [0.5, 1e-5, [0.5], [0.3, 0.2]],
  inputDropout: [0.3],
  labelSmoothing: [0.1],
  init: ['he', 'orthogonal'],
  seed: [7],
  ensemble: [2],
  shift: [1],
  rotate: [20],
  zoom: [0.3],
  flip: [true],
  inputNoise: [0.1],
  optimizer: ['rmsprop'],
  lr: [0.02],
  reduction: ['sum', 'mean'],
  momentum: [0.7],
  nesterov: [true],
  centered: [true],
  beta1: [0.5],
  beta2: [0.5],
  eps: [0.1],
  weightDecay: [0.1],
  ema: [0.5],
  l1: [0.1],
  maxNorm: [0.1],
  clipNorm: [0.01],
  schedule: ['linear', 'flat-cosine'],
  warmupSteps: [2],
  lrStepSize: [2],
  lrGamma: [0.7, 1.5],
  lrPatience: [1],
  validationSplit: [0.3],
  splitSeed: [10],
  fold: ['2/4'],
  foldSeed: [8],
  stratify: [true, false],
  testAt: ['end'],
  patience: [1],
  keepBest: [true],
  maxTime: [1e-9],
  private: [true],
  dpEpsilon: [1000],
  dpDelta: [1e-4],
  dpClipNorm: [0.1],
  dpNoiseMultiplier: [2],
  publicData: [other],
  dpSeed: [4],
  threads: [2],
  kernel: ['reference'],
  vectorBits: ['128'],
  strategy: ['dense'],
  mpi: ['/no/such/library.so'],
  exact: [true],
  save: ['model.safetensors'],
  checkpointDir: ['another'],
  checkpointEvery: [2],
  checkpointEverySteps: [1],
  keep: [1],
  checkpointRequired: [true],
  resume: ['/no/such/checkpoint'],
  resumeAnyway: [true],
  logEvery: [1],
  audit: ['audit.ndjson'],
  noiseScale: [true],
};

/** What cannot be seen here, and why. */
const UNSEEN: readonly [name: OptionName, when: (value: unknown, run: TrainOptions) => boolean, why: string][] = [
  ['vectorBits', (_, run) => run.kernel !== 'reference', 'may be what is chosen anyway'],
  [
    'checkpointRequired',
    (_, run) => run.checkpointDir !== undefined,
    'acts when a disk fails: checkpoints/required.test.ts',
  ],
  ['reduction', (value, run) => value === (isTable(run) || run.private ? 'mean' : 'sum'), 'the default'],
  ['reduction', (_, run) => run.optimizer === 'lion', 'the sign of a gradient is that of its mean'],
  ['recipe', (value, run) => value === 'reference' && !isTable(run), 'has the defaults for images'],
  ['scale', (value, run) => value === 'none' && !isTable(run), 'the default'],
  ['stratify', (value, run) => value === false && run.label === undefined, 'the default'],
  ['stratify', (value, run) => value === true && (isTable(run) || run.fold !== undefined), 'the default'],
  [
    'stratify',
    (value, run) => value === false && (run.testSplit === 0 || run.testData !== undefined || run.group !== undefined),
    'off',
  ],
  ['strategy', () => true, 'often gives the same bits: test/run/exactness.test.ts'],
  ['keepBest', (_, run) => run.recipe === 'table', 'the default of the recipe'],
  ['missingValues', (_, run) => run.drop?.includes('c') === true, 'no cell has the value'],
  ['patience', (_, run) => run.validationSplit !== undefined, 'the loss may fall in each epoch'],
  ['keepBest', (_, run) => run.validationSplit !== undefined, 'the last epoch may be the best'],
  ['dpEpsilon', (_, run) => run.private === true, 'the budget is not spent'],
];
const isTable = ({ label, target }: TrainOptions) => label !== undefined || target !== undefined;

/** What the run yields, and the names of the files that it leaves. */
async function outcomeOf(options: TrainOptions): Promise<string> {
  const left = temporaryFolder();
  const at = (name: unknown) => (typeof name === 'string' ? path.join(left.path, name) : undefined);
  const { save, checkpointDir, audit } = options;
  const named = Object.entries({ save, checkpointDir, audit }).filter(([, name]) => typeof name === 'string');
  const places = Object.fromEntries(named.map(([name, value]) => [name, at(value)]));
  const events: TrainEvent[] = [];
  try {
    for await (const event of train({ ...BASE, ...options, ...places } as TrainOptions)) events.push(event);
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error;
    events.push({ event: 'warning', code: 'few_cores', message: reason(error) });
    if (error.status === 2 && events.length === 1) return `refused: ${reason(error)}`;
  } finally {
    const files = readdirSync(left.path, { recursive: true }).sort().map(String);
    events.push({ event: 'warning', code: 'few_cores', message: files.join() });
    left.remove();
  }
  return JSON.stringify(events, (name, value: unknown) => (CHANGING.includes(name) ? undefined : value)).replaceAll(
    left.path,
    '',
  );
}

const CHANGING = [
  'time',
  'config',
  'seconds',
  'samples_per_second',
  'wait_fraction',
  'phase_fractions',
  'thread_choice',
];
const BASE: TrainOptions = { hidden: [4], epochs: 4, batchSize: 8, lr: 0.05, threads: 1, seed: 3 };

const CASES = OPTION_NAMES.flatMap((name) =>
  VALUES[name].flatMap((value) => {
    const isSeen = ([run, given]: [string, TrainOptions]) =>
      String(given[name]) !== String(value) &&
      (run !== 'private' || name !== 'private') &&
      !UNSEEN.some(([unseen, when]) => unseen === name && when(value, given));
    return Object.entries(RUNS)
      .filter(isSeen)
      .map(([run]) => ({ name, value, run }));
  }),
);
/** What was once taken and did nothing, and one of each kind. */
const TRIED: readonly string[] = [
  ...['testAt in images without a test set', 'testAt in a table without a test set', 'testAt in images'],
  ...['splitSeed in images', 'splitSeed in a table without a test set'],
  ...[
    'lrGamma in plateau',
    'activation in no hidden layers',
    'vectorBits in the plain kernel',
    'stratify in groups of rows',
  ],
  ...['stratify in folds of groups'],
];

const usual = new Map<string, Promise<string>>();
function usualOf(run: string): Promise<string> {
  const known = usual.get(run) ?? outcomeOf(RUNS[run]!);
  usual.set(run, known);
  return known;
}

describe(`an option changes the run, or is refused by name${inFull}`, () => {
  // (All of them take minutes.)
  const full = CASES.filter(({ name, run }, number) => TRIED.includes(`${name} in ${run}`) || number % 5 === 0);
  it.each(casesOf(full, ({ name, run }) => TRIED.includes(`${name} in ${run}`)))(
    '$name $value in $run',
    async ({ name, value, run }) => {
      const given = RUNS[run]!;
      const outcome = await outcomeOf({ ...given, [name]: value });
      // Or an option of the run needs another value of this one.
      const flags = [name, ...Object.keys(given)].map((each) => `--${flagOf(each)}`);
      if (outcome.startsWith('refused: '))
        expect(flags.some((flag) => outcome.startsWith(`refused: ${flag}`))).toBe(true);
      else expect(outcome).not.toBe(await usualOf(run));
    },
  );
});
