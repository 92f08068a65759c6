/** Decides whether the first row of a table is a header. */
import type { ColumnSummary } from './raw-rows.js';

const NUMERAL = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?$/i;
/** Markers and values that are no names. */
const NO_NAME = /^(|n\/?a|nan|null|none|true|false|[+-]?inf(inity)?)$/i;
const DATE = /^\d{4}-\d\d?-\d\d?([ T]|$)/;
const YEAR = /^(1[89]|20)\d\d$/;
const LETTER = /[\p{L}_]/u;

/**
 * `auto` takes the row for a header if
 *
 * - it has a name that the caller knows, such as that of the label;
 * - or it is 0, 1, 2, …, the names that pandas gives by default, or names and a range of three or more years;
 * - or a name stands above numbers, and no number does, nor is there a date;
 * - or it has neither numbers nor dates, and most of its texts occur nowhere below.
 *
 * @param first      the cells of the row
 * @param summaryOf  what the other rows have in a column
 * @param known      names that the caller gave, but no positions
 */
export function isHeaderRow(
  first: readonly string[],
  summaryOf: (column: number) => ColumnSummary,
  header: 'auto' | 'yes' | 'no',
  known: ReadonlySet<string>,
): boolean {
  if (header !== 'auto') return header === 'yes';
  if (first.some((cell) => known.has(cell) && !NUMERAL.test(cell))) return true;
  if (isRange(first, summaryOf)) return true;
  const names = first.flatMap((cell, i) => (isName(cell) ? [{ cell, i }] : []));
  if (names.length === 0) return false;
  const isAboveNumbers = names.some(({ i }) => isNumeric(summaryOf(i)));
  // Texts such as - or # say nothing.
  const odd = first.flatMap((cell, i) => (!isName(cell) && /\d/.test(cell) ? [{ cell, i }] : []));
  if (odd.length > 0) {
    if (areYears(odd.map(({ cell }) => cell))) return true;
    // Some names are numbers, above texts.
    return isAboveNumbers && odd.every(({ cell, i }) => NUMERAL.test(cell) && !isNumeric(summaryOf(i)));
  }
  if (isAboveNumbers) return true;
  const repeated = names.filter(({ cell, i }) => summaryOf(i).hasText(cell)).length;
  return 2 * repeated < names.length;
}

function isName(cell: string): boolean {
  return LETTER.test(cell) && !NUMERAL.test(cell) && !NO_NAME.test(cell) && !DATE.test(cell);
}

/** Whether most cells are numbers, but for those without a value. */
function isNumeric({ sample }: ColumnSummary): boolean {
  const present = sample.filter((cell) => typeof cell === 'number' || !NO_NAME.test(cell));
  return 2 * present.filter((cell) => typeof cell === 'number').length > present.length;
}

/** 0, 1, 2, …, perhaps behind an unnamed column. Two numbers may well be data: the rows below must not have them. */
function isRange(first: readonly string[], summaryOf: (column: number) => ColumnSummary): boolean {
  const offset = first[0] === '' ? 1 : 0;
  const numbers = first.slice(offset);
  if (numbers.length < 2 || !numbers.every((cell, i) => cell === String(i))) return false;
  if (numbers.length > 2) return true;
  const below = numbers.map((_, i) => summaryOf(i + offset));
  return !below.some((column) => column.hasNumber(0) || column.hasNumber(1));
}

/** Three or more, ascending in equal steps. */
function areYears(cells: readonly string[]): boolean {
  if (cells.length < 3 || !cells.every((cell) => YEAR.test(cell))) return false;
  const step = Number(cells[1]) - Number(cells[0]);
  return step > 0 && cells.every((cell, i) => Number(cell) === Number(cells[0]) + i * step);
}
