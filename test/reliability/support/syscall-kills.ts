/** A run that is killed once at each of the system calls that it makes in its folder for checkpoints. */
import { cpSync, lstatSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Folder, temporaryFolder } from '../../support/idx-files.js';
import { runTrain } from '../../support/run-command.js';
import { announcedIn, namesIn, problemsIn, temporariesIn, type Undisturbed } from '../../support/undisturbed.js';
import type { Budget } from './budget.js';
import { inParallel, newestIn, problemsOfEnd, problemsOfStart } from './runs.js';
import { type Call, kindOf, recordCalls, runTraced } from './strace.js';

export interface SyscallTally {
  readonly kills: Map<string, number>;
  temporariesLeft: number;
  readonly violations: string[];
}

export interface SyscallKills {
  /** Of the runs, without a folder for checkpoints. */
  readonly args: readonly string[];
  readonly expected: Undisturbed;
  readonly keep: number;
  readonly atOnce: number;
  readonly budget: Budget;
}

/** Kills a run that begins, then one that goes on from another which was killed while it wrote. */
export async function killAtCalls(
  sweep: SyscallKills,
): Promise<{ readonly begun: SyscallTally; readonly resumed: SyscallTally }> {
  const scratch = temporaryFolder();
  try {
    const empty = path.join(scratch.path, 'empty');
    mkdirSync(empty);
    const begun = await killAtEach(empty, sweep, scratch);

    // Half of the checkpoints written, and one of them half.
    const killed = path.join(scratch.path, 'killed');
    mkdirSync(killed);
    const names = [...sweep.expected.checkpoints.keys()];
    const nth = Math.ceil(names.length / 2) * 2;
    // Each checkpoint flushes its file, then its folder.
    await runTraced(
      argsOf(sweep, killed),
      { folder: killed, names },
      { injections: [`fsync:signal=KILL:when=${nth - 1}`] },
    );
    if ((await temporariesIn(killed)).length !== 1)
      throw new Error('the run that is gone on from left no temporary file');
    const resumed = await killAtEach(killed, sweep, scratch);
    return { begun, resumed };
  } finally {
    scratch.remove();
  }
}

/** @param from  the folder that each run finds */
async function killAtEach(from: string, sweep: SyscallKills, scratch: Folder): Promise<SyscallTally> {
  const { expected, keep, atOnce, budget } = sweep;
  const tally: SyscallTally = { kills: new Map(), temporariesLeft: 0, violations: [] };
  const names = [...expected.checkpoints.keys()];
  const isResumed = (await namesIn(from)).length > 0;
  const fresh = (label: string) => {
    const folder = path.join(scratch.path, `${path.basename(from)}-${label}`);
    cpSync(from, folder, { recursive: true, filter: isNoSocket });
    return folder;
  };
  const recorded = fresh('recorded');
  const log = path.join(scratch.path, 'log');
  const calls = await recordCalls(argsOf(sweep, recorded, isResumed), { folder: recorded, names }, log);

  await inParallel(calls.entries(), atOnce, async ([i, call]: [number, Call]) => {
    if (budget.isOver()) {
      budget.skip();
      return;
    }
    const folder = fresh(String(i));
    const injections = [`${call.syscall}:signal=KILL:when=${call.nth}`];
    const run = await runTraced(argsOf(sweep, folder, isResumed), { folder, names }, { injections });
    const announced = announcedIn(run.stdout);
    const problems = await problemsIn(folder, expected, announced, keep);
    if (run.signal !== 'SIGKILL') problems.push(`it was not killed: ${run.status} ${run.stderr.trim()}`);
    tally.temporariesLeft += (await temporariesIn(folder)).length;

    const newest = await newestIn(folder, expected);
    const resumed = await runTrain(argsOf(sweep, folder, true));
    announced.push(...announcedIn(resumed.stdout));
    problems.push(...problemsOfStart(resumed.stdout, newest));
    problems.push(...(await problemsOfEnd(resumed, folder, expected, announced, keep)));
    const kind = kindOf(call);
    tally.kills.set(kind, (tally.kills.get(kind) ?? 0) + 1);
    tally.violations.push(...problems.map((problem) => `at ${call.syscall} ${call.nth} (${kind}): ${problem}`));
  });
  return tally;
}

function argsOf({ args, keep }: SyscallKills, folder: string, isResumed = false): string[] {
  return [...args, '--checkpoint-dir', folder, '--keep', String(keep), ...(isResumed ? ['--resume'] : [])];
}

/** (The lock of the run that was killed, which Node does not copy.) */
function isNoSocket(file: string): boolean {
  return !lstatSync(file).isSocket();
}
