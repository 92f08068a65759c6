/** The first row of a table without a header, whose cells are put before those of the other rows at the end. */
import { isCode, mayBeginNumeral, numeralIn } from './numerals.js';

export interface FirstCell {
  /** NaN if it is not a number. */
  readonly value: number;
  /** 0 if float64 holds it. */
  readonly code: number;
}

/** @param codeOf  takes the text of the cell */
export function firstCell(text: string, comma: number, codeOf: (bytes: Uint8Array) => number): FirstCell {
  const bytes = Buffer.from(text);
  const { length } = bytes;
  const value = length > 0 && mayBeginNumeral(bytes[0]!) ? numeralIn(bytes, 0, length, comma) : Number.NaN;
  if (!Number.isNaN(value) && !isCode(bytes, 0, length, value)) return { value, code: 0 };
  return { value, code: codeOf(bytes) };
}
