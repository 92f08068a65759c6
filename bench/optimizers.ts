/**
 * What does an optimizer, or a change of the samples, cost? The reference's job with plain SGD, and with each of the options that do
 * more.
 *
 *   node dist/bench/optimizers.js [--threads 2] [--epochs 4] [--rounds 3] [--only average,shift] [--json]
 *
 * Each row is a run in a process of its own, turn by turn, --rounds times. Seconds are an epoch's training, the median of a
 * run's epochs (without the first, which warms up); shown are medians over the rounds, and the spread; × is against the same
 * round's plain SGD.
 */
import { Command } from 'commander';
import type { TrainOptions } from '../src/config/options.js';
import { wholeFrom } from './support/options.js';
import { median, spread } from './support/statistics.js';
import { type Column, heading, row } from './support/table.js';
import { runTraining } from './support/training.js';

interface Options {
  readonly threads: number;
  readonly epochs: number;
  readonly rounds: number;
  /** Names of rows of the table, or parts of names; undefined: all. */
  readonly only: readonly string[] | undefined;
  readonly json: boolean;
}

const options = new Command('optimizers')
  .description('What does an optimizer cost?')
  .option('--threads <n>', 'as of train', wholeFrom(1), 2)
  .option('--epochs <n>', 'epochs a run', wholeFrom(2), 4)
  .option('--rounds <n>', 'runs of each row', wholeFrom(1), 3)
  .option('--only <names>', 'only rows whose names contain one of these texts', (text) => text.split(','))
  .option('--json', 'NDJSON', false)
  .parse()
  .opts<Options>();

/** With rates that train: what they are costs nothing. */
const ALL: readonly { readonly name: string; readonly given: TrainOptions }[] = [
  { name: 'plain SGD', given: {} },
  { name: 'cosine schedule, warm-up', given: { schedule: 'cosine', warmupSteps: 600 } },
  { name: 'weight decay', given: { weightDecay: 0.001 } },
  { name: 'momentum', given: { lr: 0.0001, momentum: 0.9 } },
  { name: 'Nesterov, weight decay', given: { lr: 0.0001, momentum: 0.9, nesterov: true, weightDecay: 0.001 } },
  { name: 'Adam', given: { optimizer: 'adam', reduction: 'mean' } },
  { name: 'clipping', given: { clipNorm: 100 } },
  { name: 'noise scale', given: { noiseScale: true } },
  { name: 'AdamW', given: { optimizer: 'adamw', reduction: 'mean', weightDecay: 0.01 } },
  { name: 'RMSprop', given: { optimizer: 'rmsprop', reduction: 'mean' } },
  {
    name: 'RMSprop, centered, momentum',
    given: { optimizer: 'rmsprop', reduction: 'mean', centered: true, momentum: 0.9 },
  },
  { name: 'maximum norm', given: { maxNorm: 3 } },
  { name: 'L1 penalty', given: { l1: 1e-6 } },
  { name: 'moving average', given: { ema: 0.99 } },
  { name: 'Adam, moving average', given: { optimizer: 'adam', reduction: 'mean', ema: 0.99 } },
  { name: 'Lion', given: { optimizer: 'lion', reduction: 'mean' } },
  { name: 'Adam, clipping', given: { optimizer: 'adam', reduction: 'mean', clipNorm: 1 } },
  { name: 'shift', given: { shift: 2 } },
  { name: 'shift, flip', given: { shift: 2, flip: true } },
  { name: 'rotate', given: { rotate: 10 } },
  { name: 'noise on inputs', given: { inputNoise: 0.1 } },
  { name: 'validation split of a tenth', given: { validationSplit: 0.1, patience: 1000, keepBest: true } },
];

const isWanted = (name: string) => options.only?.some((each) => name.includes(each)) ?? true;
/** Plain SGD first. */
const ROWS = ALL.filter(({ name }, r) => r === 0 || isWanted(name));

interface Result {
  readonly seconds: number;
  /** After the run's epochs, to see that it trained. */
  readonly loss: number;
}

/** By row, one a round. */
const results: Result[][] = ROWS.map(() => []);
for (let round = 0; round < options.rounds; round++) {
  for (const [r, { given }] of ROWS.entries()) {
    const { epochs } = await runTraining({ threads: options.threads, epochs: options.epochs, ...given });
    const seconds = median(epochs.map((epoch) => epoch.seconds));
    results[r]!.push({ seconds, loss: epochs.at(-1)!.train_loss! });
  }
}
print();

function print(): void {
  const columns: Column[] = [
    { title: 'optimizer', width: 28 },
    { title: 's/epoch', width: 8 },
    { title: 'spread', width: 16 },
    { title: '×', width: 6 },
    { title: 'loss', width: 8 },
  ];
  if (!options.json) console.log(heading(columns));
  for (const [r, { name }] of ROWS.entries()) {
    const own = results[r]!.map(({ seconds }) => seconds);
    const { loss } = results[r]![0]!;
    const { min, max } = spread(own);
    const ratio = median(own.map((each, round) => each / results[0]![round]!.seconds));
    if (options.json) {
      const values = { epoch_seconds: median(own), epoch_seconds_min: min, epoch_seconds_max: max, ratio };
      console.log(JSON.stringify({ optimizer: name, threads: options.threads, ...values, train_loss: loss }));
    } else {
      const cells = [median(own).toFixed(3), `${min.toFixed(3)} to ${max.toFixed(3)}`, ratio.toFixed(3)];
      console.log(row(columns, [name, ...cells, loss.toFixed(5)]));
    }
  }
}
