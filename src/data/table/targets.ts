/** Columns of a table that are neither inputs nor the label: regression targets, and the weights of the rows. */
import { errors, shown } from '../../errors.js';
import { type Cell, cellOf, isMissing } from './cells.js';
import type { ColumnPlace } from './column-place.js';
import { badCells, columnInWords, listed, type Named, positionOf } from './columns.js';
import { MissingValues } from './missing.js';
import type { RawTable } from './raw-table.js';
import { inParts, ROWS_A_STEP, type Steps } from './steps.js';
import type { TableFacts } from './table-metadata.js';
import { isBad, typeColumn } from './typed-table.js';

/** As `--target` and `--weight` give them: names, or numbers from 1. */
export interface ApartOptions {
  readonly target?: readonly string[] | undefined;
  readonly weight?: string | undefined;
  readonly group?: string | undefined;
}

/** Positions of columns. */
export interface Apart {
  /** Empty for classes. */
  readonly targets: readonly number[];
  readonly weight: number | undefined;
  readonly group: number | undefined;
}

/** @throws LockstepError if a column is not there, or has two roles */
export function apartOf(
  file: string,
  table: Named,
  { target = [], weight, group }: ApartOptions,
  label: string | undefined,
): Apart {
  const roles = new Map<number, string>();
  const find = (flag: string, column: string) => {
    const position = positionOf(column, table);
    if (position === undefined) throw errors.noSuchColumn(flag, file, column, listed(table), table.hasHeader);
    const before = roles.get(position);
    if (before === `--${flag}`) throw errors.columnTwice(flag, columnInWords(position, table));
    if (before !== undefined) throw errors.twoRoles(`--${flag} ${shown(column)}`, before);
    roles.set(position, `--${flag}`);
    return position;
  };
  if (label !== undefined && target.length === 0) find('label', label);
  return {
    targets: target.map((column) => find('target', column)),
    weight: weight === undefined ? undefined : find('weight', weight),
    group: group === undefined ? undefined : find('group', group),
  };
}

/** The columns of a model in another table: by name if both tables have names, else by position. */
export function apartLike(
  file: string,
  table: Named,
  { targets = [], weight, group, hasNames }: Pick<TableFacts, 'targets' | 'weight' | 'group' | 'hasNames'>,
): Apart {
  const find = ({ name, position }: ColumnPlace) => {
    if (!table.hasHeader || !hasNames || name === undefined) return position;
    const found = table.names.indexOf(name);
    if (found < 0) throw errors.noSuchInput(file, name, listed(table));
    return found;
  };
  // Only splits need the groups, so another table may lack them.
  const isThere = group && (!table.hasHeader || group.name === undefined || table.names.includes(group.name));
  return { targets: targets.map(find), weight: weight && find(weight), group: isThere ? find(group) : undefined };
}

export function placeOfColumn(position: number, { names, hasHeader }: Named): ColumnPlace {
  return { name: hasHeader ? names[position] : undefined, position };
}

/** (rows) NaN: missing. @throws LockstepError if a cell is neither a number nor missing */
export function* targetNumbers(
  file: string,
  table: RawTable,
  position: number,
  expected = 'numeric targets, such as 1234.5; correct these cells, or empty them to leave their rows out',
): Steps<Float64Array> {
  const typed = yield* typeColumn(table.columns[position]!, 'number', new MissingValues());
  if (isBad(typed)) throw badCells(file, table, position, 'number', typed, `expected ${expected}`);
  if (typed.kind === 'category') throw new TypeError('numbers of a category');
  return typed.numbers;
}

/** (rows) @throws LockstepError if a cell is not a number from 0 */
export function* weightNumbers(file: string, table: RawTable, position: number): Steps<Float64Array> {
  const weights = yield* targetNumbers(file, table, position, 'weights, from 0');
  let stray = 0;
  for (; stray < weights.length && weights[stray]! >= 0; stray++) if (stray % ROWS_A_STEP === 0) yield;
  if (stray === weights.length) return weights;
  const found = Number.isNaN(weights[stray]!) ? 'missing' : `${weights[stray]}, a negative weight`;
  throw errors.tableCell(file, table.lineOf(stray), columnInWords(position, table), found, 'a weight, from 0');
}

/** (rows) A number for each group: the rows of a group have equal cells. @throws LockstepError if a cell is missing */
export function* groupNumbers(file: string, table: RawTable, position: number): Steps<Uint32Array> {
  const { numbers, codes, texts } = table.columns[position]!;
  const groups = new Map<Cell, number>();
  const found = new Uint32Array(codes.length);
  const ofTexts: (Cell | undefined)[] = [];
  yield* inParts(texts.length, (from, to) => {
    for (let i = from; i < to; i++) ofTexts.push(isMissing(texts.at(i)!) ? undefined : cellOf(texts.at(i)!));
  });
  for (let row = 0; row < codes.length; row++) {
    // `1` and `1.0` are the same group.
    const cell = codes[row] === 0 ? numbers[row]! : ofTexts[codes[row]! - 1];
    if (cell === undefined) {
      throw errors.tableCell(
        file,
        table.lineOf(row),
        columnInWords(position, table),
        'missing',
        'the group of the row',
      );
    }
    const group = groups.get(cell) ?? groups.size;
    groups.set(cell, group);
    found[row] = group;
    if (row % ROWS_A_STEP === 0) yield;
  }
  return found;
}
