/** What must be true of a run one of whose system calls on its files fails. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { WarningEvent } from '../../../src/metrics/events.js';
import { type Finished, runTrain } from '../../support/run-command.js';
import {
  announcedIn,
  endOf,
  eventsOf,
  namesIn,
  problemsIn,
  temporariesIn,
  type Undisturbed,
} from '../../support/undisturbed.js';
import { type Call, runTraced } from './strace.js';

export const ERRORS = ['ENOSPC', 'EACCES', 'EIO'] as const;

export interface Job {
  /** Without a folder for checkpoints. */
  readonly args: readonly string[];
  readonly expected: Undisturbed;
  readonly keep: number;
}

const injection = ({ syscall, nth }: Call, error: string, after = '') =>
  `${syscall}:error=${error}:when=${nth}${after}`;

/** One call fails: that costs one checkpoint, or leaves an old one, and is said. */
export async function failOnce(call: Call, error: string, folder: string, job: Job): Promise<string[]> {
  const names = [...job.expected.checkpoints.keys()];
  const run = await runTraced(argsOf(job, folder), { folder, names }, { injections: [injection(call, error)] });
  const problems = [...problemsOfSuccess(run, job), ...(await problemsOfFolder(run, folder, job))];
  const warnings = warningsOf(run);
  const announced = announcedIn(run.stdout);
  // Whether the name is a link, or somebody's file: where that cannot be told it is not written, unless it does not matter.
  if (!call.isLookUp || warnings.length > 0) {
    const code = isPruning(call) ? 'checkpoint_not_removed' : 'checkpoint_failed';
    const [warning] = warnings;
    const isRight = warnings.length === 1 && warning!.code === code;
    if (!isRight)
      problems.push(`warnings: ${warnings.map((each) => each.code).join() || 'none'}, expected one ${code}`);
    else if (!warning!.message.includes(path.join(folder, call.name!)) || !warning!.message.includes(error)) {
      problems.push(`the warning does not name ${call.name} and ${error}: ${warning!.message}`);
    }
    const written = names.filter((name) => code === 'checkpoint_not_removed' || name !== call.name);
    if (announced.join() !== written.join()) problems.push(`announced are ${announced.join(' ')}`);
  }
  return problems;
}

/** From that call on all of its kind fail: the run goes on, the older checkpoints stay, and one can go on from them. */
export async function failForEver(call: Call, error: string, folder: string, job: Job): Promise<string[]> {
  const { expected, keep } = job;
  const names = [...expected.checkpoints.keys()];
  // A full disk that cannot even be cleared up: what was begun can only be removed by the run that goes on.
  const injections = [injection(call, error, '+'), ...(call.syscall === 'unlink' ? [] : [`unlink:error=${error}`])];
  const run = await runTraced(argsOf(job, folder), { folder, names }, { injections });
  const problems = problemsOfSuccess(run, job);
  const announced = announcedIn(run.stdout);
  problems.push(...(await problemsIn(folder, expected, announced, keep)));
  if (warningsOf(run).length === 0 && !call.isLookUp) problems.push('it does not warn');

  const resumed = await runTrain([...argsOf(job, folder), '--resume']);
  problems.push(...problemsOfSuccess(resumed, job));
  announced.push(...announcedIn(resumed.stdout));
  problems.push(...(await problemsIn(folder, expected, announced, keep)));
  for (const name of await temporariesIn(folder)) problems.push(`${name} is left by the run that went on`);
  return problems;
}

/** With --checkpoint-required a call that fails ends the run, unless it is one that removes an old checkpoint. */
export async function failRequired(call: Call, error: string, folder: string, job: Job): Promise<string[]> {
  const names = [...job.expected.checkpoints.keys()];
  const args = [...argsOf(job, folder), '--checkpoint-required'];
  const run = await runTraced(args, { folder, names }, { injections: [injection(call, error)] });
  if ((call.isLookUp && run.status === 0) || isPruning(call)) return problemsOfSuccess(run, job);
  const problems = problemsOfFailure(run, [path.join(folder, call.name!), error]);
  problems.push(...(await problemsIn(folder, job.expected, announcedIn(run.stdout), job.keep, true)));
  for (const name of await temporariesIn(folder)) problems.push(`${name} is left`);
  const resumed = await runTrain([...argsOf(job, folder), '--resume']);
  problems.push(...problemsOfSuccess(resumed, job));
  return problems;
}

