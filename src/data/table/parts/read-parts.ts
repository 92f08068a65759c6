/** Reads a CSV file in parts, a large one in several threads. The result is the same as that of reading it from begin to end. */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { STDIN } from '../bytes.js';
import { BLANKS, type Dialect } from '../csv-scanner.js';
import { MOST_ROW_BYTES } from '../input.js';
import { POINT } from '../numerals.js';
import { RowLines } from '../row-lines.js';
import { newSeed } from '../text-index.js';
import { cutsOf } from './cut.js';
import { joinColumns } from './join-columns.js';
import { type DecodedColumn, JoinedRows } from './joined-rows.js';
import { type Readers, startReaders } from './readers.js';
import { newClaims, type ScanTask } from './scan-claimed.js';
import type { ScannedPart } from './scan-part.js';
import { scanParts } from './scan-parts.js';

const [OPEN_OBJECT, OPEN_ARRAY] = [0x7b, 0x5b];
/** Built from assembly/. */
const SCANNER = new URL('./assembly/scanner.wasm', import.meta.url);
/** Smaller files are not worth the time to compile the module (`node dist/bench/reading.js`). */
const LEAST_BYTES = 2.5e5;
/** Of smaller files, most are read before a thread has started (`node dist/bench/reading.js`). */
const LEAST_BYTES_FOR_THREADS = 4e7;
/** Scanned in a few milliseconds, so that the event loop is not blocked for long. Many parts take longer to join. */
const [LEAST_PART_BYTES, MOST_PART_BYTES] = [1 << 20, 1 << 22];
const USUAL_PARTS = 128;
/** Each part has a few arrays for each column: with more columns, passing them to another thread would take long. */
const MOST_COLUMNS = 1000;

/** A file that can be read in parts. */
export interface PartedFile {
  readonly file: FileHandle;
  /** In bytes. */
  readonly size: number;
  /** Length of the byte order mark. */
  readonly skip: number;
  readonly partBytes: number;
  /** Threads that help. */
  readonly readers: Readers | undefined;
}

/**
 * @param threads  that may be used; at most as many as there are cores are useful
 * @returns undefined if the file cannot be read in parts, or is not worth it
 */
export async function openInParts(data: string, threads = availableParallelism()): Promise<PartedFile | undefined> {
  if (data === STDIN) return undefined;
  let file: FileHandle | undefined;
  try {
    // A named pipe is not opened: that would wait for its writer, and closing it would end the writer.
    if (!isLargeFile(await stat(data))) return undefined;
    file = await open(data, constants.O_RDONLY | constants.O_NONBLOCK);
    const info = await file.stat();
    const skip = isLargeFile(info) ? await markOf(file) : undefined;
    if (skip !== undefined) {
      const { size } = info;
      // This thread reads, too. The others start while it looks at the head.
      const others = size < LEAST_BYTES_FOR_THREADS ? 0 : Math.min(threads, availableParallelism()) - 1;
      const readers = others > 0 ? startReaders(others) : undefined;
      const partBytes = Math.min(Math.max(LEAST_PART_BYTES, Math.ceil(size / USUAL_PARTS)), MOST_PART_BYTES);
      return { file, size, skip, partBytes, readers };
    }
  } catch {
    // Whatever is wrong, the usual way of reading has the message.
  }
  await file?.close();
  return undefined;
}

export async function closeInParts({ file, readers }: PartedFile): Promise<void> {
  readers?.release();
  await file.close();
}

function isLargeFile(info: Stats): boolean {
  return info.isFile() && info.size >= LEAST_BYTES;
}

/** @returns the length of the byte order mark; undefined for gzip, UTF-16 and JSON */
async function markOf(file: FileHandle): Promise<number | undefined> {
  const head = new Uint8Array(3);
  await file.read(head, 0, head.length, 0);
  const [a, b, c] = head;
  if ((a === 0x1f && b === 0x8b) || (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return undefined;
  if (a === OPEN_OBJECT || a === OPEN_ARRAY) return undefined;
  return a === 0xef && b === 0xbb && c === 0xbf ? 3 : 0;
}

/** Where the rows begin, and how they are cut. */
export interface RowsBehind {
  /** Byte, without the byte order mark. */
  readonly from: number;
  /** Line of that byte. */
  readonly line: number;
  readonly width: number;
  readonly dialect: Dialect;
}

/**
 * @returns undefined if anything is wrong: then only the usual way of reading tells what
 * @throws the reason of the signal
 */
export async function rowsInParts(
  parted: PartedFile,
  rows: RowsBehind,
  signal: AbortSignal | undefined,
): Promise<JoinedRows | undefined> {
  const { file, skip, size, partBytes, readers } = parted;
  const { width, dialect } = rows;
  const { delimiter, comma, comment } = dialect;
  if (width > MOST_COLUMNS || comma !== POINT || delimiter === BLANKS) return undefined;
  const cuts = await cutsOf(file, skip + rows.from, size, partBytes, width, dialect);
  const isTooLong = cuts.some((cut, i) => i > 0 && cut - cuts[i - 1]! > MOST_ROW_BYTES);
  if (isTooLong) return undefined;
  const stop = () => readers?.end();
  signal?.addEventListener('abort', stop);
  try {
    // It may have come before.
    signal?.throwIfAborted();
    const seed = newSeed();
    const module = await scannerModule();
    const task: ScanTask = {
      ...{ kind: 'scan', fd: file.fd, cuts, claims: newClaims() },
      ...{ width, delimiter, comment, seed, module },
    };
    const helpers = readers?.all ?? [];
    const { parts, alive } = await scanParts(task, file, helpers, signal);
    const columns = parts && (await joinColumns(parts, width, seed, alive, signal));
    return columns && rowsOf(parts, columns, rows.line);
  } catch {
    // Something is wrong with the table or with the threads.
    signal?.throwIfAborted();
    return undefined;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

let compiled: Promise<WebAssembly.Module> | undefined;

/** Compiled once: the engine optimizes it further while it is used. */
async function scannerModule(): Promise<WebAssembly.Module> {
  compiled ??= readFile(SCANNER).then((bytes) => new WebAssembly.Module(bytes));
  try {
    return await compiled;
  } catch (error) {
    compiled = undefined;
    throw error;
  }
}

/** @param line  of the first part's first byte */
function rowsOf(parts: readonly ScannedPart[], columns: readonly DecodedColumn[], line: number): JoinedRows {
  const lines = new RowLines();
  let [row, at] = [0, line];
  for (const part of parts) {
    lines.add(part.breaks, row, at);
    row += part.count;
    at += part.lines;
  }
  return new JoinedRows(row, lines, columns);
}
