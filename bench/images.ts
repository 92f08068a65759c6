/**
 * How good is `--recipe image`, on the test set or, to choose options, on validation samples?
 *
 *   node dist/bench/images.js [--jobs mnist,shifts,fashion] [--seeds 5] [--at-once 2] [--results FILE] [--json]
 *   node dist/bench/images.js --jobs mnist --validation --seeds 2 -- '{"hidden": [512, 512], "epochs": 20}'
 *
 * Each run is a process of its own. The test set is evaluated once, after the last epoch. With --validation, 10,000 training
 * samples, which are the same for all seeds, are held out, and only their figures are reported. The options after `--`, as
 * JSON, are added to those of each job. Results are appended to --results; jobs whose results are there are not
 * measured again.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import type { TrainOptions } from '../src/config/options.js';
import { namesOf, wholeFrom } from './support/options.js';
import { spread } from './support/statistics.js';
import { type Column, heading, row } from './support/table.js';
import { runTraining } from './support/training.js';

const JOBS = {
  mnist: {},
  shifts: { shift: 2, rotate: 12, zoom: 0.12, dropout: 0.1, inputDropout: 0 },
  fashion: {
    ...{ data: 'fashion-mnist', shift: 1, flip: true },
    ...{ activation: 'gelu', epochs: 100, dropout: 0.15, inputDropout: 0 },
  },
} as const satisfies Readonly<Record<string, TrainOptions>>;
type JobName = keyof typeof JOBS;
const JOB_NAMES = Object.keys(JOBS) as JobName[];

interface Result {
  readonly job: JobName;
  readonly options: TrainOptions;
  readonly error: number;
  readonly loss: number;
  readonly seconds: number;
}

const program = new Command('images')
  .description('How good is --recipe image?')
  .argument('[options]', 'further options of train, as JSON', asOptions, {})
  .option('--jobs <names>', JOB_NAMES.join(', '), namesOf(JOB_NAMES), JOB_NAMES)
  .option('--seeds <n>', 'runs with the seeds 1, 2, …', wholeFrom(1), 5)
  .option('--at-once <n>', 'runs at the same time, with one thread each', wholeFrom(1), availableParallelism())
  .option('--validation', 'hold out 10,000 training samples and report their figures', false)
  .option('--results <file>', 'NDJSON file with the results so far')
  .option('--json', 'NDJSON', false)
  .parse();
const given = program.opts<{
  readonly jobs: readonly JobName[];
  readonly seeds: number;
  readonly atOnce: number;
  readonly validation: boolean;
  readonly results?: string;
  readonly json: boolean;
}>();
const more = program.processedArgs[0] as TrainOptions;

const known = given.results && existsSync(given.results) ? readFileSync(given.results, 'utf8').trim().split('\n') : [];
const results = known.filter((line) => line !== '').map((line) => JSON.parse(line) as Result);
const runs = given.jobs.flatMap((job) => Array.from({ length: given.seeds }, (_, s) => runOf(job, s + 1)));
const waiting = runs.filter((run) => resultOf(run) === undefined);
await Promise.all(Array.from({ length: given.atOnce }, workThrough));
report();

interface Run {
  readonly job: JobName;
  readonly options: TrainOptions;
}

function runOf(job: JobName, seed: number): Run {
  const held: TrainOptions = given.validation ? { validationSplit: 1 / 6, splitSeed: 1 } : {};
  return { job, options: { recipe: 'image', testAt: 'end', ...JOBS[job], ...more, ...held, seed } };
}

function resultOf({ job, options }: Run): Result | undefined {
  const wanted = JSON.stringify([job, options]);
  return results.find((each) => JSON.stringify([each.job, each.options]) === wanted);
}

async function workThrough(): Promise<void> {
  for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) {
    const { epochs, done } = await runTraining({ ...run.options, threads: 1 });
    const last = epochs.at(-1)!;
    const [error, loss] = given.validation
      ? [last.validation_error, last.validation_loss]
      : [last.test_error, last.test_loss];
    const result: Result = { ...run, error: error!, loss: loss!, seconds: done.seconds };
    results.push(result);
    if (given.results) appendFileSync(given.results, `${JSON.stringify(result)}\n`);
  }
}

function report(): void {
  const columns: Column[] = [
    { title: given.validation ? 'validation error, %' : 'test error, %', width: 20 },
    ...['mean', 'deviation', 'least', 'most', 'loss', 'seconds'].map((title) => ({ title, width: 9 })),
  ];
  if (!given.json) console.log(heading(columns));
  for (const job of given.jobs) {
    const own = runs.filter((run) => run.job === job).map((run) => resultOf(run)!);
    const errors = own.map(({ error }) => 100 * error);
    const figures = {
      ...{ mean: mean(errors), deviation: deviation(errors), ...spread(errors) },
      ...{ loss: mean(own.map(({ loss }) => loss)), seconds: mean(own.map(({ seconds }) => seconds)) },
    };
    if (given.json) console.log(JSON.stringify({ job, ...figures, errors }));
    else {
      const { loss, seconds, ...inPercent } = figures;
      const cells = Object.values(inPercent).map((value) => value.toFixed(2));
      console.log(row(columns, [job, ...cells, loss.toFixed(4), seconds.toFixed(0)]));
    }
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample standard deviation; NaN for one value. */
function deviation(values: readonly number[]): number {
  const center = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1));
}

function asOptions(text: string): TrainOptions {
  try {
    return JSON.parse(text) as TrainOptions;
  } catch {
    throw new InvalidArgumentError('Expected a JSON object.');
  }
}