/** --save fails: the older file is as it was, unless only the folder could not be flushed. */
export async function failSave(call: Call, error: string, folder: string, job: Job, old: string): Promise<string[]> {
  const file = path.join(folder, SAVED);
  const run = await runTraced(
    [...job.args, '--save', file],
    { folder, names: [SAVED] },
    { injections: [injection(call, error)] },
  );
  const content = readFileSync(file, 'latin1');
  const isNew = content.includes(job.expected.sha256);
  if (call.isLookUp && run.status === 0) return [...problemsOfSuccess(run, job), ...(isNew ? [] : ['it is not saved'])];
  // Whether the file can be written is tried before any work: then nothing has begun.
  if (run.stdout === '') {
    const isRefused = run.status === 1 && /^train: --save .* cannot be written \(.*\).*\n$/.test(run.stderr);
    return [
      ...(isRefused ? [] : [`it says: ${run.stderr.trim()}`]),
      ...(content === old ? [] : [`${SAVED} is not as it was`]),
    ];
  }
  const { saved = file } = endOf(run.stdout) ?? {};
  if (saved !== file) {
    // What is there could not be looked at.
    const isBeside = readFileSync(saved, 'latin1').includes(job.expected.sha256);
    const isSaid = run.status === 1 && run.stderr.includes(`not replaced (it exists and cannot be read`);
    return [
      ...(isBeside && isSaid && run.stderr.includes(saved) ? [] : [`it says: ${run.stderr.trim()}`]),
      ...(content === old ? [] : [`${SAVED} is not as it was`]),
    ];
  }
  const problems = problemsOfFailure(run, [file, error]);
  const isRight = call.on === 'folder' && !call.isLookUp ? isNew : content === old;
  if (!isRight) problems.push(`${SAVED} is not what it must be`);
  if (endOf(run.stdout)?.weights_sha256 !== job.expected.sha256)
    problems.push('the end event has other weights, or none');
  for (const name of await temporariesIn(folder)) problems.push(`${name} is left`);
  return problems;
}

export const SAVED = 'model.safetensors';

export function argsOf({ args, keep }: Job, folder: string): string[] {
  return [...args, '--checkpoint-every-steps', '1', '--checkpoint-dir', folder, '--keep', String(keep)];
}

function problemsOfSuccess({ status, stdout, stderr }: Finished, { expected }: Job): string[] {
  const problems: string[] = [];
  if (status !== 0 || stderr !== '') problems.push(`it ended with ${status}: ${stderr.trim()}`);
  if (endOf(stdout)?.weights_sha256 !== expected.sha256) problems.push('its weights are others');
  return problems;
}

function problemsOfFailure({ status, stdout, stderr }: Finished, says: readonly string[]): string[] {
  const problems: string[] = [];
  if (status !== 1) problems.push(`it ended with ${status}`);
  const isLine =
    /^train: .* could not be written \(.*\).*\n$/.test(stderr) && says.every((each) => stderr.includes(each));
  if (!isLine) problems.push(`it says: ${stderr.trim()}`);
  if (endOf(stdout)?.status !== 'failed') problems.push(`its end is ${endOf(stdout)?.status}`);
  return problems;
}

/** The checkpoints are right, those before and after the failure too, and nothing half written is left. */
async function problemsOfFolder({ stdout }: Finished, folder: string, { expected, keep }: Job): Promise<string[]> {
  const problems = await problemsIn(folder, expected, announcedIn(stdout), keep);
  for (const name of await temporariesIn(folder)) problems.push(`${name} is left`);
  const names = await namesIn(folder);
  // One more where it could not be removed, or has failed to be flushed as the last.
  if (names.length > keep + 1) problems.push(`the folder holds ${names.join(' ')}`);
  return problems;
}

function warningsOf({ stdout }: Finished): WarningEvent[] {
  return eventsOf(stdout).filter((event): event is WarningEvent => event.event === 'warning');
}

/** It removes an old checkpoint, or reads its header before that: the new ones go through temporary files. */
function isPruning(call: Call): boolean {
  return call.syscall.startsWith('unlink') || (call.on === 'file' && !call.isLookUp);
}
