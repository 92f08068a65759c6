/** Where a table comes from: a file, stdin, or the memory of the program. */
import { nameOfTable, shortNameOfTable } from './bytes.js';
import type { RawTable } from './raw-table.js';
import type { ReadOptions } from './read-raw-table.js';

/** What a program has in memory, instead of files. */
export interface InMemory {
  readonly data?: MemoryTable | undefined;
  readonly testData?: MemoryTable | undefined;
  readonly publicData?: MemoryTable | undefined;
}

/** In place of a file name, in metrics and checkpoints. (The paths in checkpoints are absolute.) */
export const MEMORY = 'memory';

/** A table that a program has in memory. */
export interface MemoryTable {
  /** For messages and metrics. */
  readonly name: string;
  /** @throws LockstepError if it is not a table; the reason of the signal */
  readonly read: (signal?: AbortSignal) => Promise<RawTable>;
}

/** A file, `-` for stdin, or a table in memory. */
export type TableSource = string | MemoryTable;

/** For messages. */
export function nameOfSource(source: TableSource): string {
  return typeof source === 'string' ? nameOfTable(source) : source.name;
}

/** For metrics. */
export function shortNameOfSource(source: TableSource): string {
  return typeof source === 'string' ? shortNameOfTable(source) : source.name;
}

/** @param options  for files. @throws LockstepError that names the row; the reason of the signal */
export async function rawTableOf(source: TableSource, options: ReadOptions, signal?: AbortSignal): Promise<RawTable> {
  if (typeof source !== 'string') return await source.read(signal);
  const { readRawTable } = await import('./read-raw-table.js');
  return await readRawTable(source, options, signal);
}
