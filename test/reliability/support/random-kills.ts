/** Runs that are killed at random instants, some of them again and again, and gone on with until they are through. */
import path from 'node:path';
import { Random } from '../../../src/model/random.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { trainCommand } from '../../support/paths.js';
import { type Ended, finishOf, spawnQuiet } from '../../support/run-command.js';
import {
  announcedIn,
  endOf,
  eventsOf,
  namesIn,
  problemsIn,
  temporariesIn,
  type Undisturbed,
} from '../../support/undisturbed.js';
import type { Budget } from './budget.js';
import { ALL, inParallel, isThere, newestIn, problemsOfEnd, problemsOfStart } from './runs.js';

/** How far a run had come when it was killed, by what was to be seen of it. */
export const PHASES = [
  'before its first line',
  'before its first checkpoint',
  'while one was written (a temporary file was left)',
  'when one had its name and was not yet announced',
  'between two checkpoints',
  'after its last line',
] as const;
export type Phase = (typeof PHASES)[number];

export interface Tally {
  readonly kills: Map<Phase, number>;
  /** Runs that went to their end, after that many kills. */
  readonly chains: Map<number, number>;
  /** Runs that had ended before their instant came. */
  tooLate: number;
  temporariesLeft: number;
  temporariesRemoved: number;
  checkpointsChecked: number;
  readonly violations: string[];
}

export interface RandomKills {
  /** Of the runs, without threads and checkpoints' folder. */
  readonly args: readonly string[];
  readonly expected: Undisturbed;
  /** What a run takes that is not killed. */
  readonly milliseconds: number;
  readonly kills: number;
  readonly atOnce: number;
  readonly seed: number;
  readonly budget: Budget;
}

export async function killAtRandom({ kills, atOnce, budget, ...sweep }: RandomKills): Promise<Tally> {
  const tally: Tally = {
    kills: new Map(),
    chains: new Map(),
    tooLate: 0,
    temporariesLeft: 0,
    temporariesRemoved: 0,
    checkpointsChecked: 0,
    violations: [],
  };
  const done = () => [...tally.kills.values()].reduce((sum, count) => sum + count, 0);
  const chains = function* () {
    for (let chain = 0; done() < kills && !budget.isOver(); chain++) yield chain;
  };
  await inParallel(chains(), atOnce, (chain) => runChain(chain, sweep, tally));
  return tally;
}

type Sweep = Omit<RandomKills, 'kills' | 'atOnce' | 'budget'>;

async function runChain(chain: number, { args, expected, milliseconds, seed }: Sweep, tally: Tally): Promise<void> {
  const random = new Random(seed, chain);
  const keep = random.below(2) === 0 ? ALL : 3;
  // One kill in half of the chains, up to four in the others.
  const most = random.below(2) === 0 ? 1 : 2 + random.below(3);
  const folder = temporaryFolder();
  const announced = new Set<string>();
  let kills = 0;
  for (;;) {
    const before = { newest: await newestIn(folder.path, expected), temporaries: await temporariesIn(folder.path) };
    const threads = String(kills === 0 ? 2 : 1 + random.below(3));
    const own = ['--threads', threads, '--checkpoint-dir', folder.path, '--keep', String(keep)];
    const instant = kills < most ? random.fraction() * milliseconds : undefined;
    const run = await runUntil(instant, [...args, ...own, ...(kills > 0 ? ['--resume'] : [])]);

    for (const name of announcedIn(run.stdout)) announced.add(name);
    const isKilled = run.signal === 'SIGKILL';
    const problems = kills > 0 ? problemsOfStart(run.stdout, before.newest) : [];
    if (isKilled) problems.push(...(await problemsIn(folder.path, expected, announced, keep)));
    else problems.push(...(await problemsOfEnd(run, folder.path, expected, announced, keep)));
    for (const name of before.temporaries) {
      const isLeft = await isThere(path.join(folder.path, name));
      // A run that has begun has removed what the one before left.
      if (isLeft && eventsOf(run.stdout).length > 0) problems.push(`${name} was not removed`);
      if (!isLeft) tally.temporariesRemoved++;
    }
    const where = `chain ${chain}, after ${kills} kills, killed at ${instant?.toFixed(1) ?? '-'} ms`;
    tally.violations.push(...problems.map((problem) => `${where}: ${problem}`));
    const names = await namesIn(folder.path);
    tally.checkpointsChecked += names.filter((name) => name.endsWith('.safetensors')).length;
    if (!isKilled) {
      if (instant !== undefined) tally.tooLate++;
      break;
    }
    kills++;
    const fresh = (await temporariesIn(folder.path)).filter((name) => !before.temporaries.includes(name));
    tally.temporariesLeft += fresh.length;
    const phase = phaseOf(run, fresh.length > 0, names, announced);
    tally.kills.set(phase, (tally.kills.get(phase) ?? 0) + 1);
  }
  tally.chains.set(kills, (tally.chains.get(kills) ?? 0) + 1);
  folder.remove();
}

/** @param instant  when it is killed, in milliseconds from its start; undefined: never */
async function runUntil(instant: number | undefined, args: readonly string[]): Promise<Ended> {
  const child = spawnQuiet(process.execPath, [trainCommand, ...args]);
  const timer = instant === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), instant);
  try {
    return await finishOf(child);
  } finally {
    clearTimeout(timer);
  }
}

function phaseOf({ stdout }: Ended, isWriting: boolean, names: readonly string[], announced: Set<string>): Phase {
  if (isWriting) return PHASES[2];
  if (endOf(stdout)) return PHASES[5];
  if (eventsOf(stdout).length === 0) return PHASES[0];
  if (names.some((name) => name.endsWith('.safetensors') && !announced.has(name))) return PHASES[3];
  return announcedIn(stdout).length === 0 ? PHASES[1] : PHASES[4];
}
