/**
 * ENOSPC, EACCES and EIO at each system call of a checkpoint's writing, and of a model's: strace makes it fail.
 *
 * The run must go on to its end and its weights, say which file failed and why, keep the older checkpoints, write the
 * later ones, and leave nothing half written; with --checkpoint-required, or where --save fails, it ends with status 1
 * and one line.
 *
 *   node dist/test/reliability/faulty-disk.js --help
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { type Column, heading, row } from '../../bench/support/table.js';
import { temporaryFolder } from '../support/idx-files.js';
import { mnistPart } from '../support/mnist-part.js';
import { olderModel } from '../support/older-model.js';
import { undisturbed } from '../support/undisturbed.js';
import { budgetOf } from './support/budget.js';
import {
  argsOf,
  ERRORS,
  failForEver,
  failOnce,
  failRequired,
  failSave,
  type Job,
  SAVED,
} from './support/disk-faults.js';
import { inParallel } from './support/runs.js';
import { type Call, kindOf, problemOfStrace, recordCalls } from './support/strace.js';

const { atOnce, seconds } = new Command('faulty-disk')
  .description('Makes each system call fail that writes a checkpoint, and looks whether anything else is lost.')
  .option('--at-once <n>', 'runs at once', Number, 2)
  .option('--seconds <n>', 'begin nothing more after that time', Number)
  .parse()
  .opts<{ atOnce: number; seconds?: number }>();

const COLUMNS: readonly Column[] = [
  { title: '', width: 44 },
  ...ERRORS.map((title) => ({ title, width: 8 })),
  { title: 'violations', width: 10 },
];
const OLD = olderModel().toString('latin1');

const problem = problemOfStrace();
if (problem === undefined) {
  const violations = await main();
  for (const violation of violations) console.log(`VIOLATION: ${violation}`);
  console.log(violations.length === 0 ? '\nno violations' : `\n${violations.length} violations`);
  process.exitCode = violations.length === 0 ? 0 : 1;
} else {
  console.error(`faulty-disk: ${problem}`);
  process.exitCode = 1;
}

async function main(): Promise<string[]> {
  const data = await mnistPart(300, 50);
  const scratch = temporaryFolder();
  try {
    // Three steps an epoch: six checkpoints.
    const args = ['--data', data.path, '--hidden', '10', '--epochs', '2', '--threads', '2'];
    const job = { args, expected: await undisturbed([...args, '--checkpoint-every-steps', '1']), keep: 2 };
    return await sweep(job, scratch.path);
  } finally {
    scratch.remove();
    data.remove();
  }
}

async function sweep(job: Job, scratch: string): Promise<string[]> {
  const log = path.join(scratch, 'log');
  const newFolder = (name: string, old?: string) => {
    const folder = path.join(scratch, name);
    mkdirSync(folder);
    if (old !== undefined) writeFileSync(path.join(folder, SAVED), old, 'latin1');
    return folder;
  };
  const names = [...job.expected.checkpoints.keys()];
  const recorded = newFolder('recorded');
  const calls = writingOf(await recordCalls(argsOf(job, recorded), { folder: recorded, names }, log));
  const saving = newFolder('saving', OLD);
  const saveArgs = [...job.args, '--save', path.join(saving, SAVED)];
  const saveCalls = writingOf(await recordCalls(saveArgs, { folder: saving, names: [SAVED] }, log));
  // Of each kind one: the fourth checkpoint's, or for the folder's and the old ones' what comes with it.
  const kinds = [
    ...new Map(
      calls.filter(({ name }) => name === names[3] || name === names[1]).map((call) => [kindOf(call), call]),
    ).values(),
  ];

  const budget = budgetOf(seconds);
  console.log(heading(COLUMNS));
  const violations: string[] = [];
  let count = 0;
  const table = async (title: string, which: readonly Call[], act: typeof failOnce, old?: string) => {
    const rows = new Map<string, { runs: number; violations: number }>();
    const cases = ERRORS.flatMap((error) => which.map((call) => ({ error, call })));
    await inParallel(cases, atOnce, async ({ error, call }) => {
      if (budget.isOver()) {
        budget.skip();
        return;
      }
      const problems = await act(call, error, newFolder(`run-${count++}`, old), job);
      const entry = rows.get(kindOf(call)) ?? { runs: 0, violations: 0 };
      rows.set(kindOf(call), { runs: entry.runs + 1, violations: entry.violations + problems.length });
      const where = `${title}: ${error} at ${call.syscall} ${call.nth} (${call.on}, ${call.name})`;
      violations.push(...problems.map((each) => `${where}: ${each}`));
    });
    console.log(`${title}: ${cases.length} runs`);
    for (const [kind, { runs, violations }] of rows) {
      const each = String(runs / ERRORS.length);
      console.log(row(COLUMNS, [`  ${kind}`, ...ERRORS.map(() => each), String(violations)]));
    }
  };
  await table('one call fails', calls, failOnce);
  await table('all of its kind fail from there on', kinds, failForEver);
  await table('--checkpoint-required', kinds, failRequired);
  await table('--save', saveCalls, (call, error, folder) => failSave(call, error, folder, job, OLD), OLD);
  budget.tell();
  return violations;
}

/** Without those of the start, which looks what is in the folder. */
function writingOf(calls: readonly Call[]): Call[] {
  const first = calls.findIndex(({ on, syscall }) => on === 'temporary file' && syscall.startsWith('open'));
  return calls.slice(first);
}
