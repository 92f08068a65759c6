/**
 * A million random and damaged tables: CSV, NDJSON and JSON documents. Nine tenths go through the reader, which must find the rows
 * that slow and obvious parsers find; one tenth through training, evaluation and prediction, which must use or report
 * each row. None may end in another error than the house's, or in no end.
 *
 *   node dist/test/reliability/tables.js [--cases 1000000] [--from 0] [--seed 1] [--seconds 60]
 *
 * Each case is reproduced by its seed and number. Ends with status 1 if one of them is wrong.
 */
import { Command } from 'commander';
import { type Models, modelsOfMixed } from '../support/fuzz-mixed.js';
import type { FuzzTask } from '../support/fuzz-tensors.js';
import { temporaryFolder } from '../support/idx-files.js';
import { Tally } from '../support/judge.js';
import { report } from '../support/report.js';
import { watched } from '../support/watched.js';
import { budgetOf } from './support/budget.js';

const { cases, from, seed, seconds } = new Command('tables')
  .description('Damaged tables; each must be read as it stands, or refused as it should.')
  .option('--cases <n>', 'tables in all', Number, 1_000_000)
  .option('--from <n>', 'number of the first', Number, 0)
  .option('--seed <n>', 'of the damage', Number, 1)
  .option('--seconds <n>', 'begin nothing more after that time', Number)
  .parse()
  .opts<{ cases: number; from: number; seed: number; seconds?: number }>();

/** About six seconds' worth. */
const CASES_A_ROUND = 5000;
/** With more, one of them is as good as the others. */
const MOST_WRONG = 10;
const module = (name: string) => new URL(`../support/${name}.js`, import.meta.url).href;

const folder = temporaryFolder();
const all = new Map<string, Tally>();
const wrong = () => [...all.values()].reduce((sum, { violations }) => sum + violations.length, 0);
const budget = budgetOf(seconds);
let next = from;
try {
  const models = await modelsOfMixed(folder);
  for (; next < from + cases && !budget.isOver() && wrong() < MOST_WRONG; next += CASES_A_ROUND) {
    const to = Math.min(from + cases, next + CASES_A_ROUND);
    const middle = next + Math.floor(0.9 * (to - next));
    await run('fuzz-tables', 'fuzzTables', { seed, from: next, to: middle });
    await run('fuzz-mixed', 'fuzzMixed', { models, seed, from: middle, to });
  }
} finally {
  folder.remove();
}
console.log(`seed ${seed}, cases ${from} to ${Math.min(from + cases, next) - 1}`);
if (!report([...all.values()])) process.exitCode = 1;

async function run(file: string, name: string, task: FuzzTask & { models?: Models }): Promise<void> {
  for (const tally of await watched<Promise<Tally[]>>(module(file), name, task)) {
    const sum = all.get(tally.kind) ?? new Tally(tally.kind);
    all.set(tally.kind, sum);
    sum.cases += tally.cases;
    sum.refused += tally.refused;
    sum.seconds += tally.seconds;
    sum.violations.push(...tally.violations);
  }
}
