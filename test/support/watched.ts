/**
 * Runs a function of many cases in a thread of its own, which marks each case as it comes to it. One that does not come to an
 * end is named and the thread ended: a loop that hangs cannot be timed by the thread that it hangs.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** Tells that a case begins. */
export type Mark = (name: string) => void;

interface Order {
  /** Of the compiled module, and what it exports: (task, mark) → result, both plain data. */
  readonly module: string;
  readonly name: string;
  readonly task: unknown;
  /** Counts cases; behind it the length of the last one's name, and the name. */
  readonly board: SharedArrayBuffer;
}

const NAME_AT = 8;
const BOARD_BYTES = 1024;
const LOOK_EVERY_MS = 250;

/** @throws Error that names the case, if one takes longer than `limitMs`, or ends the thread */
export async function watched<Result>(
  module: string,
  name: string,
  task: unknown,
  limitMs = 20_000,
): Promise<Awaited<Result>> {
  const board = new SharedArrayBuffer(BOARD_BYTES);
  const order: Order = { module, name, task, board };
  // What the cases print is none of the report.
  const worker = new Worker(new URL(import.meta.url), { workerData: { watched: order }, stdout: true, stderr: true });
  worker.stdout.resume();
  worker.stderr.resume();
  const words = new Int32Array(board, 0, 2);
  const current = () => Buffer.from(board, NAME_AT).toString('utf8', 0, words[1]);
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Awaited<Result>>((resolve, reject) => {
      let seen = -1;
      let since = performance.now();
      timer = setInterval(() => {
        const count = Atomics.load(words, 0);
        if (count !== seen) [seen, since] = [count, performance.now()];
        else if (performance.now() - since > limitMs) reject(new Error(`no end within ${limitMs} ms: ${current()}`));
      }, LOOK_EVERY_MS);
      worker.on('message', resolve);
      worker.on('error', (cause) => reject(new Error(`unhandled, at ${current()}: ${cause}`, { cause })));
      worker.on('exit', (code) => reject(new Error(`the thread ended with ${code}, at ${current()}`)));
    });
  } finally {
    clearInterval(timer);
    await worker.terminate();
  }
}

async function attend({ module, name, task, board }: Order): Promise<void> {
  const words = new Int32Array(board, 0, 2);
  const text = new Uint8Array(board, NAME_AT);
  const mark: Mark = (caseName) => {
    const bytes = Buffer.from(caseName).subarray(0, text.length);
    text.set(bytes);
    words[1] = bytes.length;
    Atomics.add(words, 0, 1);
  };
  const exports = (await import(module)) as Record<string, (task: unknown, mark: Mark) => unknown>;
  parentPort!.postMessage(await exports[name]!(task, mark));
}

const { watched: order } = (workerData ?? {}) as { watched?: Order };
if (!isMainThread && order) await attend(order);
