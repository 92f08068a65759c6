/**
 * Are the defaults for tables good? Each table is trained with the defaults, and with one of them changed, beside scikit-learn's
 * MLPClassifier and MLPRegressor with their own defaults, on scaled columns and the same split.
 *
 *   PYTHON=/path/to/python3 node dist/bench/table-defaults.js [--seeds 5] [--tables iris,wine] [--variants defaults,no-decay]
 *     [--more cars.csv=class,prices.csv=target:price] [--json]
 *
 * PYTHON (default python3) needs scikit-learn. Each seed makes another split, other initial values and another order. Shown are
 * means over the seeds of test rows: the error in percent, or 1 − R² in percent; and the loss, as far as it is known.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { TrainOptions } from '../src/config/options.js';
import { splitOff, splitOffByClass } from '../src/data/split.js';
import { TEST_SPLIT_STREAM } from '../src/model/random.js';
import { train } from '../src/run/train.js';
import { namesOf, wholeFrom } from './support/options.js';
import { type Column, heading, row } from './support/table.js';
import { type Defaults, VARIANT_NAMES, VARIANTS, type Variant } from './support/table-variants.js';

interface Table {
  readonly file: string;
  readonly column: string;
  readonly isNumber: boolean;
}

const TEST_SPLIT = 0.2;
const KNOWN = ['iris', 'wine', 'breast-cancer', 'digits', 'diabetes'] as const;

const options = new Command('table-defaults')
  .description('Are the defaults for tables good?')
  .option('--seeds <n>', 'how many, from 1 on', wholeFrom(1), 5)
  .option('--tables <names>', KNOWN.join(', '), namesOf(KNOWN), KNOWN)
  .option('--variants <names>', VARIANT_NAMES.join(', '), namesOf(VARIANT_NAMES), VARIANT_NAMES)
  .option('--more <tables>', 'CSV files of your own: file=column, or file=target:column, separated by commas')
  .option('--no-scikit-learn', 'Lockstep alone')
  .option('--json', 'NDJSON', false)
  .parse()
  .opts<{
    readonly seeds: number;
    readonly tables: readonly (typeof KNOWN)[number][];
    readonly variants: readonly Variant[];
    readonly more?: string;
    readonly scikitLearn: boolean;
    readonly json: boolean;
  }>();
const python = process.env.PYTHON ?? 'python3';
// The script is in the source folder, not in dist/.
const script = fileURLToPath(new URL('../../bench/table-defaults.py', import.meta.url));
const seeds = Array.from({ length: options.seeds }, (_, i) => i + 1);

const COLUMNS: Column[] = [
  { title: 'table', width: 20 },
  { title: 'variant', width: 14 },
  { title: 'error', width: 16 },
  { title: 'loss', width: 8 },
  { title: 'seconds', width: 8 },
];

const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-'));
try {
  if (options.tables.some((name) => name !== 'iris')) await runPython(['export', folder], '');
  if (!options.json) console.log(heading(COLUMNS));
  for (const table of [...options.tables.map(known), ...(options.more?.split(',') ?? []).map(own)]) {
    const defaults = await defaultsOf(table);
    for (const variant of options.variants) {
      const began = performance.now();
      const results = [];
      for (const seed of seeds) results.push(await resultOf(table, { ...VARIANTS[variant](defaults), seed }));
      print(table, variant, results, (performance.now() - began) / 1000 / seeds.length);
    }
    if (options.scikitLearn) {
      const began = performance.now();
      const results = await theirResults(table);
      print(table, 'scikit-learn', results, (performance.now() - began) / 1000 / seeds.length);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

function known(name: (typeof KNOWN)[number]): Table {
  if (name === 'iris') {
    const file = fileURLToPath(new URL('../../examples/iris.csv', import.meta.url));
    return { file, column: 'species', isNumber: false };
  }
  const isNumber = name === 'diabetes';
  return { file: path.join(folder, `${name}.csv`), column: isNumber ? 'target' : 'class', isNumber };
}

function own(given: string): Table {
  const [file = '', column = ''] = given.split('=');
  const isNumber = column.startsWith('target:');
  return { file, column: isNumber ? column.slice('target:'.length) : column, isNumber };
}

interface Result {
  /** Fraction of the test rows, or 1 − R². */
  readonly error: number;
  readonly loss?: number | undefined;
}

function jobOf({ file, column, isNumber }: Table): TrainOptions {
  return { data: file, threads: 1, ...(isNumber ? { target: [column] } : { label: column }) };
}

async function defaultsOf(table: Table): Promise<Defaults> {
  for await (const event of train({ ...jobOf(table), maxTime: 1e-9 })) {
    if (event.event !== 'start') continue;
    const { hidden, batch_size: batchSize, epochs, lr } = event.config;
    return { hidden, batchSize, epochs, lr };
  }
  throw new Error('a run without a start');
}

async function resultOf(table: Table, given: TrainOptions): Promise<Result> {
  for await (const event of train({ ...jobOf(table), ...given })) {
    if (event.event !== 'end') continue;
    return { error: table.isNumber ? 1 - event.test_r2! : event.test_error!, loss: event.test_loss };
  }
  throw new Error('a run without an end');
}

/** On the rows that Lockstep holds out. */
async function theirResults({ file, column, isNumber }: Table): Promise<readonly Result[]> {
  const [header = '', ...lines] = readFileSync(file, 'utf8').trim().split(/\r?\n/);
  const at = header.split(',').indexOf(column);
  const labels = lines.map((line) => line.split(',')[at]!);
  const names = [...new Set(labels)].sort();
  const codes = labels.map((label) => names.indexOf(label));
  const splits = seeds.map((seed) => {
    const { apart } = isNumber
      ? splitOff(labels.length, TEST_SPLIT, seed, TEST_SPLIT_STREAM)
      : splitOffByClass(codes, TEST_SPLIT, seed, TEST_SPLIT_STREAM);
    return { seed, test: [...apart] };
  });
  const output = await runPython(['defaults'], JSON.stringify({ file, column, number: isNumber, splits }));
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Result);
}

function print({ file }: Table, variant: string, results: readonly Result[], seconds: number): void {
  const name = path.basename(file, '.csv');
  const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;
  const errors = results.map(({ error }) => error);
  const error = mean(errors);
  const std = Math.sqrt(mean(errors.map((each) => (each - error) ** 2)));
  const losses = results.flatMap(({ loss }) => loss ?? []);
  const loss = losses.length > 0 ? mean(losses) : undefined;
  if (options.json) {
    console.log(JSON.stringify({ table: name, variant, seeds: seeds.length, error, std, loss, seconds }));
    return;
  }
  const cells = [
    `${(100 * error).toFixed(2)} ± ${(100 * std).toFixed(2)} %`,
    loss?.toFixed(4) ?? '',
    seconds.toFixed(2),
  ];
  console.log(row(COLUMNS, [name, variant, ...cells]));
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
