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
import { Tally } from '../support/judge.js';
import { report } from '../support/report.js';
import { tinyRun, tinyTableRuns } from '../support/tiny-run.js';
import { budgetOf } from './support/budget.js';

const { cases, runs, seed, seconds } = new Command('fuzz')
  .description('Mutated data, checkpoints and options; each must be taken, or refused as it should.')
  .option('--cases <n>', 'inputs in all', Number, 100_000)
  .option('--runs <n>', 'odd checkpoints that are resumed besides', Number, 200)
  .option('--seed <n>', 'of the mutations', Number, 1)
  .option('--seconds <n>', 'begin nothing more after that time', Number)
  .parse()
  .opts<{ cases: number; runs: number; seed: number; seconds?: number }>();

const CASES_A_ROUND = 5000;
const all = [await tinyRun(), ...(await tinyTableRuns())];
try {
  if (!report(await fuzzInRounds())) process.exitCode = 1;
} finally {
  for (const { remove } of all) remove();
}

/** In rounds, each with a seed of its own, until all is tried or the time is over. */
async function fuzzInRounds(): Promise<Tally[]> {
  if (seconds === undefined) return await fuzz(all, cases, runs, seed);
  const budget = budgetOf(seconds);
  const rounds = Math.ceil(cases / CASES_A_ROUND);
  const sums = new Map<string, Tally>();
  for (let round = 0; round < rounds && !budget.isOver(); round++) {
    for (const tally of await fuzz(all, CASES_A_ROUND, Math.ceil(runs / rounds), seed + round)) {
      const sum = sums.get(tally.kind) ?? new Tally(tally.kind);
      sums.set(tally.kind, sum);
      sum.cases += tally.cases;
      sum.refused += tally.refused;
      sum.seconds += tally.seconds;
      sum.violations.push(...tally.violations.map((violation) => `seed ${seed + round}, ${violation}`));
    }
  }
  return [...sums.values()];
}
