/**
 * A small job for each objective and kind of weights: its data, and all that another program needs to do the same.
 *
 * Run as a program it prints that for test/fixtures/objectives.py.
 */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { readCheckpoint } from '../../src/checkpoints/checkpoint-file.js';
import type { TrainOptions } from '../../src/config/options.js';
import { shuffledOrder } from '../../src/data/order.js';
import { type Collected, collect } from './events.js';
import { type Folder, temporaryFolder } from './idx-files.js';
import { numberRows } from './number-tables.js';
import { REFERENCE_DEFAULTS } from './reference-defaults.js';
import { csvOf } from './tables.js';

const SAMPLES = 42;
/** The last batch of an epoch is smaller. */
const JOB = {
  ...REFERENCE_DEFAULTS,
  ...{ hidden: [6, 5], batchSize: 8, epochs: 4, seed: 3, lr: 0.1, reduction: 'mean' },
} satisfies TrainOptions;
const KINDS = ['red', 'green', 'blue'];

const numbers = numberRows(SAMPLES, 11);
/** A third are 0, and most of a batch's may be. */
const weights = numbers.map((_, i) => (i % 3 === 0 ? 0 : ((i * 7) % 10) / 4));
const classes = numbers.map(({ y }, i) => (i % 9 === 0 ? 2 : y[0] > 200_000 ? 1 : 0));
/** Single, as inputs are. */
const inputs = numbers.map(({ x }) => x.map(Math.fround));

const TABLE = csvOf([
  ['a', 'b', 'c', 'price', 'tiny', 'kind', 'weight'],
  ...numbers.map(({ y }, i) => [...inputs[i]!, ...y, KINDS[classes[i]!]!, weights[i]!]),
]);

interface Case {
  /** Columns of the table that it reads: the others are left out of its file. */
  readonly columns: readonly string[];
  readonly options: TrainOptions;
}

const TARGETS = ['price', 'tiny'];
const withTargets = (options: TrainOptions, target: readonly string[] = TARGETS): Case => ({
  columns: [...target, ...(options.weight === undefined ? [] : ['weight'])],
  options: { target, ...options },
});
const withClasses = (options: TrainOptions): Case => ({
  columns: ['kind', ...(options.weight === undefined ? [] : ['weight'])],
  options: { label: 'kind', ...options },
});

export const OBJECTIVE_CASES: Readonly<Record<string, Case>> = {
  mse: withTargets({ loss: 'mse' }),
  'mse of one target, sum': withTargets({ loss: 'mse', reduction: 'sum', lr: 0.01 }, ['tiny']),
  mae: withTargets({ loss: 'mae' }),
  huber: withTargets({ loss: 'huber', huberDelta: 0.4 }),
  'huber, adam, decay and clipping': withTargets({
    ...{ loss: 'huber', optimizer: 'adam', lr: 0.02, weightDecay: 0.01, clipNorm: 0.3 },
  }),
  'mse, weights': withTargets({ loss: 'mse', weight: 'weight' }),
  'mae, weights, sum': withTargets({ loss: 'mae', weight: 'weight', reduction: 'sum', lr: 0.01 }),
  'huber, weights, momentum, batches of weight 0': withTargets({
    ...{ loss: 'huber', weight: 'weight', momentum: 0.8, lr: 0.02, batchSize: 2 },
  }),
  'classes, balanced': withClasses({ classWeights: ['balanced'] }),
  'classes, weights of classes, sum': withClasses({ classWeights: ['red=3', 'blue=0.25'], reduction: 'sum', lr: 0.01 }),
  'classes, weights': withClasses({ weight: 'weight' }),
  'classes, both weights, adam': withClasses({
    ...{ weight: 'weight', classWeights: ['balanced'], optimizer: 'adam', lr: 0.02 },
  }),
};

/** The parameters that a run leaves, in file order and float64, and its events. */
export async function resultOf(
  { columns, options }: Case,
  given: TrainOptions,
  folder: Folder,
): Promise<{ readonly parameters: number[]; readonly run: Collected }> {
  const rows = TABLE.trim()
    .split('\n')
    .map((line) => line.split(','));
  const kept = rows[0]!.flatMap((name, i) => (['a', 'b', 'c', ...columns].includes(name) ? [i] : []));
  const data = folder.write('table.csv', csvOf(rows.map((row) => kept.map((i) => row[i]!))));
  const checkpoints = temporaryFolder();
  try {
    const run = await collect({ ...JOB, ...options, ...given, data, checkpointDir: checkpoints.path });
    const parameters = run.end.checkpoint === undefined ? [] : [...(await readCheckpoint(run.end.checkpoint)).values];
    return { parameters, run };
  } finally {
    checkpoints.remove();
  }
}

/** The parameters before the first step: those after a step with rate 0, as far as float32 can say. */
async function initialOf(each: Case, folder: Folder): Promise<number[]> {
  const nothing: TrainOptions = { ...{ epochs: 1, lr: 1e-45, optimizer: 'sgd', momentum: 0, weightDecay: 0 } };
  return (await resultOf(each, { ...nothing, kernel: 'reference', threads: 1 }, folder)).parameters;
}

async function main(): Promise<void> {
  const folder = temporaryFolder();
  try {
    const orders = Array.from({ length: JOB.epochs }, (_, i) => {
      const order = new Uint32Array(SAMPLES);
      shuffledOrder(order, JOB.seed, i + 1);
      return [...order];
    });
    const cases = [];
    for (const [name, each] of Object.entries(OBJECTIVE_CASES)) {
      const initial = (await initialOf(each, folder)).map(Math.fround);
      cases.push({ name, options: { ...JOB, ...each.options }, initial });
    }
    const y = Object.fromEntries(TARGETS.map((name, k) => [name, numbers.map((row) => row.y[k])]));
    process.stdout.write(
      JSON.stringify({ kinds: KINDS.toSorted(), inputs, y, weights, classes, names: KINDS, orders, cases }),
    );
  } finally {
    folder.remove();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
