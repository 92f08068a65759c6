/** Where a CSV file can be cut into parts: at line feeds that seem to end a row. */
import type { FileHandle } from 'node:fs/promises';
import { type Dialect, LINE_FEED, QUOTE } from '../csv-scanner.js';
import { Cutter } from '../dialect.js';

/** Bytes in which a cut is looked for. */
const WINDOW_BYTES = 1 << 17;
/** Line feeds that are tried: more would be within a text. */
const MOST_TRIED = 200;
/** Rows of the right length that must follow a cut. A line feed within a quoted cell is rarely followed by such rows. */
const ROWS_BEHIND = 3;

/** @param file  from byte `from` to `to` @returns the parts' first bytes, and `to` */
export async function cutsOf(
  file: FileHandle,
  from: number,
  to: number,
  partBytes: number,
  width: number,
  dialect: Dialect,
): Promise<number[]> {
  const cuts = [from];
  const bytes = new Uint8Array(WINDOW_BYTES);
  for (let border = from + partBytes; border < to; ) {
    const { bytesRead } = await file.read(bytes, 0, Math.min(WINDOW_BYTES, to - border), border);
    const cut = cutIn(bytes.subarray(0, bytesRead), width, dialect);
    if (cut !== undefined) cuts.push(border + cut);
    border += partBytes + (cut ?? 0);
  }
  return [...cuts, to];
}

function cutIn(bytes: Uint8Array, width: number, { delimiter, comment }: Dialect): number | undefined {
  let at = 0;
  for (let tried = 0; tried < MOST_TRIED; tried++) {
    at = bytes.indexOf(LINE_FEED, at) + 1;
    if (at === 0 || at >= bytes.length) return undefined;
    const cutter = new Cutter(bytes, delimiter, comment, at);
    if (areRows(cutter, bytes, width)) return at;
  }
  return undefined;
}

function areRows(cutter: Cutter, bytes: Uint8Array, width: number): boolean {
  for (let i = 0; i < ROWS_BEHIND; i++) {
    const begin = cutter.at;
    const row = cutter.next(false);
    if (row?.width !== width || row.isBroken || hasOddQuote(bytes, begin, row.end)) return false;
  }
  return true;
}

/** The rest of a quoted cell ends with a quote that has no partner. */
function hasOddQuote(bytes: Uint8Array, from: number, to: number): boolean {
  let isOdd = false;
  for (let at = from; at < to; at++) if (bytes[at] === QUOTE) isOdd = !isOdd;
  return isOdd;
}
