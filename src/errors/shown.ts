/** Values in messages: short, whatever a program or a file holds. */
import { inspect } from 'node:util';

const MOST_SHOWN = 200;

/** Any value, from a program or a file, as short text. */
export function shown(value: unknown): string {
  return shortened(shownWhole(value));
}

/** The value with its type, for programs: the string '0.1'. */
export function withType(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  const type = Array.isArray(value) ? 'array' : typeof value;
  return shortened(`the ${type} ${inspected(value)}`);
}

/** none, or 60000 × 28 × 28; only the first of very many dimensions. */
export function shape(dimensions: readonly number[]): string {
  if (dimensions.length === 0) return 'none';
  const most = 8;
  const first = dimensions.slice(0, most).join(' × ');
  return dimensions.length > most ? `${first} × …, ${dimensions.length} dimensions` : first;
}

export function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}

function shortened(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

function shownWhole(value: unknown): string {
  if (typeof value === 'string') return value === '' ? '""' : value;
  const isShortList = Array.isArray(value) && value.length > 0 && value.length <= MOST_SHOWN;
  return isShortList && [...value].every((each) => typeof each === 'number') ? value.join(',') : inspected(value);
}

function inspected(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, customInspect: false });
}
