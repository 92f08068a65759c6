/**
 * Does the cost grow as the work does? Time and memory against width, batch, density, depth and number of samples.
 *
 *   node dist/bench/growth.js [--sweep width,batch,density,depth,samples] [--large] [--threads 1] [--rounds 3]
 *                             [--epochs 3] [--json]
 *
 * Data are synthetic, seeded, written as IDX files into a temporary folder (up to 784 MB with --large), which is removed
 * at the end. Each row is a run of `train` in a process of its own; its first epoch warms up, and its figure is the median of the
 * others. A sweep's rows run turn by turn, --rounds times; shown are medians, and the spread of the time a sample.
 *
 *   µs a sample   training alone
 *   ps a madd     the same, by multiply-adds done: nonzero inputs x outputs, zeros not counted. Where this stays the same, cost
 *                 grows as the work does; × is against the sweep's least
 *   MB, bytes     the shared memory, together and by sample; and the most that the process had resident
 *   load          from the process's start until its threads begin
 *
 * Rates are small and gradients are means, so that losses stay finite whatever the batch; no time depends on that.
 */
import { Command } from 'commander';
import { activationNeeds, DEFAULT_ACTIVATION } from '../src/kernels/activations.js';
import { chooseKernel } from '../src/kernels/builds.js';
import { bytesNeeded } from '../src/memory/layout.js';
import { PLAIN } from '../src/memory/plan.js';
import type { StartEvent } from '../src/metrics/events.js';
import { INPUTS, type Job, multiplyAdds, type Row, SWEEP_NAMES, SWEEPS, type SweepName } from './growth/sweeps.js';
import { wholeFrom } from './support/options.js';
import { median, spread } from './support/statistics.js';
import { type Folder, noRoomFor, writeSynthetic } from './support/synthetic.js';
import { type Column, heading, row } from './support/table.js';
import { runTraining, type Training } from './support/training.js';

interface Options {
  readonly sweep: string;
  readonly large: boolean;
  readonly threads: number;
  readonly rounds: number;
  readonly epochs: number;
  readonly json: boolean;
}

const RATE = 0.01;

const options = new Command('growth')
  .option('--sweep <list>', `of ${SWEEP_NAMES.join(', ')}`, SWEEP_NAMES.join(','))
  .option('--large', 'also 300,000 and 1,000,000 samples: minutes and gigabytes', false)
  .option('--threads <n>', 'as of train', wholeFrom(1), 1)
  .option('--rounds <n>', 'runs of each row', wholeFrom(1), 3)
  .option('--epochs <n>', 'epochs a run, the first of which warms up', wholeFrom(2), 3)
  .option('--json', 'NDJSON', false)
  .parse()
  .opts<Options>();

const sweeps = options.sweep.split(',') as SweepName[];
const unknown = sweeps.find((sweep) => !SWEEP_NAMES.includes(sweep));
if (unknown !== undefined) throw new Error(`--sweep: found ${unknown}, expected some of ${SWEEP_NAMES.join(', ')}`);
const { threads } = options;

if (!options.json) {
  const kernel = chooseKernel('auto').name;
  console.log(`Node ${process.versions.node}, kernel ${kernel}, ${threads} thread${threads === 1 ? '' : 's'}`);
}
for (const sweep of sweeps) await measure(sweep);

async function measure(sweep: SweepName): Promise<void> {
  const rows = SWEEPS[sweep].filter(({ isLarge }) => options.large || !isLarge);
  const runs = new Map<Row, Training[]>(rows.map((each) => [each, []]));
  const missing = new Map<Row, string>();
  for (let round = 0; round < options.rounds; round++) {
    for (const each of rows) {
      const shape = { samples: each.job.samples, inputs: INPUTS, density: each.job.density };
      const noRoom = noRoomFor(shape);
      if (noRoom !== undefined) {
        missing.set(each, noRoom);
        continue;
      }
      // Written anew for each row: at most one data set lies on the disk.
      const folder = await writeSynthetic(shape);
      try {
        runs.get(each)!.push(await run(each.job, folder));
      } finally {
        folder.remove();
      }
    }
  }
  reportSweep(sweep, rows, runs, missing);
}

