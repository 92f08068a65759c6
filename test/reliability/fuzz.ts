/**
 * A hundred thousand mutated inputs: each is taken, or refused in one line; none ends in another error, or in no end.
 *
 *   node dist/test/reliability/fuzz.js [--cases 100000] [--runs 200] [--seed 1]
 *
 * "Refused" is what becomes of most. What is taken is held to its promises: a data set fits together, a checkpoint is the
 * same when it is written again, and a sample of odd ones is resumed.
 */
import { Command } from 'commander';
import { fuzz } from '../support/fuzz.js';
import { report } from '../support/report.js';
import { tinyRun } from '../support/tiny-run.js';

const { cases, runs, seed } = new Command('fuzz')
  .description('Mutated data, checkpoints and options; each must be taken, or refused as it should.')
  .option('--cases <n>', 'inputs in all', Number, 100_000)
  .option('--runs <n>', 'odd checkpoints that are resumed besides', Number, 200)
  .option('--seed <n>', 'of the mutations', Number, 1)
  .parse()
  .opts<{ cases: number; runs: number; seed: number }>();

const run = await tinyRun();
try {
  if (!report(await fuzz(run, cases, runs, seed))) process.exitCode = 1;
} finally {
  run.remove();
}
