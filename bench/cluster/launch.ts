/** Starts ranks for the benchmark: on this machine, or each in a network namespace (namespaces.sh). */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { EpochEvent, TrainEvent } from '../../src/metrics/events.js';
import { median } from '../support/statistics.js';

const TRAIN = fileURLToPath(new URL('../../bundle/train.js', import.meta.url));
const COLLECTIVES = fileURLToPath(new URL('collectives.js', import.meta.url));
const NAMESPACES = fileURLToPath(new URL('../../../bench/cluster/namespaces.sh', import.meta.url));

/** Where ranks run. */
export interface Place {
  readonly ranks: number;
  /** Of each link, as tc has it: 1gbit. Undefined: on this machine, through its shared memory. */
  readonly rate?: string;
}

export interface Measured {
  readonly seconds: number;
  readonly exchangeFraction: number;
  readonly loss: number;
}

/** The medians of a run's epochs, without the first, which warms up. @param place  undefined: without MPI */
export function measureTraining(args: readonly string[], place?: Place): Measured {
  const command = [process.execPath, TRAIN, '--format', 'ndjson', ...args];
  const stdout = place ? launch(place, [...command, '--mpi']) : run(command);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TrainEvent);
  const epochs = events.filter((event): event is EpochEvent => event.event === 'epoch');
  const counted = epochs.length > 1 ? epochs.slice(1) : epochs;
  return {
    seconds: median(counted.map(({ seconds }) => seconds)),
    exchangeFraction: median(counted.map(({ phase_fractions }) => phase_fractions.exchange ?? 0)),
    loss: epochs.at(-1)!.train_loss!,
  };
}

export interface Collectives {
  readonly ranks: number;
  readonly mpi: string;
  readonly allreduce: readonly { readonly bytes: number; readonly seconds: number }[];
}

export function measureCollectives(place: Place, rounds: number): Collectives {
  return JSON.parse(launch(place, [process.execPath, COLLECTIVES, `${rounds}`])) as Collectives;
}

function launch({ ranks, rate }: Place, command: readonly string[]): string {
  if (rate !== undefined) return run([NAMESPACES, `${ranks}`, rate, '0', ...command]);
  return run(['mpirun', '--allow-run-as-root', '--oversubscribe', '--bind-to', 'none', '-np', `${ranks}`, ...command]);
}

/** @throws Error with what it wrote to stderr, if it fails */
function run([program, ...args]: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program!, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (error) throw error;
  if (status !== 0) throw new Error(stderr.trim() || `${program} ended with status ${status}`);
  return stdout;
}
