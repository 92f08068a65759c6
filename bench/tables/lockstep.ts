/** Lockstep on a table: the commands as a user types them, and the library for many seeds. */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { TrainOptions } from '../../src/config/options.js';
import { splitOff, splitOffByClass } from '../../src/data/split.js';
import type { EndEvent, StartEvent, TrainEvent } from '../../src/metrics/events.js';
import { TEST_SPLIT_STREAM } from '../../src/model/random.js';
import { train } from '../../src/run/train.js';
import type { Table } from './catalog.js';
import type { Reading, Score } from './peers.js';

const COMMAND = fileURLToPath(new URL('../../bundle/lockstep.js', import.meta.url));
const TEST_SPLIT = 0.2;
/** Of 1 − R² from the printed estimates, which are rounded less. */
const TOLERANCE = 1e-6;

/** What the commands made of a table. */
export interface Trial {
  /** Rows that `predict` has answered: all rows of the table. */
  readonly rows: number;
  readonly train: number;
  readonly test: number;
  readonly columns: number;
  readonly inputs: number;
  /** Absent for numbers. */
  readonly classes?: number | undefined;
  readonly hidden: readonly number[];
  readonly batch_size: number;
  readonly epochs: number;
}

/**
 * `lockstep train` on the file as it is, then `lockstep predict` on the same file.
 *
 * @throws Error if a command fails, a row has no prediction, or the test rows' predictions do not have the error of the run
 */
export async function tryCommands(table: Table, reading: Reading, folder: string): Promise<Trial> {
  const model = path.join(folder, 'model.safetensors');
  const goal = table.isNumber ? '--target' : '--label';
  const events = linesOf<TrainEvent>(
    await run([
      'train',
      '--data',
      table.file,
      goal,
      table.column,
      '--threads',
      '1',
      '--format',
      'ndjson',
      '--save',
      model,
    ]),
  );
  const start = events[0] as StartEvent;
  const end = events.at(-1) as EndEvent;
  const predictions = linesOf<Prediction>(await run(['predict', model, table.file, '--strict', '--format', 'ndjson']));
  rmSync(model);
  if (predictions.length !== reading.rows) {
    throw new Error(`${predictions.length} predictions for ${reading.rows} rows`);
  }
  const test = testRowsOf(table, reading, classNamesOf(start), start.config.seed);
  if (test.length !== start.dataset.test) throw new Error('another number of test rows');
  const errorFound = errorOf(table, reading, test, predictions);
  const { error } = resultOf(table, end);
  if (!(Math.abs(errorFound - error) <= TOLERANCE)) throw new Error(`predict has error ${errorFound}, train ${error}`);
  const { dataset, config, columns = [] } = start;
  return {
    ...{ rows: predictions.length, train: dataset.train, test: dataset.test, columns: columns.length },
    ...{ inputs: dataset.inputs, classes: dataset.classes },
    ...{ hidden: config.hidden, batch_size: config.batch_size, epochs: config.epochs },
  };
}

interface Prediction {
  readonly class?: string | number;
  readonly estimates?: Readonly<Record<string, number>>;
}

/** From the predictions of all rows of the table. */
function errorOf(table: Table, { kept, labels }: Reading, test: readonly number[], predictions: readonly Prediction[]) {
  const pairs = test.map((i) => ({ label: labels[i]!, prediction: predictions[kept[i]!]! }));
  if (!table.isNumber)
    return pairs.filter(({ label, prediction }) => label !== String(prediction.class)).length / test.length;
  const mean = pairs.reduce((sum, { label }) => sum + Number(label), 0) / test.length;
  const sumOver = (guess: (prediction: Prediction) => number) =>
    pairs.reduce((sum, { label, prediction }) => sum + (guess(prediction) - Number(label)) ** 2, 0);
  return sumOver(({ estimates }) => estimates![table.column]!) / sumOver(() => mean);
}

/** Positions of the rows that Lockstep holds out by default, among those with a label. */
export function testRowsOf(
  table: Table,
  { labels }: Reading,
  classes: readonly string[],
  seed: number,
): readonly number[] {
  const { apart } = table.isNumber
    ? splitOff(labels.length, TEST_SPLIT, seed, TEST_SPLIT_STREAM)
    : splitOffByClass(codesOf(labels, classes), TEST_SPLIT, seed, TEST_SPLIT_STREAM);
  return [...apart];
}

function codesOf(labels: readonly string[], classes: readonly string[]): readonly number[] {
  const codes = new Map(classes.map((name, code) => [name, code]));
  return labels.map((label) => {
    const code = codes.get(label);
    if (code === undefined) throw new Error(`no class ${label}`);
    return code;
  });
}

/** The classes as text; none for numbers. */
export function classNamesOf({ dataset }: StartEvent): readonly string[] {
  return (dataset.class_names ?? []).map(String);
}

function optionsOf({ file, column, isNumber }: Table, seed: number): TrainOptions {
  return { data: file, seed, threads: 1, ...(isNumber ? { target: [column] } : { label: column }) };
}

/** The kinds of the columns, the classes and the defaults of a table. */
export async function startOf(table: Table): Promise<StartEvent> {
  for await (const event of train(optionsOf(table, 1))) if (event.event === 'start') return event;
  throw new Error('a run without a start');
}

/** @param given  besides the defaults */
export async function scoreOf(table: Table, seed: number, given: TrainOptions = {}): Promise<Score> {
  const began = performance.now();
  let inputs = 0;
  for await (const event of train({ ...optionsOf(table, seed), ...given })) {
    if (event.event === 'start') inputs = event.dataset.inputs;
    if (event.event === 'end')
      return { ...resultOf(table, event), inputs, seconds: (performance.now() - began) / 1000 };
  }
  throw new Error('a run without an end');
}

function resultOf({ isNumber }: Table, end: EndEvent) {
  return isNumber ? { error: 1 - end.test_r2! } : { error: end.test_error!, loss: end.test_loss! };
}

async function run(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [output, problem, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (status !== 0) throw new Error(`lockstep ${args[0]} ended with status ${status}: ${problem.trim()}`);
  return output;
}

function linesOf<Line>(output: string): readonly Line[] {
  return output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}
