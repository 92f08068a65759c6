/**
 * Does Lockstep choose the best number of threads? For several networks and batch sizes: the time of a step with 1, 2, 4, …
 * threads, the number that Lockstep chooses by default, and how that compares with the best number and with one thread.
 *
 *   node dist/bench/threads.js [--hidden 16;64;300;64,64;300,300] [--batches 10,32,100,1000] [--threads 1,2,4]
 *                              [--inputs 28] [--density 1] [--rounds 3] [--seconds 0.3] [--json]
 *
 * The time of a step is the least mean of a few consecutive steps in all rounds, because a disturbance only makes steps longer.
 * The choice is made in a process of its own, as by the command `train`. A barrier without a time was not measured: see
 * `thread_choice` in docs/metrics.md.
 */
import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { checkOptions, type TrainOptions } from '../src/config/options.js';
import { now } from '../src/memory/clock.js';
import { recordIndex } from '../src/memory/layout.js';
import { prepare } from '../src/run/prepare.js';
import { live } from '../src/run/run-lifecycle.js';
import { threadCounts, wholeFrom } from './support/options.js';
import { writeSynthetic } from './support/synthetic.js';
import { type Column, heading, percent, row } from './support/table.js';
import { runTraining } from './support/training.js';

interface Options {
  readonly hidden: readonly (readonly number[])[];
  readonly batches: readonly number[];
  readonly threads?: readonly number[];
  readonly inputs: number;
  readonly density: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly json: boolean;
}

/** Consecutive steps whose mean counts: few, so that on a busy machine some are undisturbed. */
const STEPS = 4;
/** Samples of an epoch, so that small batches have enough steps, and steps of an epoch at least. */
const SAMPLES = 10_000;
const MIN_STEPS = 20;
/** So small that no network diverges. */
const RATE = 1e-5;

const cores = availableParallelism();
const options = new Command('threads')
  .option('--hidden <lists>', 'hidden layers of the networks', hiddenLists, hiddenLists('16;64;300;64,64;300,300'))
  .option('--batches <list>', 'batch sizes', threadCounts, [10, 32, 100, 1000])
  .option('--threads <list>', 'numbers of threads (default: 1, 2, 4, … up to the cores)', threadCounts)
  .option('--inputs <n>', 'inputs of a sample', wholeFrom(1), 28)
  .option('--density <fraction>', 'fraction of the inputs that are not zero', Number, 1)
  .option('--rounds <n>', 'runs of each number of threads, turn by turn', wholeFrom(1), 3)
  .option('--seconds <s>', 'training time of a run', Number, 0.3)
  .option('--json', 'NDJSON', false)
  .parse()
  .opts<Options>();
const teams = [...new Set([1, ...(options.threads ?? powersOfTwo(cores))])];

const columns: readonly Column[] = [
  { title: 'network', width: 18 },
  { title: 'batch', width: 5 },
  ...teams.map((threads) => ({ title: `${threads} thr. µs`, width: 10 })),
  ...['chosen', 'step µs', 'barrier ns', '/ best', '/ 1 thread'].map((title) => ({ title, width: 10 })),
];
if (!options.json) {
  console.log(
    `Node ${process.versions.node}, ${cores} core${cores === 1 ? '' : 's'}; time of a step by number of threads`,
  );
  console.log(heading(columns));
}
for (const batchSize of options.batches) {
  const { inputs, density } = options;
  const data = await writeSynthetic({ samples: Math.max(SAMPLES, MIN_STEPS * batchSize), inputs, density });
  for (const hidden of options.hidden) await report({ data: data.path, hidden: [...hidden], batchSize, lr: RATE });
  data.remove();
}

async function report(job: TrainOptions & { readonly hidden: readonly number[]; readonly batchSize: number }) {
  // The number of threads of a run of many epochs, which ends after the first.
  const { start } = await runTraining({ ...job, epochs: 1_000_000, maxTime: 1e-3 });
  const counts = [...new Set([...teams, start.threads])];
  const best = new Map(counts.map((threads) => [threads, Number.POSITIVE_INFINITY]));
  for (let round = 0; round < options.rounds; round++) {
    for (const threads of counts) best.set(threads, Math.min(best.get(threads)!, await timeSteps({ ...job, threads })));
  }
  const { thread_choice: choice } = start;
  const chosen = best.get(start.threads)!;
  const [toBest, toOne] = [Math.min(...best.values()), best.get(1)!].map((seconds) => chosen / seconds);
  const layers = start.model.layers.join('-');
  if (options.json) {
    const step_seconds = Object.fromEntries(best);
    const ratios = { to_best: toBest, to_one_thread: toOne };
    console.log(
      JSON.stringify({ layers, batch: job.batchSize, step_seconds, chosen: start.threads, choice, ...ratios }),
    );
    return;
  }
  const text = (value: number | undefined, scale: number) => (value === undefined ? '' : (value * scale).toFixed(1));
  const cells = [
    ...[layers, `${job.batchSize}`, ...teams.map((threads) => text(best.get(threads), 1e6))],
    ...[`${start.threads}`, text(choice?.step_seconds, 1e6), text(choice?.barrier_seconds ?? undefined, 1e9)],
    ...[percent(toBest!), percent(toOne!)],
  ];
  console.log(row(columns, cells));
}

/** Seconds of a step. */
async function timeSteps(job: TrainOptions): Promise<number> {
  const run = await prepare(checkOptions({ ...job, epochs: 1_000_000 }));
  const stop = new AbortController();
  const surroundings = { beganAt: now(), world: undefined, onProgress: undefined, onView: undefined };
  const began = performance.now();
  let best = Number.POSITIVE_INFINITY;
  for await (const event of live(run, { ...surroundings, stop: stop.signal })) {
    if (event.event !== 'epoch') continue;
    // The threads do not write to this record while the event is handled.
    const { stepEnds } = run.memory.epochs[recordIndex(event.epoch)];
    for (let i = STEPS; i < stepEnds.length; i++) best = Math.min(best, (stepEnds[i]! - stepEnds[i - STEPS]!) / STEPS);
    if (performance.now() - began > options.seconds * 1000) stop.abort();
  }
  return best / 1000;
}

/** `64;300,300`: two networks, of one and of two hidden layers. */
function hiddenLists(text: string): readonly (readonly number[])[] {
  return text.split(';').map(threadCounts);
}

function powersOfTwo(limit: number): readonly number[] {
  const counts: number[] = [];
  for (let count = 1; count <= limit; count *= 2) counts.push(count);
  return counts;
}
