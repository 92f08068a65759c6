/**
 * Millions of barrier rounds on real threads, each checked: no worker may be a round ahead or behind, and what was
 * written before the barrier must be seen behind it.
 *
 *   node dist/test/stress/barrier.js [rounds, default 10,000,000] [workers, default 2] [spins, default by the cores]
 *
 * Run it with every supported Node, also with --liftoff-only and --no-liftoff where the engine's WebAssembly compilers are in
 * doubt: the barrier itself is JavaScript, because Node 20's baseline compiler gets memory.atomic.wait32 wrong.
 */
import { isMainThread } from 'node:worker_threads';
import { attend, meet } from '../../bench/support/barrier-team.js';
import { CONTROL_STRIDE } from '../../src/memory/layout.js';
import { spinsFor } from '../../src/parallel/team.js';

interface Task {
  /** What each worker writes, plainly, before it arrives: the round; and behind those, how often it was the last. */
  readonly marks: Int32Array;
  readonly rounds: number;
}

if (isMainThread) await main();
else worker();

async function main(): Promise<void> {
  const [rounds = 10_000_000, workers = 2, spins = spinsFor(workers)] = process.argv.slice(2).map(Number);
  const marks = new Int32Array(new SharedArrayBuffer(4 * 2 * workers * CONTROL_STRIDE));
  const start = performance.now();
  await meet<Task>(import.meta.url, workers, spins, { marks, rounds });
  const seconds = (performance.now() - start) / 1000;
  const each = ((seconds / rounds) * 1e6).toFixed(2);
  console.log(
    `Node ${process.versions.node}: ${rounds.toLocaleString('en-US')} rounds, ${workers} workers, ${spins} spins: ` +
      `all met, ${seconds.toFixed(1)} s, ${each} µs a round`,
  );
}

function worker(): void {
  const { barrier, worker, workers, task } = attend<Task>();
  const { marks, rounds } = task;
  let lasts = 0;
  const last = () => {
    lasts++;
  };
  for (let round = 1; round <= rounds; round++) {
    marks[worker * CONTROL_STRIDE] = round;
    barrier.arrive(last);
    for (let other = 0; other < workers; other++) {
      // One that is already past the next barrier cannot be: it needs us there.
      const mark = marks[other * CONTROL_STRIDE]!;
      if (mark !== round && mark !== round + 1) throw new Error(`round ${round}: worker ${other} is at ${mark}`);
    }
  }
  // Every round has one last arrival.
  marks[(workers + worker) * CONTROL_STRIDE] = lasts;
  barrier.arrive(last);
  const sum = Array.from({ length: workers }, (_, other) => marks[(workers + other) * CONTROL_STRIDE]!).reduce(
    (a, b) => a + b,
  );
  if (sum !== rounds) throw new Error(`${sum} last arrivals in ${rounds} rounds`);
}
