/** Scans a part of a CSV file, in a thread of its own. */
import { isUtf8 } from 'node:buffer';
import { readSync } from 'node:fs';
import { LockstepError } from '../../../errors.js';
import { CsvScanner, type Dialect, LINE_FEED } from '../csv-scanner.js';
import { type PackedRaggedRows, RaggedRows } from '../ragged-rows.js';
import { type PackedRows, RawRows } from '../raw-rows.js';

export interface PartTask {
  readonly kind: 'scan';
  /** An open file. */
  readonly fd: number;
  /** The first byte, after the end of a line. */
  readonly from: number;
  /** The byte behind the last one, which ends a line unless it ends the file. */
  readonly to: number;
  /** Number of columns. */
  readonly width: number;
  readonly dialect: Dialect;
  /** Of the texts, the same for all parts. */
  readonly seed: number;
}

export interface ScannedPart {
  /** The lines of the rows are counted from 1. */
  readonly rows: PackedRows;
  /** Number of lines. */
  readonly lines: number;
  readonly ragged: PackedRaggedRows;
}

/** Used by one task after the other. */
let buffer = new Uint8Array(0);

/**
 * A part that begins where a row begins is scanned as if it were a file: if that succeeds, then it ends where a row ends, because
 * only a quoted cell continues behind the end of a line, and a file must not end within one.
 *
 * @returns undefined if the part cannot be scanned: then it takes the whole file to tell why
 */
export function scanPart({ fd, from, to, width, dialect, seed }: PartTask): ScannedPart | undefined {
  const length = to - from;
  if (buffer.length <= length) buffer = new Uint8Array(length + 1);
  const bytes = buffer;
  if (!readAll(fd, bytes.subarray(0, length), from) || !isUtf8(bytes.subarray(0, length))) return undefined;
  bytes[length] = LINE_FEED;
  // (No message is shown.)
  const rows = new RawRows('', width, seed);
  rows.bytes = length;
  const ragged = new RaggedRows(width);
  const scanner = new CsvScanner('', rows, dialect, 1, ragged);
  try {
    scanner.scan(bytes, 0, length, true);
    return { rows: rows.pack(), lines: scanner.line - 1, ragged: ragged.pack() };
  } catch (error) {
    if (error instanceof LockstepError) return undefined;
    throw error;
  }
}

/** @returns whether the file has so many bytes */
function readAll(fd: number, bytes: Uint8Array, position: number): boolean {
  for (let at = 0; at < bytes.length; ) {
    const count = readSync(fd, bytes, at, bytes.length - at, position + at);
    if (count === 0) return false;
    at += count;
  }
  return true;
}
