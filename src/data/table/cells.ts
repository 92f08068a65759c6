/** Parses single cells of a table. */

export type ClassName = string | number;

/** A number, or the text of anything else: '' if the cell is empty or absent. */
export type Cell = number | string;

/** Unambiguous, because otherwise rejecting a long run of digits would take quadratic time. */
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
/** A code, such as a postal code, whose zeros matter. */
const LEADING_ZERO = /^[+-]?0\d/;
const NOT_FINITE = /^[+-]?(nan|inf|infinity)$/i;
/** Common notations for a missing value, in any case. (`none` in lower case is a usual name of a class.) */
export const MISSING_NOTATIONS = ['', 'na', 'n/a', '<na>', '#n/a', '#na', 'nan', '-nan', 'null', '<null>', '?'];
const MISSING = new RegExp(`^(${MISSING_NOTATIONS.join('|').replace('?', '\\?')})$`, 'i');

export const LONGEST_MISSING = Math.max(...MISSING_NOTATIONS.map(({ length }) => length));

export function isMissing(text: string): boolean {
  if (text.length > LONGEST_MISSING) return false;
  return MISSING.test(text) || text === 'None';
}

/** Without the white space of ASCII around it, as the readers of tables leave it: other spaces belong to a text. */
export function trimmed(text: string): string {
  let [from, end] = [0, text.length];
  while (from < end && isBlank(text.charCodeAt(from))) from++;
  while (end > from && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(from, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/** @param value  of JSON, or a text of CSV */
export function cellOf(value: unknown): Cell {
  if (typeof value === 'number') return numberOr(value, String(value));
  if (typeof value === 'string') {
    const text = trimmed(value);
    return DECIMAL.test(text) && !LEADING_ZERO.test(text) ? numberOr(Number(text), text) : text;
  }
  if (value === undefined || value === null) return '';
  if (typeof value === 'bigint') return cellOf(String(value));
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString();
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Whether a program may give this as a cell. */
export function isCell(value: unknown): boolean {
  if (value === undefined || value === null || value instanceof Date) return true;
  return ['number', 'string', 'boolean', 'bigint'].includes(typeof value);
}

/** Integers beyond 2^53 stay texts, because they may be identifiers. */
function numberOr(value: number, text: string): Cell {
  const isKept = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
  // Adding 0 turns -0 into 0.
  return isKept ? value + 0 : text;
}

/** A number begins with a character from + to 9. */
const [FIRST_OF_NUMBERS, LAST_OF_NUMBERS] = [0x2b, 0x39];

/** The number that a text stands for in a column of numbers; undefined if it is none. */
export function numberOfText(text: string): number | undefined {
  if (!mayBeNumber(text.charCodeAt(0))) return undefined;
  return DECIMAL.test(text) ? Number(text) + 0 : undefined;
}

/** Whether a number, or an ISO date, may begin with this character. */
export function mayBeNumber(first: number): boolean {
  return first >= FIRST_OF_NUMBERS && first <= LAST_OF_NUMBERS;
}

/** Whether float32 holds the number, if rounded. */
export function isSingle(value: number): boolean {
  return Number.isFinite(Math.fround(value));
}

/** The level of a category. `1` and `1.0` are the same, and so are `True` and `true`. */
export function levelOf(cell: Cell): string {
  const text = String(cell);
  return /^(true|false)$/i.test(text) ? text.toLowerCase() : text;
}

/** For messages. */
export function isNotFinite(text: string): boolean {
  return NOT_FINITE.test(text);
}

/** Whether a cell of the first row may be a column name: neither a number nor a missing value. */
export function isName(cell: unknown): boolean {
  if (typeof cell !== 'string') return false;
  const text = trimmed(cell);
  return !DECIMAL.test(text) && !isMissing(text) && !/^none$/i.test(text) && !NOT_FINITE.test(text);
}
