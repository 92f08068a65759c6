/** The threads that help to read tables. They are kept for a while, because starting one takes longer than reading a few MB. */
import { Worker } from 'node:worker_threads';
import { avoidBackgroundCompilation } from '../../../kernels/background-compilation.js';
import type { ColumnTask, JoinedColumn } from './join-column.js';
import type { ScanTask } from './scan-claimed.js';
import type { ScannedPart } from './scan-part.js';

/** @param part  undefined if anything is wrong with it */
export type TakePart = (index: number, part: ScannedPart | undefined) => void;

/** A thread, which has one task at a time. A task of a thread that ends is rejected. */
export interface Reader {
  /** Scans parts until none is left to claim. */
  readonly scan: (task: ScanTask, take: TakePart) => Promise<void>;
  readonly join: (task: ColumnTask) => Promise<JoinedColumn>;
}

export interface Readers {
  readonly all: readonly Reader[];
  /** Ends the threads, and with them all tasks. */
  readonly end: () => void;
  /** Others may use the threads, once their tasks have ended. Nobody need wait for these. */
  readonly release: () => void;
}

/** What a thread answers: to a scan, some parts and then nothing more; to a join, a column. */
export interface Reply {
  readonly index?: number;
  readonly part?: ScannedPart | undefined;
  readonly column?: JoinedColumn;
  readonly failure?: string;
  readonly isLast: boolean;
}

interface Pending {
  readonly take: TakePart;
  readonly resolve: (last: Reply) => void;
  readonly reject: (error: Error) => void;
}

const WORKER = new URL('../../../../workers/reader.js', import.meta.url);
/** A thread that waits for so long ends. Programs that read several tables one after the other need less. */
const IDLE_MS = 2000;

/** Waiting for the next table. */
const idle = new Set<ReaderThread>();

class ReaderThread implements Reader {
  readonly #worker: Worker;
  #pending: Pending | undefined;
  #isReleased = false;
  #hasEnded = false;
  #timer: NodeJS.Timeout | undefined;

  /** @throws Error if the system refuses another thread */
  constructor(file: URL) {
    // Without the process's flags, some of which are only for the main script.
    this.#worker = new Worker(file, { execArgv: [] });
    this.#worker.on('message', (reply: Reply) => this.#receive(reply));
    // (Without a listener, an error would end the process.)
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('messageerror', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the thread has ended')));
  }

  async scan(task: ScanTask, take: TakePart): Promise<void> {
    await this.#run(task, [], take);
  }

  async join(task: ColumnTask): Promise<JoinedColumn> {
    return (await this.#run(task, buffersIn(task.parts))).column!;
  }

  #run(task: ScanTask | ColumnTask, transferred: ArrayBuffer[], take: TakePart = () => undefined): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#hasEnded || this.#pending) throw new Error('the thread has ended, or has another task');
      this.#worker.postMessage(task, transferred);
      this.#pending = { take, resolve, reject };
    });
  }

  #receive({ isLast, index, part, failure, ...rest }: Reply): void {
    if (!isLast) {
      this.#pending?.take(index!, part);
      return;
    }
    const pending = this.#pending;
    this.#pending = undefined;
    if (failure === undefined) pending?.resolve({ isLast, ...rest });
    else pending?.reject(new Error(failure));
    if (this.#isReleased) this.#wait();
  }

  #fail(error: Error): void {
    this.end();
    this.#pending?.reject(error);
    this.#pending = undefined;
  }

  /** For a new reading. While it lasts, the thread keeps the process alive. */
  reserve(): void {
    clearTimeout(this.#timer);
    idle.delete(this);
    this.#isReleased = false;
    this.#worker.ref();
  }

  release(): void {
    this.#worker.unref();
    this.#isReleased = true;
    if (!this.#pending) this.#wait();
  }

  #wait(): void {
    if (this.#hasEnded) return;
    idle.add(this);
    this.#timer = setTimeout(() => this.end(), IDLE_MS).unref();
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    idle.delete(this);
    void this.#worker.terminate();
  }
}

/** @returns threads that may not have started yet; fewer if the system refuses so many */
export function startReaders(threads: number, file = WORKER): Readers {
  avoidBackgroundCompilation();
  const all: ReaderThread[] = [];
  try {
    for (const thread of [...idle].slice(0, threads)) all.push(thread);
    while (all.length < threads) all.push(new ReaderThread(file));
  } catch {
    // The others do its work.
  }
  for (const thread of all) thread.reserve();
  return {
    all,
    end: () => {
      for (const thread of all) thread.end();
    },
    release: () => {
      for (const thread of all) thread.release();
    },
  };
}

/** The buffers of all arrays in a message. Each belongs to one array. */
export function buffersIn(message: unknown): ArrayBuffer[] {
  if (ArrayBuffer.isView(message)) return [message.buffer as ArrayBuffer];
  if (typeof message !== 'object' || message === null) return [];
  return Object.values(message).flatMap(buffersIn);
}
