/**
 * Does the gradient noise scale say which batch size pays? For several batch sizes, the steps of plain SGD to a given training loss,
 * each with the best learning rate of a fixed grid, beside S_min · (1 + B_noise / B), as in McCandlish et al. 2018 (arXiv
 * 1812.06162), where B_noise is what `--noise-scale` reports.
 *
 *   node dist/bench/noise-scale.js [--jobs reference] [--tables diamonds.csv=target:price,digits.csv=class] [--batches 8,16,…]
 *     [--seeds 1] [--json] [--svg noise-scale.svg] [--from results.ndjson]
 *
 * The loss is the mean over a sliding window of training samples, each before the update of its step. A point is the geometric mean
 * of the steps over the seeds, with the best rate. B_noise is the geometric mean over all batch sizes, S_min is fitted: both in
 * logarithms. `--from` shows earlier results of `--json`, also of parts of the batches.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import type { TrainOptions } from '../src/config/options.js';
import { train } from '../src/run/train.js';
import { drawBatchCurves } from './support/batch-curves.js';
import { wholeFrom } from './support/options.js';
import { type Column, heading, row } from './support/table.js';

interface Job {
  readonly name: string;
  readonly options: TrainOptions;
  /** Mean training loss to reach. */
  readonly loss: number;
}

/** One batch size, with the best rate of the grid. */
interface Point {
  readonly batch: number;
  readonly lr: number;
  readonly steps: number;
  /** Measured in these runs. */
  readonly noise_scale: number;
}

/** A line of `--json`. */
interface Part {
  readonly job: string;
  readonly loss: number;
  readonly points: readonly Point[];
}

interface Result extends Part {
  readonly noise_scale: number;
  readonly fewest_steps: number;
  /** The greatest factor between the steps that were measured and predicted. */
  readonly worst_factor: number;
  /** B of the curve that fits the measured steps best. */
  readonly fitted_scale: number;
}

const BATCHES = [8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];
/** Learning rates are powers of it. */
const GRID = Math.SQRT2;
/** Samples between two looks at the loss, and samples of the sliding window: so many that the mean is sharp. */
const [EVERY, WINDOW] = [2_000, 8_000];
/** Rates that are worse than the best before the search ends: one or two may be so by chance. */
const MOST_WORSE = 2;
/** A run with another rate is given up after this many times the steps of the best so far. */
const MOST_LONGER = 1.5;
const MOST_SAMPLES = 1_500_000;

const cli = new Command('noise-scale')
  .description('Does the gradient noise scale say which batch size pays?')
  .option('--jobs <names>', 'reference, or none', 'reference')
  .option('--tables <files>', 'tables: file=label column@loss or file=target:column@loss, separated by commas', '')
  .option('--batches <list>', 'batch sizes', (text) => text.split(',').map(wholeFrom(1)), BATCHES)
  .option('--seeds <n>', 'runs for each batch and rate', wholeFrom(1), 1)
  .option('--threads <n>', 'worker threads', wholeFrom(1), 1)
  .option('--json', 'NDJSON', false)
  .option('--from <file>', 'results of --json, instead of measuring')
  .option('--svg <file>', 'picture to write')
  .parse()
  .opts<{
    readonly jobs: string;
    readonly tables: string;
    readonly batches: readonly number[];
    readonly seeds: number;
    readonly threads: number;
    readonly json: boolean;
    readonly from?: string;
    readonly svg?: string;
  }>();

const SGD: TrainOptions = {
  ...{ optimizer: 'sgd', reduction: 'mean', weightDecay: 0, schedule: 'constant' },
  ...{ threads: cli.threads, epochs: 1000, noiseScale: true },
};

const COLUMNS: Column[] = [
  { title: 'job', width: 14 },
  { title: 'batch', width: 6 },
  { title: 'rate', width: 8 },
  { title: 'steps', width: 8 },
  { title: 'predicted', width: 9 },
  { title: 'factor', width: 7 },
  { title: 'samples', width: 9 },
];

const results: Result[] = cli.from === undefined ? [] : resultsIn(cli.from);
if (cli.from === undefined) {
  for (const job of jobs()) {
    results.push(await measured(job));
  }
}
if (!cli.json) for (const result of results) print(result);
if (cli.svg !== undefined) writeFileSync(cli.svg, await drawBatchCurves(results.map(curvesOf)));

