/**
 * How good are Lockstep's networks on tables, beside scikit-learn's MLPClassifier? The same tables, network, split, scaling,
 * optimizer, rate, batch and epochs; what differs are the initial values, the order, and float32 against float64.
 *
 *   PYTHON=/path/to/python3 node dist/bench/tables.js [--seeds 10] [--tables digits,wine,breast-cancer] [--json]
 *
 * PYTHON (default python3) needs scikit-learn. Each seed makes another split, other initial values and another order. Shown are
 * the test rows that are taken for the right class: the mean over the seeds, their standard deviation, and the worst.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { TrainOptions } from '../src/config/options.js';
import { splitOff } from '../src/data/split.js';
import { TEST_SPLIT_STREAM } from '../src/model/random.js';
import { train } from '../src/run/train.js';
import { namesOf, wholeFrom } from './support/options.js';
import { type Column, heading, row } from './support/table.js';

/** Rows, and one network for each table, that learns it. */
const TABLES = {
  digits: { rows: 1797, hidden: [64], epochs: 50, batchSize: 32 },
  wine: { rows: 178, hidden: [32], epochs: 50, batchSize: 16 },
  'breast-cancer': { rows: 569, hidden: [32], epochs: 50, batchSize: 16 },
} as const;
type Name = keyof typeof TABLES;
const NAMES = Object.keys(TABLES) as Name[];

/** As scikit-learn has them by default, but for the rate of sgd, which is its default's tenfold: 50 epochs are few. */
const OPTIMIZERS = {
  sgd: { optimizer: 'sgd', lr: 0.01, momentum: 0.9, nesterov: true },
  adam: { optimizer: 'adam', lr: 0.001 },
} as const satisfies Readonly<Record<string, TrainOptions & { readonly lr: number }>>;
const TEST_SPLIT = 0.2;

const options = new Command('tables')
  .description("How good are Lockstep's networks on tables, beside scikit-learn's MLPClassifier?")
  .option('--seeds <n>', 'how many, from 1 on', wholeFrom(2), 10)
  .option('--tables <names>', NAMES.join(', '), namesOf(NAMES), NAMES)
  .option('--json', 'NDJSON', false)
  .parse()
  .opts<{ readonly seeds: number; readonly tables: readonly Name[]; readonly json: boolean }>();
const python = process.env.PYTHON ?? 'python3';
// (The Python script is in the source folder, not in dist/.)
const script = fileURLToPath(new URL('../../bench/tables.py', import.meta.url));
const seeds = Array.from({ length: options.seeds }, (_, i) => i + 1);

const COLUMNS: Column[] = [
  { title: 'table', width: 14 },
  { title: 'optimizer', width: 9 },
  { title: 'Lockstep', width: 17 },
  { title: 'worst', width: 7 },
  { title: 'scikit-learn', width: 17 },
  { title: 'worst', width: 7 },
];

const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-'));
try {
  await runPython(['export', folder], '');
  if (!options.json) console.log(heading(COLUMNS));
  for (const table of options.tables) {
    for (const optimizer of Object.keys(OPTIMIZERS) as (keyof typeof OPTIMIZERS)[]) await compare(table, optimizer);
  }
} finally {
  rmSync(folder, { recursive: true });
}

async function compare(table: Name, optimizer: keyof typeof OPTIMIZERS): Promise<void> {
  const own: number[] = [];
  for (const seed of seeds) own.push(await accuracyOf(table, optimizer, seed));
  const theirs = await theirAccuracies(table, optimizer);
  const [ours, others] = [figuresOf(own), figuresOf(theirs)];
  if (options.json) {
    console.log(JSON.stringify({ table, optimizer, seeds: options.seeds, lockstep: ours, scikit_learn: others }));
    return;
  }
  const cells = [ours, others].flatMap(({ mean, std, min }) => [`${percent(mean)} ± ${percent(std)}`, percent(min)]);
  console.log(row(COLUMNS, [table, optimizer, ...cells]));
}

async function accuracyOf(table: Name, optimizer: keyof typeof OPTIMIZERS, seed: number): Promise<number> {
  const { hidden, epochs, batchSize } = TABLES[table];
  const job: TrainOptions = {
    ...{
      data: path.join(folder, `${table}.csv`),
      label: 'class',
      scale: 'standard',
      testSplit: TEST_SPLIT,
      stratify: false,
    },
    // scikit-learn takes the mean over the batch.
    ...{ hidden, epochs, batchSize, seed, reduction: 'mean', weightDecay: 0, threads: 1, ...OPTIMIZERS[optimizer] },
  };
  for await (const event of train(job)) if (event.event === 'end') return 1 - event.test_error!;
  throw new Error('a run without an end');
}

async function theirAccuracies(table: Name, optimizer: keyof typeof OPTIMIZERS): Promise<number[]> {
  const { rows, hidden, epochs, batchSize } = TABLES[table];
  const splits = seeds.map((seed) => ({ seed, test: [...splitOff(rows, TEST_SPLIT, seed, TEST_SPLIT_STREAM).apart] }));
  const rate = OPTIMIZERS[optimizer].lr;
  const lines = await runPython(
    ['train'],
    JSON.stringify({ table, hidden, epochs, batch_size: batchSize, rate, optimizer, splits }),
  );
  const found = lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly accuracy: number; readonly epochs: number });
  if (found.some((each) => each.epochs !== epochs)) throw new Error('scikit-learn has not trained all epochs');
  return found.map(({ accuracy }) => accuracy);
}

async function runPython(args: readonly string[], input: string): Promise<string> {
  const child = spawn(python, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  child.stdin.end(input);
  const [output, status] = await Promise.all([text(child.stdout), ended]);
  if (status !== 0) throw new Error(`${python} ${script} ${args.join(' ')} ended with status ${status}`);
  return output;
}

function figuresOf(values: readonly number[]) {
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  // Of a sample: the seeds stand for all seeds.
  const variance = values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (values.length - 1);
  return { mean, std: Math.sqrt(variance), min: Math.min(...values) };
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(2)} %`;
}
