/**
 * Delays a thread at random before and after any of its operations of Atomics, as a system does that takes its processor: for
 * 0.1 to 40 ms, busy, so that the thread does nothing else meanwhile.
 *
 * Loaded with `node --import dist/test/support/late-atomics.js …` it reaches every thread of the process: LATE=<seed> delays all
 * of them, LATE=<seed>:main the main thread alone, LATE=<seed>:workers all but that. Each thread says so in the file LATE_LOG, once
 * it has been delayed.
 */
import { appendFileSync } from 'node:fs';
import { isMainThread, threadId } from 'node:worker_threads';
import { Random } from '../../src/model/random.js';

const OPERATIONS = ['load', 'store', 'add', 'or', 'compareExchange', 'notify', 'wait', 'waitAsync'] as const;

/** Of the operations, the part that are delayed before, and as many after. */
const PART = 0.02;
/** A worker that waits looks thousands of times. */
const PART_OF_MEMBERS_LOADS = 0.0005;
const LONGEST_MS = 40;
const SHORTEST_MS = 0.1;

function delayAtomics(seed: number): void {
  const random = new Random(seed, 0);
  let isTold = false;
  const delay = (name: string) => {
    const part = name === 'load' && !isMainThread ? PART_OF_MEMBERS_LOADS : PART;
    if (random.fraction() >= part) return;
    if (!isTold) appendFileSync(process.env.LATE_LOG!, isMainThread ? 'main\n' : 'workers\n');
    isTold = true;
    // As many short ones as long ones: by a factor each.
    const ms = SHORTEST_MS * (LONGEST_MS / SHORTEST_MS) ** random.fraction();
    const until = performance.now() + ms;
    while (performance.now() < until);
  };
  const table = Atomics as unknown as Record<string, (...args: unknown[]) => unknown>;
  const originals = OPERATIONS.map((name) => [name, table[name]!] as const);
  for (const [name, original] of originals) {
    table[name] = (...args) => {
      delay(name);
      const result = original.apply(Atomics, args);
      delay(name);
      return result;
    };
  }
}

const { LATE } = process.env;
if (LATE) {
  const [seed, who] = LATE.split(':');
  const isMeant = who === undefined || (who === 'main') === isMainThread;
  if (isMeant) delayAtomics(Number(seed) + threadId);
}
