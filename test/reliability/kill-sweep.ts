/**
 * SIGKILL at random instants of short runs with many checkpoints, and once at each system call of their writing.
 *
 * After each kill every checkpoint in the folder must load, and be to the bit the one that an undisturbed run writes at
 * that step; none may be missing that was announced, unless newer ones have pushed it out; and the run that goes on from
 * there must end in the undisturbed run's weights, with the right checkpoints and nothing else in the folder. Then the same
 * on tables, and with every optimizer, schedule and the rest that a run can be given.
 *
 *   node dist/test/reliability/kill-sweep.js --help
 */
import { Command } from 'commander';
import { type Column, row } from '../../bench/support/table.js';
import { flagsOf } from '../support/flags.js';
import { temporaryFolder } from '../support/idx-files.js';
import { mnistPart } from '../support/mnist-part.js';
import { OPTIMIZER_CASES } from '../support/optimizer-cases.js';
import { tableJobs } from '../support/table-jobs.js';
import { undisturbed } from '../support/undisturbed.js';
import { type Budget, budgetOf } from './support/budget.js';
import { killAtRandom, PHASES } from './support/random-kills.js';
import { problemOfStrace } from './support/strace.js';
import { killAtCalls } from './support/syscall-kills.js';

const options = new Command('kill-sweep')
  .description('Kills short runs, and looks whether anything is lost.')
  .option('--kills <n>', 'at random instants', Number, 300)
  .option('--seed <n>', 'of the instants', Number, 1)
  .option('--at-once <n>', 'runs at once', Number, 2)
  .option('--kills-each <n>', 'at random instants, with each table and each optimizer', Number, 10)
  .option('--no-syscalls', 'not at each system call, which needs strace')
  .option('--seconds <n>', 'begin nothing more after that time', Number)
  .parse()
  .opts<Record<'kills' | 'killsEach' | 'seed' | 'atOnce', number> & { syscalls: boolean; seconds?: number }>();

const COLUMNS: readonly Column[] = [
  { title: '', width: 52 },
  { title: '', width: 8 },
];
const line = (label: string, value: string | number) => console.log(row(COLUMNS, [label, String(value)]));

/** What else a run remembers. */
const EARLY_STOPPING = { validationSplit: 0.2, patience: 4, keepBest: true };

const { seconds } = options;
// Each of the three has its part of the time; what one leaves, the next has too.
const began = performance.now();
const budgetUntil = (part: number) =>
  budgetOf(seconds === undefined ? undefined : Math.max(0, part * seconds - (performance.now() - began) / 1000));

const violations: string[] = [];
if (options.kills > 0) await sweepInstants();
if (options.killsEach > 0) await sweepOptions();
if (options.syscalls) await sweepCalls();
for (const violation of violations) console.log(`VIOLATION: ${violation}`);
console.log(violations.length === 0 ? '\nno violations' : `\n${violations.length} violations`);
process.exitCode = violations.length === 0 ? 0 : 1;

async function sweepInstants(): Promise<void> {
  const { kills, seed, atOnce } = options;
  const budget = budgetUntil(0.4);
  const data = await mnistPart(2000, 100);
  const args = ['--data', data.path, '--hidden', '20', '--batch-size', '20', '--epochs', '4'];
  args.push('--checkpoint-every-steps', '3');
  // As many at once as later, so that they take as long.
  const [expected, ...others] = await Promise.all(Array.from({ length: atOnce }, () => undisturbed(args)));
  const milliseconds = Math.max(expected!.milliseconds, ...others.map((each) => each.milliseconds));
  console.log(`Node ${process.versions.node}, seed ${seed}: train ${args.slice(2).join(' ')}`);
  console.log(
    `undisturbed: ${milliseconds.toFixed(0)} ms, ${expected!.checkpoints.size} checkpoints, ${expected!.sha256}\n`,
  );
  const tally = await killAtRandom({ args, expected: expected!, milliseconds, kills, atOnce, seed, budget });
  data.remove();

  const total = [...tally.kills.values()].reduce((sum, count) => sum + count, 0);
  line('kills at random instants', total);
  for (const phase of PHASES) line(`  ${phase}`, tally.kills.get(phase) ?? 0);
  line('runs that had ended before their instant', tally.tooLate);
  line('temporary files left by kills', tally.temporariesLeft);
  line('  removed by the run that went on', tally.temporariesRemoved);
  line('checkpoints compared', tally.checkpointsChecked);
  for (const [count, chains] of [...tally.chains].sort()) line(`runs that were through after ${count} kills`, chains);
  line('violations', tally.violations.length);
  violations.push(...tally.violations);
}

async function sweepOptions(): Promise<void> {
  const budget = budgetUntil(0.7);
  const data = await mnistPart(1000, 100);
  const base = { hidden: [20], batchSize: 50, epochs: 4, checkpointEverySteps: 3 };
  const cases = { ...OPTIMIZER_CASES, 'early stopping, the best kept': { momentum: 0.9, ...EARLY_STOPPING } };
  // (The rates are a small network's, of few samples a step.)
  const ofImages = Object.entries(cases).map(([name, given]) => {
    const lr = 'optimizer' in given ? 0.01 : 0.001;
    return [name, { data: data.path, ...base, ...given, lr, reduction: 'sum' }] as const;
  });
  const tables = temporaryFolder();
  const ofTables = Object.entries(tableJobs(tables.write)).map(
    ([name, job]) => [name, { ...base, batchSize: 16, ...job }] as const,
  );
  console.log(`\nwith other data and options: train ${flagsOf(base).join(' ')}`);
  for (const [name, given] of [...ofTables, ...ofImages]) {
    if (budget.isOver()) budget.skip();
    else await sweepCase(name, flagsOf(given), budget);
  }
  budget.tell();
  data.remove();
  tables.remove();
}

async function sweepCase(name: string, args: readonly string[], budget: Budget): Promise<void> {
  const { killsEach, seed, atOnce } = options;
  const expected = await undisturbed(args);
  const { milliseconds } = expected;
  const tally = await killAtRandom({ args, expected, milliseconds, kills: killsEach, atOnce, seed, budget });
  const total = [...tally.kills.values()].reduce((sum, count) => sum + count, 0);
  line(`  ${name}`, `${total} kills, ${tally.checkpointsChecked} checkpoints compared`);
  violations.push(...tally.violations.map((violation) => `${name}: ${violation}`));
}

async function sweepCalls(): Promise<void> {
  const budget = budgetUntil(1);
  const problem = problemOfStrace();
  if (problem !== undefined) {
    violations.push(`system calls: ${problem}`);
    return;
  }
  const data = await mnistPart(300, 50);
  // Three steps an epoch: six checkpoints.
  const args = ['--data', data.path, '--hidden', '10', '--batch-size', '100', '--epochs', '2', '--threads', '2'];
  args.push('--checkpoint-every-steps', '1');
  const expected = await undisturbed(args);
  const { begun, resumed } = await killAtCalls({ args, expected, keep: 2, atOnce: options.atOnce, budget });
  budget.tell();
  data.remove();
  for (const [what, tally] of Object.entries({ 'run that begins': begun, 'run that goes on': resumed })) {
    const total = [...tally.kills.values()].reduce((sum, count) => sum + count, 0);
    console.log('');
    line(`kills of a ${what}, at each of its system calls`, total);
    for (const [kind, count] of tally.kills) line(`  ${kind}`, count);
    line('temporary files found after the kills', tally.temporariesLeft);
    line('violations', tally.violations.length);
    violations.push(...tally.violations);
  }
}
