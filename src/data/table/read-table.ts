/** Reads a table as samples: its input columns by kind, and the class of each row. */
import { errors } from '../../errors.js';
import { bytesOf, type Samples } from '../samples.js';
import { ClassIndex, classesOf, NO_CLASS } from './classes.js';
import { nameOfTarget } from './column-place.js';
import { badCells, type ColumnOptions, cellText, chooseColumns, columnInWords, labelOf } from './columns.js';
import type { Header } from './header.js';
import { matchColumns } from './match-columns.js';
import { nameOfSource, rawTableOf, type TableSource } from './memory.js';
import { type MissingRule, MissingValues } from './missing.js';
import type { RawTable } from './raw-table.js';
import { type CsvOptions, csvOptionsOf } from './read-raw-table.js';
import { inParts, inTurns, ROWS_A_STEP, type Steps } from './steps.js';
import { namesOf, type TableFacts, type TableModel } from './table-metadata.js';
import { TableRows } from './table-rows.js';
import {
  type Apart,
  type ApartOptions,
  apartLike,
  apartOf,
  groupNumbers,
  placeOfColumn,
  targetNumbers,
  weightNumbers,
} from './targets.js';
import {
  CELL_OF,
  cellInWords,
  hashBytes,
  hashColumns,
  isBad,
  newHash,
  rowsWithout,
  type TypedColumn,
  typeColumn,
} from './typed-table.js';

export interface Table {
  readonly facts: TableFacts;
  /** Not encoded yet. */
  readonly samples: TableSamples;
  /** What was left out, for warnings. */
  readonly leftOut: LeftOut;
  /** Of CSV. */
  readonly delimiter?: string | undefined;
}

export interface TableSamples extends Samples {
  readonly table: TableRows;
}

export interface LeftOut {
  /** In words. */
  readonly columns: readonly string[];
  /** Columns of text that looks like numbers or dates, in words. */
  readonly doubts?: readonly string[];
  /** Category columns with many numbers or dates, in words. */
  readonly mixed?: readonly string[];
  /** Rows without a label. */
  readonly unlabeled: number;
  /** Rows with missing cells, with `--missing drop`. */
  readonly incomplete: number;
}

