/**
 * What does regularization cost, or save? 784-1024-1024-10 on MNIST without it, and with each kind.
 *
 *   node dist/bench/regularization.js [--threads 2] [--epochs 3] [--rounds 3] [--limit 20000] [--json]
 *
 * Each row is a run in a process of its own, turn by turn, --rounds times. Seconds are an epoch's training, the median of a
 * run's epochs (without the first, which warms up); shown are medians over the rounds. × is against the row above it that has
 * the same activation and without regularization.
 */
import { Command } from 'commander';
import type { TrainOptions } from '../src/config/options.js';
import { wholeFrom } from './support/options.js';
import { median } from './support/statistics.js';
import { type Column, heading, row } from './support/table.js';
import { runTraining } from './support/training.js';

interface Options {
  readonly threads: number;
  readonly epochs: number;
  readonly rounds: number;
  readonly limit: number;
  readonly json: boolean;
}

const options = new Command('regularization')
  .description('What does regularization cost, or save?')
  .option('--threads <n>', 'as of train', wholeFrom(1), 2)
  .option('--epochs <n>', 'epochs a run', wholeFrom(2), 3)
  .option('--rounds <n>', 'runs of each row', wholeFrom(1), 3)
  .option('--limit <n>', 'training samples', wholeFrom(100), 20_000)
  .option('--json', 'NDJSON', false)
  .parse()
  .opts<Options>();

const ROWS: readonly { readonly name: string; readonly given: TrainOptions }[] = [
  { name: 'ReLU', given: {} },
  { name: '  dropout 0.5', given: { dropout: 0.5 } },
  { name: '  dropout 0.5, of inputs 0.2', given: { dropout: 0.5, inputDropout: 0.2 } },
  { name: '  maximum norm 3', given: { maxNorm: 3 } },
  { name: '  L1 penalty', given: { l1: 1e-5 } },
  { name: 'GELU', given: { activation: 'gelu' } },
  { name: '  dropout 0.5', given: { activation: 'gelu', dropout: 0.5 } },
];

/** By row, one a round. */
const seconds: number[][] = ROWS.map(() => []);
for (let round = 0; round < options.rounds; round++) {
  for (const [r, { given }] of ROWS.entries()) {
    const { threads, epochs, limit } = options;
    const run = await runTraining({
      hidden: [1024, 1024],
      lr: 0.05,
      reduction: 'mean',
      threads,
      epochs,
      limit,
      ...given,
    });
    seconds[r]!.push(median(run.epochs.map((epoch) => epoch.seconds)));
  }
}

const columns: Column[] = [
  { title: 'regularization', width: 32 },
  { title: 's/epoch', width: 8 },
  { title: '×', width: 6 },
];
if (!options.json) console.log(heading(columns));
let base: readonly number[] = [];
for (const [r, { name }] of ROWS.entries()) {
  const own = seconds[r]!;
  if (!name.startsWith(' ')) base = own;
  const ratio = median(own.map((each, round) => each / base[round]!));
  if (options.json) console.log(JSON.stringify({ name: name.trim(), seconds: median(own), ratio }));
  else console.log(row(columns, [name, median(own).toFixed(3), ratio.toFixed(2)]));
}
