/**
 * Times short operations of one thread: in chunks long enough for the clock, past the engine's compilers, turn by turn.
 *
 * Seconds are of the process's time on the processor, not of the clock on the wall: what other programs take of the same
 * core is not ours. (What the engine's own compilers take in the background is in it; hence the warm-up.)
 */
import { median, spread } from './statistics.js';

/** Long beside the clock's resolution and an interrupt, short beside the seconds in which a busy machine changes pace. */
const CHUNK_SECONDS = 0.02;

/** The engine begins with slow code and puts fast code in its place while it runs, so the first chunks are others. */
const WARM_UP_SECONDS = 0.2;

/** Chunks whose medians are compared to see that the pace has settled, and by how much they may differ. */
const SETTLING_CHUNKS = 5;
const SETTLED_WITHIN = 0.03;

/** On a machine so busy that nothing settles, this is when to go on all the same, and to say so. */
const SETTLING_LIMIT_SECONDS = 4;

export interface Timing {
  /** Of one call, in each round. */
  readonly seconds: readonly number[];
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Whether two medians in a row agreed before the first round. */
  readonly settled: boolean;
}

/**
 * Warms up each action, then does `rounds` rounds, in each of which every action has its turn: so their ratio, round by
 * round, holds even while the machine's pace changes.
 */
export function timeTurnByTurn(actions: readonly (() => void)[], rounds: number): Timing[] {
  const warm = actions.map((action) => warmUp(action));
  const seconds: number[][] = actions.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, action] of actions.entries()) seconds[i]!.push(timeChunk(action, warm[i]!.calls));
  }
  return seconds.map((own, i) => ({
    seconds: own,
    median: median(own),
    ...spread(own),
    settled: warm[i]!.settled,
  }));
}

/** The median of the rounds' ratios, a's time over b's. */
export function ratio(a: Timing, b: Timing): number {
  return median(a.seconds.map((seconds, round) => seconds / b.seconds[round]!));
}

/** @returns how many calls fill a chunk, and whether the pace has settled */
function warmUp(action: () => void): { readonly calls: number; readonly settled: boolean } {
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  let calls = 1;
  let before = Number.POSITIVE_INFINITY;
  while (elapsed() < SETTLING_LIMIT_SECONDS) {
    const chunks: number[] = [];
    for (let i = 0; i < SETTLING_CHUNKS; i++) chunks.push(timeChunk(action, calls));
    const now = median(chunks);
    // At most a hundred times as many as before: the first guess comes from a single call.
    calls = Math.max(1, Math.min(Math.ceil(CHUNK_SECONDS / now), calls * 100));
    if (elapsed() >= WARM_UP_SECONDS && Math.abs(now - before) < SETTLED_WITHIN * before)
      return { calls, settled: true };
    before = now;
  }
  return { calls, settled: false };
}

/** Seconds of one call, as the mean of so many. */
function timeChunk(action: () => void, calls: number): number {
  const start = process.cpuUsage();
  for (let call = 0; call < calls; call++) action();
  const { user, system } = process.cpuUsage(start);
  // Microseconds; a chunk that the clock sees nothing of lasted less than one.
  return Math.max(user + system, 1) / 1e6 / calls;
}