export interface ReadOptions extends ColumnOptions, ApartOptions, CsvOptions {
  /** Name of the label column, or its number, from 1. */
  readonly label?: string | undefined;
  /** @default 'auto' */
  readonly header?: Header | undefined;
  /** @default 'fill' */
  readonly missing?: MissingRule['mode'] | undefined;
  readonly missingValues?: readonly string[] | undefined;
  /** Ends the reading. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a training table, whose label column determines the classes.
 *
 * @param data  a file, `-`, or a table in memory
 * @throws LockstepError that names the row and column
 */
export async function readTable(data: TableSource, options: ReadOptions): Promise<Table> {
  const file = nameOfSource(data);
  const { header, signal, missing: mode = 'fill', missingValues = [] } = options;
  const main = options.label ?? options.target?.[0];
  const raw = await rawTableOf(data, { header, label: main, ...csvOptionsOf(options) }, signal);
  const label = labelOf(file, raw, main, options.label === undefined && main !== undefined ? 'target' : 'label');
  const apart = apartOf(file, raw, options, options.label);
  if (raw.count === 0) throw errors.headerOnly(file);
  const missing: MissingRule = { mode, values: missingValues };
  const values = new MissingValues(missingValues);
  const chosen = await inTurns(chooseColumns(file, raw, positionsApart(label, apart), options, values), signal);
  const isOfNumbers = apart.targets.length > 0;
  const { names: classNames, classes } = isOfNumbers
    ? { names: [], classes: undefined }
    : await inTurns(classesOf(file, columnInWords(label, raw), raw.columns[label]!), signal);
  const facts: TableFacts = {
    label: { name: raw.hasHeader ? raw.names[label] : undefined, position: label },
    columns: chosen.inputs,
    hasNames: raw.hasHeader,
    width: raw.columns.length,
    missing,
    classNames,
    ...(isOfNumbers && { targets: apart.targets.map((position) => placeOfColumn(position, raw)) }),
    ...(apart.weight !== undefined && { weight: placeOfColumn(apart.weight, raw) }),
    ...(apart.group !== undefined && { group: placeOfColumn(apart.group, raw) }),
  };
  const positions = chosen.inputs.map(({ position }) => position);
  const goals = await inTurns(goalsOf(file, raw, apart, classes), signal);
  const { samples, leftOut } = await inTurns(samplesOf(file, raw, facts, positions, goals, values, true), signal);
  const left = { ...leftOut, columns: chosen.leftOut, doubts: chosen.doubts, mixed: chosen.mixed };
  return { facts, samples, leftOut: left, delimiter: raw.delimiter };
}

/**
 * Reads a table for an existing network, which determines the columns, their kinds and the classes.
 *
 * @param label  `--label`; undefined: the label of the network
 * @throws LockstepError that names the row and column
 */
export async function readTableLike(
  data: TableSource,
  facts: TableFacts,
  label: string | undefined,
  header: Header,
  signal?: AbortSignal,
  csv: CsvOptions = {},
): Promise<Table> {
  const file = nameOfSource(data);
  const known = label ?? facts.label.name ?? String(facts.label.position + 1);
  const raw = await rawTableOf(data, { header, label: known, names: namesOf(facts), ...csv }, signal);
  const matched = matchColumns(file, raw, facts, label, true);
  if (raw.count === 0) throw errors.headerOnly(file);
  const apart = apartLike(file, raw, facts);
  const classes =
    apart.targets.length > 0 ? undefined : await inTurns(classesLike(file, raw, facts, matched.label!), signal);
  const values = new MissingValues(facts.missing.values);
  const goals = await inTurns(goalsOf(file, raw, apart, classes), signal);
  const steps = samplesOf(file, raw, facts, matched.positions, goals, values, false);
  const { samples, leftOut } = await inTurns(steps, signal);
  return { facts, samples, leftOut: { ...leftOut, columns: [] }, delimiter: raw.delimiter };
}

function classesLike(file: string, raw: RawTable, facts: TableFacts, label: number): Steps<Uint32Array> {
  const column = columnInWords(label, raw);
  return new ClassIndex(facts.classNames).classesOf(raw.columns[label]!, (row, name) => {
    throw errors.unknownClass(file, raw.lineOf(row), column, name, classesInWords(facts));
  });
}

function positionsApart(label: number, { targets, weight, group }: Apart): number[] {
  return [label, ...targets, ...[weight, group].filter((position) => position !== undefined)];
}

/** What the rows are trained for. */
interface Goals {
  /** (rows) Undefined for regression. */
  readonly classes: Uint32Array | undefined;
  /** By target: (rows) NaN if it is missing. */
  readonly numbers: readonly Float64Array[];
  /** (rows) */
  readonly weights: Float64Array | undefined;
  /** (rows) */
  readonly groups: Uint32Array | undefined;
}

function* goalsOf(
  file: string,
  raw: RawTable,
  { targets, weight, group }: Apart,
  classes: Uint32Array | undefined,
): Steps<Goals> {
  const numbers: Float64Array[] = [];
  for (const position of targets) numbers.push(yield* targetNumbers(file, raw, position));
  const weights = weight === undefined ? undefined : yield* weightNumbers(file, raw, weight);
  const groups = group === undefined ? undefined : yield* groupNumbers(file, raw, group);
  return { classes, numbers, weights, groups };
}

/** @param positions  of the input columns in this table */
function* samplesOf(
  file: string,
  raw: RawTable,
  facts: TableFacts,
  positions: readonly number[],
  goals: Goals,
  values: MissingValues,
  isTraining: boolean,
): Steps<{ readonly samples: TableSamples; readonly leftOut: Omit<LeftOut, 'columns'> }> {
  const labeled = yield* rowsWithGoal(raw.count, goals);
  const columns = yield* typedColumns(file, raw, facts, positions, values, isTraining);
  const rows = yield* rowsWithout(file, raw, columns, facts.columns, labeled, facts.missing);
  if (labeled.length === 0) throw facts.targets ? errors.noTargets(file) : errors.noRowsLeft(file, 'label');
  if (rows.length === 0) throw errors.noRowsLeft(file, 'missing');
  const targets = yield* targetsOf(goals, rows);
  const { numbers, weights: all, groups: allGroups } = goals;
  const weights = all && (yield* taken(all, rows));
  const groups = allGroups && (yield* taken(allGroups, rows));
  const sha256 = yield* (isOld(facts) ? oldHashOf : hashOf)(facts, columns, rows, targets, weights, groups);
  return {
    samples: {
      count: rows.length,
      values: new Uint8Array(0),
      table: new TableRows(columns, rows, raw.lineOf),
      targets,
      ...(numbers.length > 0 && { targetWidth: numbers.length }),
      ...(weights && { weights }),
      ...(groups && { groups }),
      sha256,
    },
    leftOut: { unlabeled: raw.count - labeled.length, incomplete: labeled.length - rows.length },
  };
}

/** Rows with a label, or with all targets. */
function* rowsWithGoal(count: number, { classes, numbers }: Goals): Steps<Uint32Array> {
  const rows = new Uint32Array(count);
  let kept = 0;
  for (let row = 0; row < count; row++) {
    const hasGoal = classes ? classes[row] !== NO_CLASS : !numbers.some((each) => Number.isNaN(each[row]!));
    if (hasGoal) rows[kept++] = row;
    if (row % ROWS_A_STEP === 0) yield;
  }
  return rows.subarray(0, kept);
}

function* targetsOf({ classes, numbers }: Goals, rows: Uint32Array): Steps<Uint32Array | Float64Array> {
  if (classes) return rows.length === classes.length ? classes : yield* taken(classes, rows);
  const targets = new Float64Array(rows.length * numbers.length);
  for (const [k, own] of numbers.entries()) {
    yield* inParts(rows.length, (from, to) => {
      for (let r = from; r < to; r++) targets[r * numbers.length + k] = own[rows[r]!]!;
    });
  }
  return targets;
}

/** The values of some rows. */
function* taken<T extends Uint32Array | Float64Array>(values: T, rows: Uint32Array): Steps<T> {
  const some = new (values.constructor as new (length: number) => T)(rows.length);
  yield* inParts(rows.length, (from, to) => {
    for (let r = from; r < to; r++) some[r] = values[rows[r]!]!;
  });
  return some;
}

/** @throws LockstepError if cells do not fit the kind of their column */
export function* typedColumns(
  file: string,
  raw: RawTable,
  { columns }: TableFacts,
  positions: readonly number[],
  values: MissingValues,
  isTraining: boolean,
): Steps<TypedColumn[]> {
  const all: TypedColumn[] = [];
  for (const [i, { kind }] of columns.entries()) {
    const position = positions[i]!;
    const typed = yield* typeColumn(raw.columns[position]!, kind, values);
    if (!isBad(typed)) {
      all.push(typed);
      continue;
    }
    const expected = kind as 'number' | 'date';
    if (typed.count > 1) {
      const advice = `expected ${kind}s${isTraining ? '' : ', as in the training table'}`;
      throw badCells(file, raw, position, expected, typed, advice);
    }
    const { row, problem } = typed.first[0]!;
    const cell = cellInWords(cellText(raw, position, row), problem);
    throw errors.tableCell(file, raw.lineOf(row), columnInWords(position, raw), cell, CELL_OF[expected]);
  }
  return all;
}

/** The hash covers cells, classes, targets, weights, groups and names, but neither file nor format. */
function* hashOf(
  facts: TableFacts,
  columns: readonly TypedColumn[],
  rows: Uint32Array,
  targets: Uint32Array | Float64Array,
  weights: Float64Array | undefined,
  groups: Uint32Array | undefined,
): Steps<string> {
  const { label, classNames, missing, columns: inputs } = facts;
  const kinds = inputs.map(({ kind }) => kind);
  const goal = facts.targets ? facts.targets.map(nameOfTarget) : (label.name ?? label.position);
  const names = facts.targets ? 'numbers' : classNames;
  const hash = newHash().update(JSON.stringify([goal, namesOf(facts) ?? null, kinds, names, missing]));
  yield* hashColumns(hash, { columns, rows });
  yield* hashBytes(hash, bytesOf(targets));
  if (weights) yield* hashBytes(hash.update('weights'), bytesOf(weights));
  if (groups) yield* hashBytes(hash.update('groups'), bytesOf(groups));
  return hash.digest('hex');
}

/** Whether the model is of a version that stored tables as float32, and hashed them so. */
function isOld(facts: TableFacts | TableModel): boolean {
  return 'isSingle' in facts && facts.isSingle;
}

const OLD_ROWS_A_STEP = 1 << 10;

/** Such models name their training table by this hash. */
function* oldHashOf(
  facts: TableFacts,
  columns: readonly TypedColumn[],
  rows: Uint32Array,
  targets: Uint32Array | Float64Array,
): Steps<string> {
  const { label, classNames } = facts;
  const hash = newHash().update(
    JSON.stringify([columns.length, label.name ?? label.position, namesOf(facts) ?? null, classNames]),
  );
  const values = new Float32Array(columns.length);
  for (const row of rows) {
    for (const [i, column] of columns.entries()) if (column.kind !== 'category') values[i] = column.numbers[row]!;
    hash.update(new Uint8Array(values.buffer));
    if (row % OLD_ROWS_A_STEP === 0) yield;
  }
  return hash.update(new Uint8Array(targets.buffer, targets.byteOffset, targets.byteLength)).digest('hex');
}

const MOST_LISTED = 10;

function classesInWords({ classNames }: TableFacts): string {
  const first = classNames.slice(0, MOST_LISTED).join(', ');
  return classNames.length > MOST_LISTED ? `${first}, … ${classNames.at(-1)}` : first;
}
