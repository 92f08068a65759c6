/**
 * Makes one worker thread fail: loaded with `node --import dist/test/support/fault.js …`, which reaches every thread.
 *
 * FAULT=<manner>:<method>:<calls> fails in the given manner when thread 2 calls that method of the kernel (or of the
 * barrier, for `arrive`) for the calls-th time. FAULT_THREADS=all makes every thread fail. FAULT_PATIENCE_MS is how long
 * the watchdog waits from that call on. (On a busy machine, even the start of the threads may take longer.)
 */
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';
import { WasmKernel } from '../../src/kernels/wasm.js';
import { Barrier } from '../../src/parallel/barrier.js';
import { Watchdog } from '../../src/parallel/watchdog.js';

const MANNERS = {
  none: () => undefined,
  throw: () => {
    throw new Error('out of luck\nand of lines');
  },
  exit: () => process.exit(3),
  memory: () => {
    const hoard: number[][] = [];
    for (;;) hoard.push(new Array<number>(1e6).fill(hoard.length + 0.5));
  },
  /** Awake, and asleep. */
  hang: () => {
    for (;;);
  },
  sleep: () => {
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
} as const;

const METHODS = ['forward', 'transpose', 'backward', 'step', 'accumulate', 'arrive'] as const;

const [manner, method, calls] = (process.env.FAULT ?? '').split(':');
const fail = MANNERS[manner as keyof typeof MANNERS];
if (!fail || !METHODS.some((each) => each === method)) throw new Error(`FAULT=${process.env.FAULT} is not understood`);

const { FAULT_PATIENCE_MS } = process.env;
const channel = new BroadcastChannel('fault');
channel.unref();
if (FAULT_PATIENCE_MS && isMainThread) {
  const leastMs = Number(FAULT_PATIENCE_MS);
  // What a step takes is known to a look's length only.
  Object.assign(Watchdog.patience, { lookEveryMs: leastMs / 10, steps: 10 });
  channel.onmessage = () => Object.assign(Watchdog.patience, { leastMs });
}

const isVictim = process.env.FAULT_THREADS === 'all' || threadId === 2;
if (!isMainThread && isVictim) sabotage(method as (typeof METHODS)[number], Number(calls));

function sabotage(name: (typeof METHODS)[number], atCall: number): void {
  const prototype = (name === 'arrive' ? Barrier : WasmKernel).prototype as unknown as Record<
    string,
    (...args: unknown[]) => unknown
  >;
  const original = prototype[name]!;
  let count = 0;
  prototype[name] = function (...args) {
    count++;
    if (count === atCall) {
      channel.postMessage('now');
      fail();
    }
    return original.apply(this, args);
  };
}
