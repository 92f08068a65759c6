/**
 * What does a barrier cost? Nanoseconds of a round in which all threads only meet, for teams smaller than, as large as
 * and larger than the number of cores, spinning before they sleep and not.
 *
 *   node dist/bench/barrier.js [--threads 1,2,4,8] [--rounds 200000] [--repetitions 9] [--json]
 *
 * The threads are by default 1, half of the cores, the cores, twice and four times as many. A repetition is so many
 * rounds, or as many as are done in half a second where a round takes long, after a warm-up that lasts until two medians
 * in a row agree. Shown are the median over the repetitions and the spread; `*` marks what Lockstep does with so many
 * threads on this machine, `~` what did not settle. To see one core, pin it: `taskset -c 0`.
 */
import { availableParallelism } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { Command } from 'commander';
import { spinsFor } from '../src/parallel/team.js';
import { attend, meet } from './support/barrier-team.js';
import { threadCounts, wholeFrom } from './support/options.js';
import { median, spread } from './support/statistics.js';

interface Task {
  /** Rounds of a repetition at most. */
  readonly rounds: number;
  /** (1): rounds of the next repetition, as worker 0 says; 0: no more. */
  readonly next: Int32Array;
  /** (repetitions): nanoseconds of a round, as worker 0 sees it. */
  readonly times: Float64Array;
  /** (1): whether two medians in a row agreed before. */
  readonly settled: Int32Array;
}

interface Options {
  readonly threads: readonly number[];
  readonly rounds: number;
  readonly repetitions: number;
  readonly json: boolean;
}

/** A round takes from 0.1 µs to milliseconds; this bounds a repetition. */
const REPETITION_SECONDS = 0.5;
/** The engine begins with slow code and puts fast code in its place while it runs. */
const WARM_UP_AT_LEAST_SECONDS = 0.3;
/** The warm-up's repetitions are shorter; medians of five are compared, since a busy machine has outliers. */
const WARM_UP_SECONDS = 0.02;
const WARM_UP_REPETITIONS = 5;
const SETTLED_WITHIN = 0.1;
const SETTLING_LIMIT_SECONDS = 2;
/** So that what happens between repetitions does not count. */
const FEWEST_ROUNDS = 20;
/** `Team`'s number of looks before a sleep, which it takes where threads have cores of their own. */
const SPINS = spinsFor(1);

if (isMainThread) await main();
else worker();

async function main(): Promise<void> {
  const cores = availableParallelism();
  const teams = [1, Math.floor(cores / 2), cores, 2 * cores, 4 * cores].filter((threads) => threads > 0);
  const options = new Command('barrier')
    .option('--threads <list>', 'sizes of teams', threadCounts, [...new Set(teams)])
    .option('--rounds <n>', 'rounds of a repetition at most', wholeFrom(1), 200_000)
    .option('--repetitions <n>', 'of which the median is taken', wholeFrom(1), 9)
    .option('--json', 'NDJSON', false)
    .parse()
    .opts<Options>();

  const node = process.versions.node;
  if (!options.json) console.log(`Node ${node}, ${cores} core${cores === 1 ? '' : 's'}; nanoseconds a round`);
  for (const threads of options.threads) {
    for (const spins of [SPINS, 0]) {
      const { times, settled } = await measure(threads, spins, options.rounds, options.repetitions);
      const [middle, { min, max }] = [median(times), spread(times)];
      const isOurs = spins === spinsFor(threads);
      if (options.json) {
        const figures = { round_ns: middle, round_ns_min: min, round_ns_max: max };
        console.log(JSON.stringify({ node, cores, threads, spins, used: isOurs, ...figures, settled }));
      } else {
        const [m, a, b] = [middle, min, max].map((ns) => Math.round(ns).toLocaleString('en-US'));
        const how = spins > 0 ? 'spinning' : 'sleeping';
        console.log(
          `${`${threads}`.padStart(3)} thread${threads === 1 ? ', ' : 's,'} ${how}${isOurs ? ' *' : '  '} ${m!.padStart(9)} (${a} to ${b})${settled ? '' : ' ~'}`,
        );
      }
    }
  }
}

async function measure(threads: number, spins: number, rounds: number, repetitions: number) {
  const next = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const settled = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const times = new Float64Array(new SharedArrayBuffer(repetitions * Float64Array.BYTES_PER_ELEMENT));
  await meet<Task>(import.meta.url, threads, spins, { rounds, next, times, settled });
  return { times: [...times], settled: settled[0] === 1 };
}

type Repeat = (count: number) => { readonly rounds: number; readonly each: number };

function worker(): void {
  const { barrier, worker, task } = attend<Task>();
  const { next } = task;

  /** A repetition. Worker 0 says how many rounds, all do them. @returns how many, and seconds of one */
  const repeat: Repeat = (count) => {
    // The others read it behind the barrier; worker 0 writes the next only after a round with all of them.
    if (worker === 0) next[0] = count;
    barrier.arrive(nothing);
    const rounds = next[0]!;
    const start = performance.now();
    for (let round = 0; round < rounds; round++) barrier.arrive(nothing);
    return { rounds, each: (performance.now() - start) / 1000 / rounds };
  };

  if (worker === 0) conduct(task, repeat);
  else while (repeat(0).rounds > 0);
}

/** Worker 0: warms all up, and keeps the time. */
function conduct({ rounds, times, settled }: Task, repeat: Repeat): void {
  const roundsIn = (seconds: number, each: number) => {
    return Math.max(FEWEST_ROUNDS, Math.min(rounds, Math.floor(seconds / each)));
  };
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  let { each } = repeat(FEWEST_ROUNDS);
  while (settled[0] === 0 && elapsed() < SETTLING_LIMIT_SECONDS) {
    const count = roundsIn(WARM_UP_SECONDS, each);
    const now = median(Array.from({ length: WARM_UP_REPETITIONS }, () => repeat(count).each));
    const isWarm = elapsed() >= WARM_UP_AT_LEAST_SECONDS;
    if (isWarm && Math.abs(now - each) < SETTLED_WITHIN * each) settled[0] = 1;
    each = now;
  }
  const count = roundsIn(REPETITION_SECONDS, each);
  for (let i = 0; i < times.length; i++) times[i] = repeat(count).each * 1e9;
  repeat(0);
}

function nothing(): void {}
