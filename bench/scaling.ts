/**
 * How does training scale with threads, and what keeps it from scaling?
 *
 *   node dist/bench/scaling.js [--threads 1,2,4] [--rounds 5] [--epochs 4] [--parts strong,weak,independent]
 *                              [--data mnist] [--limit n] [--json]
 *
 * A round runs each point once, turn by turn, each in a process of its own. A run's first epoch warms up; its figure is the
 * median of the others. Shown are medians over the rounds, and the spread.
 *
 *   strong       batch 100 for all threads together, strategy sliced against dense
 *   weak         batch 100 a thread, with the rate divided by the threads, since gradients are summed
 *   independent  one run of T threads against T runs of one thread at once, all on the same T cores, those each on a
 *                core of its own: the ratio of their throughputs. To lose nothing is 1; the target is 0.95.
 *
 * Speed-up is against the same strategy on one thread, round by round; efficiency is speed-up / threads. Shares are of
 * the threads' time (see `phase_fractions` in src/metrics/events.ts). From the strong points with a core a thread the model
 * of scaling/model.ts is fitted, round by round; its predictions stand beside the measurement.
 *
 * `node dist/bench/scaling.js --json > docs/figures/scaling.ndjson && node dist/scripts/figures.js` redraws the picture.
 */
import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { chooseKernel } from '../src/kernels/builds.js';
import type { StartEvent } from '../src/metrics/events.js';
import type { Strategy } from '../src/optim/optimizer.js';
import { type Coefficients, fitScaling, type Job, type Point, predictScaling, totalSeconds } from './scaling/model.js';
import { allowedCores, canPin } from './support/cores.js';
import { threadCounts, wholeFrom } from './support/options.js';
import { median, spread } from './support/statistics.js';
import { type Column, heading, percent, row } from './support/table.js';
import { runTraining, type Training } from './support/training.js';

const PARTS = ['strong', 'weak', 'independent'] as const;
type Part = (typeof PARTS)[number];

/** Threads a core each, for which the model is asked. */
const PREDICTED = [8, 16, 32, 64];
const BATCH = 100;
const RATE = 0.001;
const INDEPENDENT_TARGET = 0.95;

interface Options {
  readonly threads?: readonly number[];
  readonly rounds: number;
  readonly epochs: number;
  readonly parts: string;
  readonly data: string;
  readonly limit?: number;
  readonly json: boolean;
}

interface Setting {
  readonly strategy: Strategy;
  readonly threads: number;
  readonly batch: number;
}

const cores = availableParallelism();

const options = new Command('scaling')
  .option('--threads <list>', 'numbers of threads (default: 1, 2, 4, … up to twice the cores)', threadCounts)
  .option('--rounds <n>', 'runs of each point', wholeFrom(1), 5)
  .option('--epochs <n>', 'epochs a run, the first of which warms up', wholeFrom(2), 4)
  .option('--parts <list>', 'of strong, weak, independent', PARTS.join(','))
  .option('--data <source>', 'as of train', 'mnist')
  .option('--limit <n>', 'as of train: for a short trial', wholeFrom(1))
  .option('--json', 'NDJSON', false)
  .parse()
  .opts<Options>();

const parts = options.parts.split(',') as Part[];
const unknown = parts.find((part) => !PARTS.includes(part));
if (unknown !== undefined) throw new Error(`--parts: found ${unknown}, expected some of ${PARTS.join(', ')}`);
// Everything is compared with one thread.
const teams = [...new Set([1, ...(options.threads ?? powersOfTwo(2 * cores))])];
const strategies: readonly Strategy[] = ['sliced', 'dense'];
const strong = settings(parts.includes('strong'), () => BATCH);
const weak = settings(parts.includes('weak'), (threads) => BATCH * threads);

// One thread's point belongs to both.
const points = new Map([...strong, ...weak].map((setting) => [keyOf(setting), setting]));
const runs = new Map<string, Training[]>([...points.keys()].map((key) => [key, []]));
/** By threads: the ratios of throughput. */
const independent = new Map<number, number[]>(
  teams.filter((threads) => threads > 1 && threads <= cores).map((threads) => [threads, []]),
);

const { rounds } = options;
print(
  `${cores} core${cores === 1 ? '' : 's'}, Node ${process.versions.node}, kernel ${chooseKernel('auto').name}, ` +
    `${options.data}, ${rounds} rounds`,
);
for (let round = 0; round < rounds; round++) {
  for (const [key, setting] of points) runs.get(key)!.push(await run(setting));
  if (parts.includes('independent')) {
    for (const [threads, ratios] of independent) ratios.push(await compareIndependent(threads));
  }
}

