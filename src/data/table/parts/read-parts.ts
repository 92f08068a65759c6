/** Reads a large CSV file in parts, in several threads. The result is the same as that of reading it from begin to end. */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { STDIN } from '../bytes.js';
import { BLANKS, type Dialect } from '../csv-scanner.js';
import { MOST_ROW_BYTES } from '../input.js';
import { POINT } from '../numerals.js';
import { MOST_CELLS } from '../raw-rows.js';
import { RowLines } from '../row-lines.js';
import { newSeed } from '../text-index.js';
import { cutsOf } from './cut.js';
import { type DecodedColumn, decoded, JoinedRows } from './joined-rows.js';
import { type Readers, startReaders } from './readers.js';
import type { ScannedPart } from './scan-part.js';

/** Built from assembly/. */
const SCANNER = new URL('./assembly/scanner.wasm', import.meta.url);
/** Smaller files are read before the threads have started (`node dist/bench/reading.js`). */
const LEAST_BYTES = 2e7;
/** Parts for each thread, so that all threads end at about the same time. */
const PARTS_PER_THREAD = 4;
/** Rows that are too long are not in parts, but found by the usual way of reading. */
const MOST_PART_BYTES = MOST_ROW_BYTES / 2;
/** Each part has a few arrays for each column: with more columns, passing them to another thread would take long. */
const MOST_COLUMNS = 1000;

/** A file that can be read in parts. */
export interface PartedFile {
  readonly file: FileHandle;
  /** In bytes. */
  readonly size: number;
  /** Length of the byte order mark. */
  readonly skip: number;
  readonly threads: number;
  readonly partBytes: number;
  readonly start: (threads: number) => Promise<Readers>;
}

/**
 * @param threads  that may be used; at most as many as there are cores are useful
 * @returns undefined if the file cannot be read in parts, or is not worth it
 */
export async function openInParts(data: string, threads = availableParallelism()): Promise<PartedFile | undefined> {
  const count = Math.min(threads, availableParallelism());
  if (data === STDIN || count < 2) return undefined;
  let file: FileHandle | undefined;
  try {
    // A named pipe is not opened: that would wait for its writer, and closing it would end the writer.
    if (!isLargeFile(await stat(data))) return undefined;
    file = await open(data, constants.O_RDONLY | constants.O_NONBLOCK);
    const info = await file.stat();
    const skip = isLargeFile(info) ? await markOf(file) : undefined;
    if (skip !== undefined) {
      const partBytes = Math.min(Math.ceil(info.size / (PARTS_PER_THREAD * count)), MOST_PART_BYTES);
      return { file, size: info.size, skip, threads: count, partBytes, start: startReaders };
    }
  } catch {
    // Whatever is wrong, the usual way of reading has the message.
  }
  await file?.close();
  return undefined;
}

function isLargeFile(info: Stats): boolean {
  return info.isFile() && info.size >= LEAST_BYTES;
}

/** @returns the length of the byte order mark; undefined for gzip and UTF-16 */
async function markOf(file: FileHandle): Promise<number | undefined> {
  const head = new Uint8Array(3);
  await file.read(head, 0, head.length, 0);
  const [a, b, c] = head;
  if ((a === 0x1f && b === 0x8b) || (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return undefined;
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
  const { file, skip, size, threads, partBytes, start } = parted;
  const { width, dialect } = rows;
  const { delimiter, comma, comment } = dialect;
  if (width > MOST_COLUMNS || comma !== POINT || delimiter === BLANKS) return undefined;
  const cuts = await cutsOf(file, skip + rows.from, size, partBytes, width, dialect);
  const isTooLong = cuts.some((cut, i) => i > 0 && cut - cuts[i - 1]! > MOST_ROW_BYTES);
  if (cuts.length < 3 || isTooLong) return undefined;
  let readers: Readers | undefined;
  const stop = () => void readers?.close();
  try {
    readers = await start(Math.min(threads, cuts.length - 1));
    signal?.addEventListener('abort', stop);
    // It may have come while the threads were starting.
    signal?.throwIfAborted();
    const { scan, join } = readers;
    const seed = newSeed();
    const module = new WebAssembly.Module(await readFile(SCANNER));
    const shared = { kind: 'scan', fd: file.fd, width, delimiter, comment, seed, module } as const;
    const parts = await Promise.all(
      cuts.slice(1).map(async (to, i) => {
        const part = await scan({ ...shared, from: cuts[i]!, to });
        if (!part) throw new Error('a part that is no table');
        return part;
      }),
    );
    const columns = await joinColumns(parts, width, seed, join);
    return columns && rowsOf(parts, columns, rows.line);
  } catch {
    // Something is wrong with the table or with the threads.
    signal?.throwIfAborted();
    return undefined;
  } finally {
    signal?.removeEventListener('abort', stop);
    await readers?.close();
  }
}

/** @returns undefined if the table is too large */
async function joinColumns(
  parts: readonly ScannedPart[],
  width: number,
  seed: number,
  join: Readers['join'],
): Promise<DecodedColumn[] | undefined> {
  const counts = parts.map(({ count }) => count);
  const total = 1 + counts.reduce((sum, count) => sum + count, 0);
  if (total * width > MOST_CELLS) return undefined;
  const tasks = Array.from({ length: width }, (_, i) => {
    const own = parts.map(({ columns }) => columns[i]!);
    return { i, parts: own, texts: own.reduce((sum, { texts }) => sum + (texts?.size ?? 0), 0) };
  });
  // What takes longest comes first, so that all threads end at about the same time.
  tasks.sort((a, b) => b.texts - a.texts);
  const columns = new Array<DecodedColumn>(width);
  await Promise.all(
    tasks.map(async ({ i, parts: own }) => {
      columns[i] = decoded(await join({ kind: 'join', parts: own, counts, seed }));
    }),
  );
  return columns;
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
