/**
 * Millions of barrier rounds on real threads, each checked: no member may be a round ahead or behind, and what was
 * written before the barrier must be seen behind it.
 *
 *   node dist/test/stress/barrier.js [rounds, default 10,000,000] [members, default 2] [spins, default by the cores]
 *
 * Run it with every supported Node, also with --liftoff-only and --no-liftoff where the engine's WebAssembly compilers are in
 * doubt: the barrier itself is JavaScript, because Node 20's baseline compiler gets memory.atomic.wait32 wrong.
 */
import { isMainThread } from 'node:worker_threads';
import { attend, meet } from '../../bench/support/barrier-gang.js';
import { CONTROL_STRIDE } from '../../src/memory/layout.js';
import { spinsFor } from '../../src/threads/gang.js';

interface Task {
  /** What each member writes, plainly, before it arrives: the round; and behind those, how often it was the last. */
  readonly marks: Int32Array;
  readonly rounds: number;
}

if (isMainThread) await main();
else member();

async function main(): Promise<void> {
  const [rounds = 10_000_000, members = 2, spins = spinsFor(members)] = process.argv.slice(2).map(Number);
  const marks = new Int32Array(new SharedArrayBuffer(4 * 2 * members * CONTROL_STRIDE));
  const start = performance.now();
  await meet<Task>(import.meta.url, members, spins, { marks, rounds });
  const seconds = (performance.now() - start) / 1000;
  const each = ((seconds / rounds) * 1e6).toFixed(2);
  console.log(
    `Node ${process.versions.node}: ${rounds.toLocaleString('en-US')} rounds, ${members} members, ${spins} spins: ` +
      `all met, ${seconds.toFixed(1)} s, ${each} µs a round`,
  );
}

function member(): void {
  const { barrier, member, members, task } = attend<Task>();
  const { marks, rounds } = task;
  let lasts = 0;
  const last = () => {
    lasts++;
  };
  for (let round = 1; round <= rounds; round++) {
    marks[member * CONTROL_STRIDE] = round;
    barrier.arrive(last);
    for (let other = 0; other < members; other++) {
      // One that is already past the next barrier cannot be: it needs us there.
      const mark = marks[other * CONTROL_STRIDE]!;
      if (mark !== round && mark !== round + 1) throw new Error(`round ${round}: member ${other} is at ${mark}`);
    }
  }
  // Every round has one last arrival.
  marks[(members + member) * CONTROL_STRIDE] = lasts;
  barrier.arrive(last);
  const sum = Array.from({ length: members }, (_, other) => marks[(members + other) * CONTROL_STRIDE]!).reduce(
    (a, b) => a + b,
  );
  if (sum !== rounds) throw new Error(`${sum} last arrivals in ${rounds} rounds`);
}