if (strong.length > 0) {
  reportPoints('strong', `batch ${BATCH}`, strong);
  reportModel();
}
if (weak.length > 0) reportPoints('weak', `batch ${BATCH} a thread`, weak);
if (parts.includes('independent')) reportIndependent();

function settingOf(strategy: Strategy, threads: number, batch = BATCH): Setting {
  return { strategy, threads, batch };
}

function settings(wanted: boolean, batchOf: (threads: number) => number): readonly Setting[] {
  if (!wanted) return [];
  return strategies.flatMap((strategy) => teams.map((threads) => settingOf(strategy, threads, batchOf(threads))));
}

function keyOf({ strategy, threads, batch }: Setting): string {
  return `${strategy} ${threads} ${batch}`;
}

/** @param on  cores to keep it to */
async function run({ strategy, threads, batch }: Setting, on?: readonly number[]): Promise<Training> {
  return await runTraining(
    {
      strategy,
      threads,
      batchSize: batch,
      lr: (RATE * BATCH) / batch,
      epochs: options.epochs,
      data: options.data,
      limit: options.limit,
    },
    on,
  );
}

/** Throughput of one run of T threads as a fraction of that of T runs of one thread. */
async function compareIndependent(threads: number): Promise<number> {
  const own = allowedCores().slice(0, threads);
  const together = await run(settingOf('sliced', threads), own);
  const apart = await Promise.all(own.map((core) => run(settingOf('sliced', 1), [core])));
  return 1 / epochSeconds(together) / apart.reduce((sum, each) => sum + 1 / epochSeconds(each), 0);
}

function epochSeconds({ epochs }: Training): number {
  return median(epochs.map(({ seconds }) => seconds));
}

/** Seconds by phase of a run, as the model has them. */
function pointOf(training: Training, threads: number): Point {
  const seconds = epochSeconds(training);
  const of = (phase: 'forward' | 'gradients' | 'update' | 'wait') =>
    seconds * median(training.epochs.map(({ phase_fractions }) => phase_fractions[phase]));
  return { threads, forward: of('forward'), gradients: of('gradients'), update: of('update'), wait: of('wait') };
}

function reportPoints(part: Part, title: string, ofPart: readonly Setting[]): void {
  const columns: readonly Column[] = [
    { title: `${part}: ${title}`, width: 26 },
    ...['s an epoch', 'min', 'max', 'speed-up', 'efficiency', 'forward', 'gradients', 'update', 'waiting'].map(
      (name) => ({ title: name, width: Math.max(7, name.length) }),
    ),
  ];
  print(`\n${heading(columns)}`);
  for (const setting of ofPart) {
    const { strategy, threads, batch } = setting;
    const own = runs.get(keyOf(setting))!;
    const seconds = own.map(epochSeconds);
    const single = runs.get(keyOf(settingOf(strategy, 1)))!.map(epochSeconds);
    const speedUp = median(seconds.map((time, round) => single[round]! / time));
    const share = (phase: 'forward' | 'gradients' | 'update' | 'wait') =>
      median(own.map((training) => median(training.epochs.map(({ phase_fractions }) => phase_fractions[phase]))));
    const shares = [share('forward'), share('gradients'), share('update'), share('wait')] as const;
    const { min, max } = spread(seconds);
    const { node, kernel, dataset } = own[0]!.start;
    report(
      {
        part,
        strategy,
        threads,
        batch_size: batch,
        cores,
        seconds: median(seconds),
        seconds_min: min,
        seconds_max: max,
        speed_up: speedUp,
        efficiency: speedUp / threads,
        forward_fraction: shares[0],
        gradients_fraction: shares[1],
        update_fraction: shares[2],
        wait_fraction: shares[3],
        node,
        kernel,
        data: dataset.name,
      },
      row(columns, [
        `${strategy}, ${threads} thread${threads === 1 ? '' : 's'}`,
        ...[median(seconds), min, max].map((value) => value.toFixed(3)),
        speedUp.toFixed(2),
        (speedUp / threads).toFixed(2),
        ...shares.map(percent),
      ]),
    );
  }
}

