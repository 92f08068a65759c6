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
import { type ApartOptions, float64In, nameOfTarget, placeOfColumn, problemOfWeight } from './targets.js';

export interface Table {
  readonly inputs: number;
  readonly facts: TableFacts;
  /** Unscaled. */
  readonly samples: Samples;
  /** Number of rows without a target. */
  readonly leftOut: number;
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
  given: ApartOptions = {},
): Promise<Table> {
  const file = nameOfTable(data);
  const collector = new LabelCollector();
  const { columns, labels, ...read } = await readRows(data, {
    columnsOf: (first) => columnsOf(file, first, label, header, given),
    classOf: (name, where) => {
      const number = collector.numberOf(name);
      if (number === undefined) throw errors.tooManyClasses(file, where.column, MOST_CLASSES);
      return number;
    },
    signal,
  });
  const { names: classNames, classOf } = collector.finish();
  const { names, apart } = columns;
  const isOfNumbers = apart.targets.length > 0;
  if (!isOfNumbers) requireClasses(file, columnInWords(columns.label, names), classNames);
  const facts: TableFacts = {
    label: placeOfColumn(columns.label, names),
    ...(isOfNumbers && { targets: apart.targets.map((position) => placeOfColumn(position, names)) }),
    ...(apart.weight !== undefined && { weight: placeOfColumn(apart.weight, names) }),
    columns: names && columns.inputs.map((i) => names[i]!),
    classNames: isOfNumbers ? [] : classNames,
  };
  return withHash(facts, columns.inputs.length, { ...read, labels: labels.map((number) => classOf[number]!) });
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
  const { columns: _, ...read } = await readRows(data, {
    columnsOf: (first) => columnsLike(file, first, expectedOf(facts, inputs), label, header),
    classOf: (name, { row, column }) => {
      const number = index.classOf(name);
      if (number === undefined) throw errors.unknownClass(file, row, column, name, classesInWords(facts));
      return number;
    },
    signal,
  });
  return withHash(facts, inputs, read);
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

interface ReadRows {
  /** (rows, inputs) */
  readonly values: Float32Array;
  /** (rows) Zeros if there are targets. */
  readonly labels: Uint32Array;
  /** (rows, targets) */
  readonly numbers: Float64Array;
  /** (rows) Empty without weights. */
  readonly weights: Float64Array;
  /** Number of rows without a target. */
  readonly leftOut: number;
}

async function readRows(data: string, rules: Rules): Promise<ReadRows & { readonly columns: Columns }> {
  const file = nameOfTable(data);
  let columns: Columns | undefined;
  let values = new Float32Array(0);
  let labels = new Uint32Array(0);
  const numbers: number[] = [];
  const weights: number[] = [];
  let count = 0;
  let leftOut = 0;
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
      const { targets, weight } = columns.apart;
      const own = targets.length > 0 ? takeTargets(file, each, columns) : [];
      if (own === undefined) {
        leftOut++;
        continue;
      }
      numbers.push(...own);
      if (weight !== undefined) weights.push(takeWeight(file, each, columns, weight));
      if (targets.length === 0) labels[count] = takeLabel(file, each, columns, rules);
      count++;
    }
  }
  if (!columns) throw errors.emptyTable(file);
  if (count === 0) throw leftOut > 0 ? errors.noTargets(file) : errors.headerOnly(file);
  return {
    ...{ columns, leftOut, numbers: Float64Array.from(numbers), weights: Float64Array.from(weights) },
    ...{ values: values.slice(0, count * columns.inputs.length), labels: labels.slice(0, count) },
  };
}

/** Undefined if a target is missing. @throws LockstepError that names the row and column */
function takeTargets(file: string, { row, cells }: Row, { names, apart }: Columns): readonly number[] | undefined {
  const targets: number[] = [];
  for (const position of apart.targets) {
    const value = float64In(cells[position]);
    if (value === undefined) return undefined;
    if (typeof value === 'string') {
      throw errors.tableCell(file, row, columnInWords(position, names), value, 'a number to estimate');
    }
    targets.push(value);
  }
  return targets;
}

/** @throws LockstepError that names the row and column */
function takeWeight(file: string, { row, cells }: Row, { names }: Columns, position: number): number {
  const value = float64In(cells[position]);
  const problem = problemOfWeight(value);
  if (problem === undefined) return value as number;
  throw errors.tableCell(file, row, columnInWords(position, names), problem, 'a weight, from 0');
}

/**
 * Writes the inputs of a row to `values`, starting at `at`.
 *
 * @throws LockstepError that names the row and column
 */
export function takeRow(
  file: string,
  { row, cells }: Row,
  columns: Omit<Columns, 'label' | 'apart'>,
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

/** The hash covers numbers, classes, targets, weights and names, but neither file nor format. */
function withHash(facts: TableFacts, inputs: number, { values, labels, numbers, weights, leftOut }: ReadRows): Table {
  const { label, columns = null, classNames } = facts;
  const { targets = [] } = facts;
  const isOfNumbers = targets.length > 0;
  const named = isOfNumbers ? targets.map(nameOfTarget) : (label.name ?? label.position);
  const hash = createHash('sha256')
    .update(JSON.stringify([inputs, named, columns, isOfNumbers ? 'numbers' : classNames]))
    .update(bytesOf(values))
    .update(bytesOf(isOfNumbers ? numbers : labels));
  if (facts.weight) hash.update('weights').update(bytesOf(weights));
  const samples: Samples = {
    ...{ count: labels.length, values, targets: isOfNumbers ? numbers : labels },
    ...(isOfNumbers && { targetWidth: targets.length }),
    ...(facts.weight && { weights }),
    sha256: hash.digest('hex'),
  };
  return { inputs, facts, samples, leftOut };
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
