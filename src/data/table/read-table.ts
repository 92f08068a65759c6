/** Reads the rows of a table: inputs as float32, and the class of each row. */
import { createHash } from 'node:crypto';
import { errors, shown } from '../../errors.js';
import { bytesOf, type Samples } from '../samples.js';
import { nameOfTable } from './bytes.js';
import { labelIn, numberIn } from './cells.js';
import { ClassIndex, LabelCollector, MOST_CLASSES, requireClasses } from './classes.js';
import { type Columns, columnInWords, columnsLike, columnsOf, type Header } from './columns.js';
import type { Row } from './row.js';
import { rowsOf } from './rows.js';
import { expectedOf, type TableFacts } from './table-metadata.js';

export interface Table {
  readonly inputs: number;
  readonly facts: TableFacts;
  /** Unscaled. */
  readonly samples: Samples;
}

/** float32 numbers in 4 GiB, the maximum memory of a run. */
const MOST_NUMBERS = 2 ** 30;
const FIRST_ROWS = 256;

/**
 * Reads a training table, whose label column determines the classes.
 *
 * @param data    a file, or `-`
 * @param label   name of the column, or its number, from 1
 * @param signal  ends the reading
 * @throws LockstepError that names the row and column
 */
export async function readTable(
  data: string,
  label: string | undefined,
  header: Header,
  signal?: AbortSignal,
): Promise<Table> {
  const file = nameOfTable(data);
  const collector = new LabelCollector();
  const { columns, values, labels } = await read(data, {
    columnsOf: (first) => columnsOf(file, first, label, header),
    classOf: (name, where) => {
      const number = collector.numberOf(name);
      if (number === undefined) throw errors.tooManyClasses(file, where.column, MOST_CLASSES);
      return number;
    },
    signal,
  });
  const { names: classNames, classOf } = collector.finish();
  requireClasses(file, columnInWords(columns.label, columns.names), classNames);
  const facts: TableFacts = {
    label: { name: columns.names?.[columns.label], position: columns.label },
    columns: columns.names && columns.inputs.map((i) => columns.names![i]!),
    classNames,
  };
  return withHash(
    facts,
    columns.inputs.length,
    values,
    labels.map((number) => classOf[number]!),
  );
}

/**
 * Reads a table for an existing network, which determines the columns and the classes.
 *
 * @param label  `--label`; undefined: the label of the network
 * @throws LockstepError that names the row and column
 */
export async function readTableLike(
  data: string,
  facts: TableFacts,
  inputs: number,
  label: string | undefined,
  header: Header,
  signal?: AbortSignal,
): Promise<Table> {
  const file = nameOfTable(data);
  const index = new ClassIndex(facts.classNames);
  const { values, labels } = await read(data, {
    columnsOf: (first) => columnsLike(file, first, expectedOf(facts, inputs), label, header),
    classOf: (name, { row, column }) => {
      const number = index.classOf(name);
      if (number === undefined) throw errors.unknownClass(file, row, column, name, classesInWords(facts));
      return number;
    },
    signal,
  });
  return withHash(facts, inputs, values, labels);
}

interface Place {
  readonly row: number;
  /** For messages. */
  readonly column: string;
}

interface Rules {
  readonly columnsOf: (first: Row) => Columns;
  readonly classOf: (name: string, where: Place) => number;
  readonly signal: AbortSignal | undefined;
}

async function read(
  data: string,
  rules: Rules,
): Promise<{ readonly columns: Columns; readonly values: Float32Array; readonly labels: Uint32Array }> {
  const file = nameOfTable(data);
  let columns: Columns | undefined;
  let values = new Float32Array(0);
  let labels = new Uint32Array(0);
  let count = 0;
  for await (const batch of rowsOf(data, rules.signal)) {
    for (const each of batch) {
      if (!columns) {
        columns = rules.columnsOf(each);
        if (columns.names) continue;
      }
      const { inputs } = columns;
      if (count === labels.length) {
        const most = Math.floor(MOST_NUMBERS / inputs.length);
        const room = Math.min(Math.max(FIRST_ROWS, 2 * count), most);
        if (room <= count) throw errors.tableTooLarge(file, each.row, inputs.length);
        try {
          values = grown(values, new Float32Array(room * inputs.length));
          labels = grown(labels, new Uint32Array(room));
        } catch (error) {
          if (error instanceof RangeError) throw errors.tableTooLarge(file, each.row, inputs.length);
          throw error;
        }
      }
      takeRow(file, each, columns, values, count * inputs.length);
      labels[count] = takeLabel(file, each, columns, rules);
      count++;
    }
  }
  if (!columns) throw errors.emptyTable(file);
  if (count === 0) throw errors.headerOnly(file);
  return { columns, values: values.slice(0, count * columns.inputs.length), labels: labels.slice(0, count) };
}

/**
 * Writes the inputs of a row to `values`, starting at `at`.
 *
 * @throws LockstepError that names the row and column
 */
export function takeRow(
  file: string,
  { row, cells }: Row,
  columns: Omit<Columns, 'label'>,
  values: Float32Array,
  at: number,
): void {
  const { inputs, names, count } = columns;
  if (cells.length !== count) throw errors.raggedRow(file, row, cells.length, count);
  for (let k = 0; k < inputs.length; k++) {
    const cell = cells[inputs[k]!];
    const value = numberIn(cell);
    if (typeof value === 'string') {
      throw errors.tableCell(file, row, columnInWords(inputs[k]!, names), foundIn(cell, value), 'a number');
    }
    values[at + k] = value;
  }
}

function takeLabel(file: string, { row, cells }: Row, { label, names }: Columns, rules: Rules): number {
  const column = columnInWords(label, names);
  const cell = cells[label];
  const name = labelIn(cell);
  if (name === undefined) {
    const isMissing = cell === undefined || cell === null || typeof cell === 'string';
    const found = isMissing ? 'missing' : shown(cell);
    throw errors.tableCell(file, row, column, found, 'a class');
  }
  return rules.classOf(name, { row, column });
}

function foundIn(cell: unknown, problem: string): string {
  if (problem === 'text') return `text ${shown(cell)}`;
  return problem === 'not a number' ? `${problem} (${shown(cell)})` : problem;
}

/** The hash covers numbers, classes and names, but neither file nor format. */
function withHash(facts: TableFacts, inputs: number, values: Float32Array, labels: Uint32Array): Table {
  const { label, columns = null, classNames } = facts;
  const sha256 = createHash('sha256')
    .update(JSON.stringify([inputs, label.name ?? label.position, columns, classNames]))
    .update(bytesOf(values))
    .update(bytesOf(labels))
    .digest('hex');
  return { inputs, facts, samples: { count: labels.length, values, targets: labels, sha256 } };
}

function grown<T extends Float32Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

const MOST_LISTED = 10;

function classesInWords({ classNames }: TableFacts): string {
  const first = classNames.slice(0, MOST_LISTED).join(', ');
  return classNames.length > MOST_LISTED ? `${first}, … ${classNames.at(-1)}` : first;
}
