/**
 * What does --audit cost a run? The reference job without it and with it, in turns.
 *
 *   node dist/bench/audit-cost.js [--threads 2] [--epochs 6] [--pairs 10]
 *
 * × is the median time of an epoch with an audit as a multiple of the one without, by pair of runs; every other pair in the opposite
 * order. The first epoch of each run does not count.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { train } from '../src/run/train.js';
import { wholeFrom } from './support/options.js';
import { median, spread } from './support/statistics.js';
import { type Column, heading, row } from './support/table.js';

const { threads, epochs, pairs } = new Command('audit-cost')
  .description('What does --audit cost a run?')
  .option('--threads <n>', 'as of train', wholeFrom(1), 2)
  .option('--epochs <n>', 'epochs a run', wholeFrom(2), 6)
  .option('--pairs <n>', 'pairs of runs', wholeFrom(1), 10)
  .parse()
  .opts<{ readonly threads: number; readonly epochs: number; readonly pairs: number }>();

const columns: Column[] = [
  { title: 'pair', width: 8 },
  { title: 'without, s/epoch', width: 16 },
  { title: 'with, s/epoch', width: 16 },
  { title: '×', width: 7 },
];
console.log(heading(columns));
await secondsOf(false);
const ratios: number[] = [];
for (let pair = 1; pair <= pairs; pair++) {
  const seconds = new Map<boolean, number>();
  for (const audit of pair % 2 === 0 ? [true, false] : [false, true]) seconds.set(audit, await secondsOf(audit));
  const [without, with_] = [seconds.get(false)!, seconds.get(true)!];
  ratios.push(with_ / without);
  console.log(row(columns, [String(pair), without.toFixed(4), with_.toFixed(4), (with_ / without).toFixed(4)]));
}
const { min, max } = spread(ratios);
console.log(`median × ${median(ratios).toFixed(4)}, from ${min.toFixed(4)} to ${max.toFixed(4)}`);

const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-'));
try {
  const [without, with_] = [await secondsToEnd(false), await secondsToEnd(path.join(folder, 'audit.ndjson'))];
  console.log(`at the end of the run, to rank the samples and write the file: ${(with_ - without).toFixed(2)} s`);
} finally {
  rmSync(folder, { recursive: true });
}

/** From the last epoch's event to the end. */
async function secondsToEnd(audit: string | false): Promise<number> {
  let began = 0;
  for await (const event of train({ epochs: 2, threads, audit }))
    if (event.event === 'epoch') began = performance.now();
  return (performance.now() - began) / 1000;
}

/** The median epoch's. */
async function secondsOf(audit: boolean): Promise<number> {
  const all: number[] = [];
  for await (const event of train({ epochs, threads, audit })) {
    if (event.event === 'epoch' && event.epoch > 1) all.push(event.seconds);
  }
  return median(all);
}
