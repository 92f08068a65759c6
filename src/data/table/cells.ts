/** What one cell says, in either format: a number, or a class. */

/** A class as people call it. */
export type ClassName = string | number;

/** (One way to match it alone: what can match in many ways takes quadratic time to refuse many digits.) */
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
/** What programs write for a number that is none, or too large. */
const NOT_FINITE = /^[+-]?(nan|inf|infinity)$/i;
/** What people and programs write where there is nothing. */
const MISSING = /^(|na|n\/a|null|none|\?)$/i;

/** The number, or what is wrong with the cell. A number of float32: seven digits count. */
export function numberIn(cell: unknown): number | string {
  if (typeof cell === 'number') return singleOf(cell, String(cell));
  if (cell === undefined || cell === null) return 'missing';
  if (typeof cell !== 'string') return 'no number';
  const text = cell.trim();
  if (DECIMAL.test(text)) return singleOf(Number(text), text);
  if (MISSING.test(text)) return text === '' ? 'missing' : `missing (${text})`;
  return NOT_FINITE.test(text) ? `${text}, which is not finite` : 'text';
}

function singleOf(value: number, text: string): number | string {
  if (!Number.isFinite(value) && !DECIMAL.test(text)) return `${text}, which is not finite`;
  // (Adding 0 makes 0 of -0, which is the same number.)
  const single = Math.fround(value) + 0;
  return Number.isFinite(single) ? single : 'too large for float32, which ends at 3.4e38';
}

/** The class's name as a text; undefined where the cell is empty, or holds what can be no name. */
export function labelIn(cell: unknown): string | undefined {
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell);
  if (typeof cell !== 'string') return undefined;
  const text = cell.trim();
  return text === '' ? undefined : text;
}

/**
 * The number that a class's name is: undefined of a text, of a code with leading zeros, and of a number that has lost digits.
 * `1` and `1.0`, as some programs write it, are the same.
 */
export function numberNamed(name: string): number | undefined {
  if (!DECIMAL.test(name) || /^[+-]?0\d/.test(name)) return undefined;
  const value = Number(name);
  const isKept = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
  // (Adding 0 makes 0 of -0.)
  return isKept ? value + 0 : undefined;
}

/** Whether a first row's cell says what is beneath it: no number, and not a number that is missing. */
export function isName(cell: unknown): boolean {
  return (
    typeof cell === 'string' &&
    !DECIMAL.test(cell.trim()) &&
    !MISSING.test(cell.trim()) &&
    !NOT_FINITE.test(cell.trim())
  );
}