function jobs(): Job[] {
  const reference: Job = { name: 'reference', options: { ...SGD, data: 'mnist', hidden: [1000] }, loss: 0.3 };
  const tables = cli.tables === '' ? [] : cli.tables.split(',');
  return [
    ...(cli.jobs.includes('reference') ? [reference] : []),
    ...tables.map((text): Job => {
      const [, file = '', target, column = '', loss = ''] = /^(.*)=(target:)?(.*)@(.*)$/.exec(text) ?? [];
      const goal = target ? { target: [column] } : { label: column };
      const options = { ...SGD, data: file, ...goal, testSplit: 0, scale: 'standard', hidden: [64] } as const;
      return { name: path.basename(file).replace(/\.\w+$/, ''), options, loss: Number(loss) };
    }),
  ];
}

async function measured(job: Job): Promise<Result> {
  const points: Point[] = [];
  let power = startOf(cli.batches[0]!);
  for (const batch of cli.batches) {
    const { point, best } = await bestRate(job, batch, power);
    if (point === undefined) continue;
    power = best;
    points.push(point);
    // Each at once: an interrupted measurement is not lost.
    if (cli.json) console.log(JSON.stringify({ job: job.name, loss: job.loss, points: [point] } satisfies Part));
    const { lr, steps, noise_scale } = point;
    const said = `${job.name}: batch ${batch}, rate ${lr.toPrecision(3)}: ${steps.toFixed(1)} steps`;
    process.stderr.write(`${said}, noise scale ${noise_scale.toPrecision(3)}\n`);
  }
  return resultOf(job, points);
}

