/**
 * Millions of barrier rounds on real threads, each checked: no member may be a round ahead or behind, and what was
 * written before the barrier must be seen behind it.
 *
 *   node dist/test/stress/barrier.js [rounds, default 10,000,000] [members, default 2] [spins, default by the cores]
 *
 * Run it with every supported Node, also with --liftoff-only and --no-liftoff where the engine's WebAssembly compilers are in
 * doubt: the barrier itself is JavaScript, because Node 20's baseline compiler gets memory.atomic.wait32 wrong.
 */
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { CONTROL_STRIDE } from '../../src/memory/layout.js';
import { Barrier } from '../../src/threads/barrier.js';
import { spinsFor } from '../../src/threads/gang.js';

interface Task {
  readonly control: Int32Array;
  /** What each member writes, plainly, before it arrives: the round; and behind those, how often it was the last. */
  readonly marks: Int32Array;
  readonly member: number;
  readonly members: number;
  readonly rounds: number;
  readonly spins: number;
}

if (isMainThread) await main();
else member(workerData as Task);

async function main(): Promise<void> {
  const [rounds = 10_000_000, members = 2, spins = spinsFor(members)] = process.argv.slice(2).map(Number);
  const control = new Int32Array(new SharedArrayBuffer(4 * 16 * CONTROL_STRIDE));
  const marks = new Int32Array(new SharedArrayBuffer(4 * 2 * members * CONTROL_STRIDE));
  const start = performance.now();
  const threads = Array.from({ length: members }, (_, member) => {
    const task: Task = { control, marks, member, members, rounds, spins };
    return new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: task });
      worker.on('error', reject);
      worker.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a member exited with ${code}`))));
    });
  });
  await Promise.all(threads);
  const seconds = (performance.now() - start) / 1000;
  const each = ((seconds / rounds) * 1e6).toFixed(2);
  console.log(
    `Node ${process.versions.node}: ${rounds.toLocaleString('en-US')} rounds, ${members} members, ${spins} spins: ` +
      `all met, ${seconds.toFixed(1)} s, ${each} µs a round`,
  );
}

function member({ control, marks, member, members, rounds, spins }: Task): void {
  const barrier = new Barrier(control, members, spins);
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
