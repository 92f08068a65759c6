/** Parses the cells of a table: numbers and classes. */

export type ClassName = string | number;

/** Unambiguous, because otherwise rejecting a long run of digits would take quadratic time. */
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const NOT_FINITE = /^[+-]?(nan|inf|infinity)$/i;
/** Common notations for a missing value. */
const MISSING = /^(|na|n\/a|null|none|\?)$/i;

/** @returns the number, rounded to float32; or the problem */
export function numberIn(cell: unknown): number | string {
  if (typeof cell === 'number') return singleOf(cell, String(cell));
  if (cell === undefined || cell === null) return 'missing';
  if (typeof cell !== 'string') return 'not a number';
  const text = cell.trim();
  if (DECIMAL.test(text)) return singleOf(Number(text), text);
  if (MISSING.test(text)) return text === '' ? 'missing' : `missing (${text})`;
  return NOT_FINITE.test(text) ? `${text}, which is not finite` : 'text';
}

function singleOf(value: number, text: string): number | string {
  if (!Number.isFinite(value) && !DECIMAL.test(text)) return `${text}, which is not finite`;
  // Adding 0 turns -0 into 0.
  const single = Math.fround(value) + 0;
  return Number.isFinite(single) ? single : 'too large for float32 (maximum 3.4e38)';
}

/** The name of the class; undefined if the cell is empty, or cannot be a name. */
export function labelIn(cell: unknown): string | undefined {
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell);
  if (typeof cell !== 'string') return undefined;
  const text = cell.trim();
  return text === '' ? undefined : text;
}

/**
 * The class name as a number; undefined for text, for codes with leading zeros, and for integers beyond 2^53. `1` and `1.0`
 * are the same.
 */
export function numberNamed(name: string): number | undefined {
  if (!DECIMAL.test(name) || /^[+-]?0\d/.test(name)) return undefined;
  const value = Number(name);
  const isKept = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
  // Adding 0 turns -0 into 0.
  return isKept ? value + 0 : undefined;
}

/** Whether a cell of the first row may be a column name: neither a number nor a missing value. */
export function isName(cell: unknown): boolean {
  return (
    typeof cell === 'string' &&
    !DECIMAL.test(cell.trim()) &&
    !MISSING.test(cell.trim()) &&
    !NOT_FINITE.test(cell.trim())
  );
}
