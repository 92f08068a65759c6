/**
 * Does the gradient noise scale say which batch size pays? For several batch sizes, the steps of plain SGD to a given training loss,
 * each with the best learning rate of a fixed grid, beside S_min · (1 + B_noise / B), as in McCandlish et al. 2018 (arXiv
 * 1812.06162), where B_noise is what `--noise-scale` reports.
 *
 *   node dist/bench/noise-scale.js [--jobs reference] [--tables diamonds.csv=target:price,digits.csv=class] [--batches 8,16,…]
 *     [--json] [--svg noise-scale.svg] [--from results.ndjson]
 *
 * A point is the shortest of the runs of a batch size; the loss is averaged over windows of samples. S_min is fitted, by the
 * logarithms of the steps; B_noise is measured in the run with the smallest batch that took at least 300 steps. `--from` draws
 * earlier results of `--json`.
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
}

interface Result {
  readonly job: string;
  readonly loss: number;
  readonly points: readonly Point[];
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
/** Samples of a window, whose mean loss is looked at: so many that the mean is sharp. */
const WINDOW = 2_000;
/** A run with another rate is given up after this many times the steps of the best so far. */
const MOST_LONGER = 1.5;
const MOST_SAMPLES = 600_000;
const SHORTEST_MEASURED = 300;

const cli = new Command('noise-scale')
  .description('Does the gradient noise scale say which batch size pays?')
  .option('--jobs <names>', 'reference, or none', 'reference')
  .option('--tables <files>', 'tables: file=label column@loss or file=target:column@loss, separated by commas', '')
  .option('--batches <list>', 'batch sizes', (text) => text.split(',').map(wholeFrom(1)), BATCHES)
  .option('--threads <n>', 'worker threads', wholeFrom(1), 1)
  .option('--json', 'NDJSON', false)
  .option('--from <file>', 'results of --json, instead of measuring')
  .option('--svg <file>', 'picture to write')
  .parse()
  .opts<{
    readonly jobs: string;
    readonly tables: string;
    readonly batches: readonly number[];
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
    const result = await measured(job);
    results.push(result);
    if (cli.json) console.log(JSON.stringify(result));
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
  let noise = Number.NaN;
  let power = startOf(cli.batches[0]!);
  for (const batch of cli.batches) {
    const { point, scale, best } = await bestRate(job, batch, power);
    if (point === undefined) continue;
    power = best;
    points.push(point);
    process.stderr.write(
      `${job.name}: batch ${batch}, rate ${point.lr.toPrecision(3)}: ${point.steps} steps, noise scale ${scale.toPrecision(3)}\n`,
    );
    if (Number.isNaN(noise) || point.steps >= SHORTEST_MEASURED) noise = Number.isNaN(noise) ? scale : noise;
  }
  const fitted = fitOf(points, noise);
  const factors = points.map(({ batch, steps }) => Math.abs(Math.log(steps / predicted(fitted, noise, batch))));
  return {
    job: job.name,
    loss: job.loss,
    points,
    noise_scale: noise,
    fewest_steps: fitted,
    worst_factor: Math.exp(Math.max(...factors)),
    fitted_scale: bestScale(points),
  };
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
      trial = await run(job, batch, GRID ** power, most);
      found.set(power, trial);
      most = Math.min(most, trial.steps);
    }
    return trial.steps;
  };
  let best = from;
  await at(best);
  for (const direction of [1, -1]) {
    // Two worse rates in a row end the search: one may be so by chance.
    for (let power = best + direction, worse = 0; worse < 2; power += direction) {
      if ((await at(power)) < (await at(best))) [best, worse] = [power, 0];
      else worse++;
    }
  }
  const { steps, scale } = found.get(best)!;
  return { best, scale, point: Number.isFinite(steps) ? { batch, lr: GRID ** best, steps } : undefined };
}

interface Trial {
  /** Infinity if the loss was not reached. */
  readonly steps: number;
  /** Averaged over the run. */
  readonly scale: number;
}

/** Steps until the mean loss of a window is reached, between the windows linearly. */
async function run({ options, loss: goal }: Job, batchSize: number, lr: number, best: number): Promise<Trial> {
  const window = Math.max(1, Math.round(WINDOW / batchSize));
  const controller = new AbortController();
  const most = Math.min(MOST_LONGER * best, MOST_SAMPLES / batchSize);
  let reached = Number.POSITIVE_INFINITY;
  let before: { at: number; loss: number } | undefined;
  let [weights, scales] = [0, 0];
  try {
    const events = train({ ...options, batchSize, lr, logEvery: window, signal: controller.signal });
    for await (const event of events) {
      if (event.event !== 'step' || controller.signal.aborted) continue;
      // The losses of a window are those before its updates.
      const at = event.step - (window + 1) / 2;
      if (typeof event.noise_scale === 'number') {
        // A step of this batch is worth 1 / (1 + B_noise / B) of a step without noise.
        const weight = 1 / (1 + event.noise_scale / batchSize);
        weights += weight;
        scales += weight * event.noise_scale;
      }
      if (event.loss <= goal) {
        const part = before ? (before.loss - goal) / (before.loss - event.loss) : 1;
        reached = before ? before.at + part * (at - before.at) : at;
      }
      before = { at, loss: event.loss };
      if (event.loss <= goal || event.step > most || !(event.loss < 1e3)) controller.abort();
    }
  } catch {
    // It diverged.
  }
  return { steps: Math.round(10 * Math.max(1, reached)) / 10, scale: scales / weights };
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

function resultsIn(file: string): Result[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Result);
}