async function run({ hidden, batchSize }: Job, folder: Folder): Promise<Training> {
  const { epochs } = options;
  return await runTraining({ data: folder.path, threads, hidden, batchSize, epochs, lr: RATE, reduction: 'mean' });
}

function reportSweep(
  sweep: SweepName,
  rows: readonly Row[],
  runs: ReadonlyMap<Row, readonly Training[]>,
  missing: ReadonlyMap<Row, string>,
): void {
  const columns: readonly Column[] = [
    { title: sweep, width: 10 },
    ...['µs a sample', 'min', 'max', 'ps a madd', '×', 'MB shared', 'bytes a sample', 'MB resident', 'load s'].map(
      (title) => ({ title, width: Math.max(7, title.length) }),
    ),
  ];
  if (!options.json) console.log(`\n${heading(columns)}`);
  const measured = rows.flatMap((each) => {
    const own = runs.get(each)!;
    return own.length === 0 ? [] : [{ ...each, ...figuresOf(each.job, own) }];
  });
  const least = Math.min(...measured.map(({ picoseconds }) => picoseconds));
  for (const { label, job, seconds, picoseconds, shared, resident, loaded } of measured) {
    const { min, max } = spread(seconds);
    const bytes = shared / job.samples;
    report(
      {
        sweep,
        value: label,
        ...{ samples: job.samples, density: job.density, hidden: job.hidden, batch_size: job.batchSize, threads },
        seconds_per_sample: median(seconds),
        seconds_per_sample_min: min,
        seconds_per_sample_max: max,
        picoseconds_per_multiply_add: picoseconds,
        times_least: picoseconds / least,
        shared_bytes: shared,
        shared_bytes_per_sample: bytes,
        resident_bytes: resident,
        load_seconds: loaded,
      },
      row(columns, [
        label,
        ...[median(seconds), min, max].map((value) => (value * 1e6).toFixed(1)),
        picoseconds.toFixed(1),
        (picoseconds / least).toFixed(2),
        (shared / 1e6).toFixed(0),
        bytes.toFixed(0),
        (resident / 1e6).toFixed(0),
        loaded.toFixed(2),
      ]),
    );
  }
  for (const [{ label }, why] of missing) report({ sweep, value: label, missing: why }, `${label}: left out: ${why}`);
}

function figuresOf(job: Job, runs: readonly Training[]) {
  const seconds = runs.map(({ epochs }) => median(epochs.map((epoch) => epoch.seconds)) / job.samples);
  const { start } = runs[0]!;
  const work = multiplyAdds(job, start.dataset.density! * start.dataset.inputs);
  return {
    seconds,
    picoseconds: (median(seconds) / work) * 1e12,
    shared: sharedBytes(start),
    resident: median(runs.map(({ done }) => done.max_resident_bytes)),
    loaded: median(runs.map(({ loaded }) => loaded.seconds)),
  };
}

/** Of the run's one shared memory. */
function sharedBytes({ dataset, model, config, kernel }: StartEvent): number {
  const { needs, denseFrom } = chooseKernel(kernel);
  const isDense = dataset.density! >= denseFrom;
  const inputs = dataset.train * dataset.inputs;
  return bytesNeeded({
    layers: model.layers,
    trainSamples: dataset.train,
    testSamples: dataset.test,
    storedInputs: isDense ? inputs : Math.round(dataset.density! * inputs),
    inputForm: isDense ? 'dense' : 'sparse',
    batchSize: config.batch_size,
    threads: config.threads,
    ...PLAIN,
    gradientBuffers: config.strategy === 'dense' ? config.threads : 0,
    ...needs,
    ...activationNeeds(DEFAULT_ACTIVATION),
  });
}

function report(figures: object, text: string): void {
  console.log(options.json ? JSON.stringify(figures) : text);
}