function reportModel(): void {
  const fitted = strong.filter(({ strategy, threads }) => strategy === 'sliced' && threads <= cores);
  const job = jobOf(runs.get(keyOf(fitted[0]!))![0]!.start);
  const measured = (round: number) =>
    fitted.map((setting) => pointOf(runs.get(keyOf(setting))![round]!, setting.threads));
  const fits = Array.from({ length: rounds }, (_, round) => fitScaling(job, measured(round)));
  const middle = (of: (fit: Coefficients) => number) => median(fits.map(of));
  const coefficients = {
    forward_seconds: middle(({ forward }) => forward),
    gradients_seconds: middle(({ gradients }) => gradients),
    update_seconds: middle(({ update }) => update),
    transfer_seconds_per_byte: middle(({ transfer }) => transfer),
    barrier_seconds_per_doubling: middle(({ barrier }) => barrier),
  };
  const fittedThreads = fitted.map(({ threads }) => threads);
  report(
    { part: 'model', strategy: 'sliced', fitted_threads: fittedThreads, ...coefficients },
    `\nmodel of sliced, a core a thread, fitted on ${nameOf(fittedThreads)}: one thread ` +
      `${coefficients.forward_seconds.toFixed(3)} + ${coefficients.gradients_seconds.toFixed(3)} + ` +
      `${coefficients.update_seconds.toFixed(3)} s, ${(coefficients.transfer_seconds_per_byte * 1e9).toFixed(3)} ns a byte from ` +
      `another core, ${(coefficients.barrier_seconds_per_doubling * 1e9).toFixed(0)} ns a meeting and doubling of the workers`,
  );

  const columns: readonly Column[] = [
    { title: 'threads = cores', width: 26 },
    ...['measured', 'model s', 'min', 'max', 'speed-up', 'waiting'].map((title) => ({ title, width: 8 })),
  ];
  print(heading(columns));
  for (const threads of [...new Set([...fittedThreads, ...PREDICTED])].sort((a, b) => a - b)) {
    const predicted = fits.map((fit) => predictScaling(job, fit, threads));
    const seconds = predicted.map(totalSeconds);
    const { min, max } = spread(seconds);
    const single = fits.map((fit) => totalSeconds(predictScaling(job, fit, 1)));
    const speedUp = median(seconds.map((time, round) => single[round]! / time));
    const waiting = median(predicted.map((phases) => phases.wait / totalSeconds(phases)));
    const own = fittedThreads.includes(threads)
      ? median(runs.get(keyOf(settingOf('sliced', threads)))!.map(epochSeconds))
      : undefined;
    report(
      {
        part: 'prediction',
        strategy: 'sliced',
        threads,
        seconds: median(seconds),
        seconds_min: min,
        seconds_max: max,
        speed_up: speedUp,
        wait_fraction: waiting,
        ...(own !== undefined && { measured_seconds: own }),
      },
      row(columns, [
        `${threads}`,
        own?.toFixed(3) ?? '',
        ...[median(seconds), min, max].map((value) => value.toFixed(3)),
        speedUp.toFixed(2),
        percent(waiting),
      ]),
    );
  }
}

function jobOf({ dataset, model, kernel }: StartEvent): Job {
  return {
    samples: dataset.train,
    batchSize: BATCH,
    layers: model.layers,
    nonzeros: dataset.density! * dataset.inputs,
    ...chooseKernel(kernel).needs,
  };
}

function reportIndependent(): void {
  const where = canPin() ? 'each on a core of its own' : 'not pinned: there is no taskset here';
  print(`\nindependent: T threads against T runs of one thread at once, ${where}`);
  if (independent.size === 0) print('left out: it needs two cores');
  for (const [threads, ratios] of independent) {
    const { min, max } = spread(ratios);
    report(
      {
        part: 'independent',
        strategy: 'sliced',
        threads,
        pinned: canPin(),
        throughput_ratio: median(ratios),
        throughput_ratio_min: min,
        throughput_ratio_max: max,
        target: INDEPENDENT_TARGET,
      },
      `${threads} threads: ${median(ratios).toFixed(3)} of the throughput (${min.toFixed(3)} to ${max.toFixed(3)}; ` +
        `target ${INDEPENDENT_TARGET})`,
    );
  }
}

/** One thread says nothing of what threads cost each other. */
function nameOf(threads: readonly number[]): string {
  return threads.length > 1 ? `${threads.join(', ')} threads` : '1 thread alone (transfer and barrier taken to be 0)';
}

function powersOfTwo(most: number): number[] {
  const powers = [];
  for (let power = 1; power <= most; power *= 2) powers.push(power);
  return powers;
}

/** Text between the figures. */
function print(text: string): void {
  if (!options.json) console.log(text);
}

function report(figures: object, text: string): void {
  console.log(options.json ? JSON.stringify(figures) : text);
}