function resultOf({ name, loss }: Pick<Job, 'name' | 'loss'>, points: readonly Point[]): Result {
  const noise = geometricMean(points.map(({ noise_scale }) => noise_scale));
  const fewest = fitOf(points, noise);
  const factors = points.map(({ batch, steps }) => Math.abs(Math.log(steps / predicted(fewest, noise, batch))));
  return {
    job: name,
    loss,
    points,
    noise_scale: noise,
    fewest_steps: fewest,
    worst_factor: Math.exp(Math.max(...factors)),
    fitted_scale: bestScale(points),
  };
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** The rate from which the search begins: small batches need small ones. */
function startOf(batch: number): number {
  return Math.round(Math.log(0.01 * Math.sqrt(batch / 8)) / Math.log(GRID));
}

/** Climbs along the grid from the best rate of the batch before, whose best rate is not smaller. */
async function bestRate(job: Job, batch: number, from: number) {
  const found = new Map<number, Trial>();
  let most = Number.POSITIVE_INFINITY;
  const at = async (power: number): Promise<number> => {
    let trial = found.get(power);
    if (!trial) {
      trial = await runSeeds(job, batch, GRID ** power, most);
      found.set(power, trial);
      most = Math.min(most, trial.steps);
    }
    return trial.steps;
  };
  let best = from;
  await at(best);
  for (const direction of [1, -1]) {
    for (let power = best + direction, worse = 0; worse < MOST_WORSE; power += direction) {
      if ((await at(power)) < (await at(best))) [best, worse] = [power, 0];
      else worse++;
    }
  }
  const { steps, scale } = found.get(best)!;
  const point: Point = { batch, lr: GRID ** best, steps, noise_scale: scale };
  return { best, point: Number.isFinite(steps) ? point : undefined };
}

interface Trial {
  /** Infinity if the loss was not reached. */
  readonly steps: number;
  /** Averaged over the run. */
  readonly scale: number;
}

async function runSeeds(job: Job, batch: number, lr: number, best: number): Promise<Trial> {
  const trials: Trial[] = [];
  for (let seed = 1; seed <= cli.seeds; seed++) {
    const trial = await run(job, seed, batch, lr, best);
    if (!Number.isFinite(trial.steps)) return trial;
    trials.push(trial);
  }
  const mean = (of: 'steps' | 'scale') => geometricMean(trials.map((trial) => trial[of]));
  return { steps: mean('steps'), scale: mean('scale') };
}

/** Steps until the mean loss of the window is reached, between two looks linearly. */
async function run(
  { options, loss: goal }: Job,
  seed: number,
  batchSize: number,
  lr: number,
  best: number,
): Promise<Trial> {
  const logEvery = Math.max(1, Math.round(EVERY / batchSize));
  const looks = Math.max(1, Math.round(WINDOW / (logEvery * batchSize)));
  const losses: number[] = [];
  const controller = new AbortController();
  const most = Math.min(MOST_LONGER * best, MOST_SAMPLES / batchSize);
  let reached = Number.POSITIVE_INFINITY;
  let before: { at: number; loss: number } | undefined;
  let [weights, scales] = [0, 0];
  try {
    const events = train({ ...options, seed, batchSize, lr, logEvery, signal: controller.signal });
    for await (const event of events) {
      if (event.event !== 'step' || controller.signal.aborted) continue;
      losses.push(event.loss);
      const window = losses.slice(-looks);
      const loss = window.reduce((sum, each) => sum + each, 0) / window.length;
      // The middle of the window. A loss is that before the update.
      const at = event.step - (window.length * logEvery + 1) / 2;
      if (typeof event.noise_scale === 'number') {
        // A step of this batch is worth 1 / (1 + B_noise / B) of a step without noise.
        const weight = 1 / (1 + event.noise_scale / batchSize);
        weights += weight;
        scales += weight * event.noise_scale;
      }
      if (loss <= goal) {
        const part = before ? (before.loss - goal) / (before.loss - loss) : 1;
        reached = before ? before.at + part * (at - before.at) : at;
      }
      before = { at, loss };
      if (loss <= goal || event.step > most || !(loss < 1e3)) controller.abort();
    }
  } catch {
    // It diverged.
  }
  return { steps: Math.max(1, reached), scale: scales / weights };
}

function predicted(fewest: number, noise: number, batch: number): number {
  return fewest * (1 + noise / batch);
}

/** S_min, by least squares of logarithms. */
function fitOf(points: readonly Point[], noise: number): number {
  const logs = points.map(({ batch, steps }) => Math.log(steps / predicted(1, noise, batch)));
  return Math.exp(logs.reduce((sum, each) => sum + each, 0) / logs.length);
}

function bestScale(points: readonly Point[]): number {
  const errorOf = (scale: number) => {
    const fewest = fitOf(points, scale);
    return points.reduce((sum, { batch, steps }) => sum + Math.log(steps / predicted(fewest, scale, batch)) ** 2, 0);
  };
  const scales = Array.from({ length: 400 }, (_, i) => 1.03 ** i);
  return scales.reduce((best, scale) => (errorOf(scale) < errorOf(best) ? scale : best));
}

function print({ job, loss, points, noise_scale, fewest_steps, worst_factor, fitted_scale }: Result): void {
  console.log(heading(COLUMNS));
  for (const { batch, lr, steps } of points) {
    const expected = predicted(fewest_steps, noise_scale, batch);
    const cells = [
      job,
      batch,
      lr.toPrecision(3),
      steps,
      expected.toFixed(1),
      (steps / expected).toFixed(2),
      steps * batch,
    ];
    console.log(
      row(
        COLUMNS,
        cells.map((cell) => (typeof cell === 'number' ? String(Math.round(cell * 10) / 10) : cell)),
      ),
    );
  }
  console.log(
    `to a training loss of ${loss}: noise scale ${noise_scale.toPrecision(3)}, fewest steps ${fewest_steps.toPrecision(3)}; ` +
      `within a factor of ${worst_factor.toFixed(2)}; the curve that fits best has ${fitted_scale.toPrecision(3)}\n`,
  );
}

function curvesOf({ job, loss, points, noise_scale, fewest_steps }: Result) {
  return {
    title: `${job}, to a training loss of ${loss}`,
    points: points.map(({ batch, steps }) => ({ batch, steps })),
    noise: noise_scale,
    steps: (batch: number) => predicted(fewest_steps, noise_scale, batch),
  };
}

/** Lines of the same job, with other batch sizes, are put together. */
function resultsIn(file: string): Result[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  const parts = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Part);
  return [...new Set(parts.map(({ job }) => job))].map((name) => {
    const ofJob = parts.filter(({ job }) => job === name);
    const points = ofJob.flatMap((part) => part.points).sort((one, other) => one.batch - other.batch);
    return resultOf({ name, loss: ofJob[0]!.loss }, points);
  });
}
