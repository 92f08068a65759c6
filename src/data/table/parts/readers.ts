/** The threads that read a table. */
import { avoidBackgroundCompilation } from '../../../kernels/background-compilation.js';
import type { ColumnTask, JoinedColumn } from './join-column.js';
import type { PartTask, ScannedPart } from './scan-part.js';

export interface Readers {
  readonly scan: (task: PartTask) => Promise<ScannedPart | undefined>;
  readonly join: (task: ColumnTask) => Promise<JoinedColumn>;
  /** Ends the threads, and with them all tasks. */
  readonly close: () => Promise<void>;
}

const WORKER = new URL('../../../../workers/reader-entry.cjs', import.meta.url).href;

/** @throws Error if the system refuses so many threads */
export async function startReaders(threads: number): Promise<Readers> {
  // Loaded on demand: small tables do not need it.
  const { Piscina } = await import('piscina');
  avoidBackgroundCompilation();
  const pool = new Piscina({
    filename: WORKER,
    minThreads: 1,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
  });
  // A dying thread also rejects its task. (Without a listener, it would end the process.)
  pool.on('error', () => undefined);
  return {
    scan: async (task) => (await pool.run(task)) as ScannedPart | undefined,
    join: async (task) => (await pool.run(task, { transferList: buffersIn(task.parts) })) as JoinedColumn,
    close: async () => await pool.destroy(),
  };
}

/** The buffers of all arrays in a message. Each belongs to one array. */
export function buffersIn(message: unknown): ArrayBuffer[] {
  if (ArrayBuffer.isView(message)) return [message.buffer as ArrayBuffer];
  if (typeof message !== 'object' || message === null) return [];
  return Object.values(message).flatMap(buffersIn);
}
