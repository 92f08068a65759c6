/**
 * What do checkpoints cost a run? The reference's job without any, with one an epoch, and with more.
 *
 *   node dist/bench/checkpoints.js [--threads 2] [--epochs 10] [--rounds 3] [--dir <folder>] [--json]
 *
 * Each row is a run in a process of its own, turn by turn, --rounds times; shown are medians over the rounds, and the spread.
 * Seconds an epoch are of the wall, from the data's being in place to the end, evaluation and the last checkpoint included; ×
 * is against the same round's run without checkpoints. What a disk takes is part of the figure: --dir says on which.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import type { TrainOptions } from '../src/config/options.js';
import { atExit } from './support/exit.js';
import { wholeFrom } from './support/options.js';
import { median, spread } from './support/statistics.js';
import { type Column, heading, row } from './support/table.js';
import { runTraining } from './support/training.js';

interface Options {
  readonly threads: number;
  readonly epochs: number;
  readonly rounds: number;
  readonly dir: string;
  readonly json: boolean;
}

const options = new Command('checkpoints')
  .description('What do checkpoints cost a run?')
  .option('--threads <n>', 'as of train', wholeFrom(1), 2)
  .option('--epochs <n>', 'epochs a run', wholeFrom(1), 10)
  .option('--rounds <n>', 'runs of each row', wholeFrom(1), 3)
  .option('--dir <folder>', 'where checkpoints are written', tmpdir())
  .option('--json', 'NDJSON', false)
  .parse()
  .opts<Options>();

const ROWS: readonly { readonly name: string; readonly every: TrainOptions | undefined }[] = [
  { name: 'none', every: undefined },
  { name: 'an epoch', every: {} },
  { name: '100 steps', every: { checkpointEverySteps: 100 } },
  { name: '10 steps', every: { checkpointEverySteps: 10 } },
];

/** By row, one a round. */
const seconds: number[][] = ROWS.map(() => []);
for (let round = 0; round < options.rounds; round++) {
  for (const [r, { every }] of ROWS.entries()) seconds[r]!.push(await secondsAnEpoch(every));
}
print();

async function secondsAnEpoch(every: TrainOptions | undefined): Promise<number> {
  const { threads, epochs, dir } = options;
  const folder = mkdtempSync(path.join(dir, 'lockstep-checkpoints-'));
  const forget = atExit(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const { loaded, done } = await runTraining({ threads, epochs, ...(every && { checkpointDir: folder, ...every }) });
    return (done.seconds - loaded.seconds) / epochs;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    forget();
  }
}

function print(): void {
  const columns: Column[] = [
    { title: 'a checkpoint every', width: 18 },
    { title: 's/epoch', width: 8 },
    { title: 'spread', width: 16 },
    { title: '×', width: 6 },
  ];
  if (!options.json) console.log(heading(columns));
  for (const [r, { name }] of ROWS.entries()) {
    const own = seconds[r]!;
    const { min, max } = spread(own);
    const ratio = median(own.map((each, round) => each / seconds[0]![round]!));
    if (options.json) {
      const values = { epoch_seconds: median(own), epoch_seconds_min: min, epoch_seconds_max: max, ratio };
      console.log(JSON.stringify({ checkpoint_every: name, threads: options.threads, ...values }));
    } else {
      console.log(
        row(columns, [name, median(own).toFixed(3), `${min.toFixed(3)} to ${max.toFixed(3)}`, ratio.toFixed(3)]),
      );
    }
  }
}
