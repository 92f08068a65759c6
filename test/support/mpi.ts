/** Ranks of an MPI job, for tests: what is installed, and how it is started. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { temporaryFolder } from './idx-files.js';
import { type Child, type Ended, finishOf, spawnQuiet } from './run-command.js';

/** Why no ranks can be started here, or undefined if they can. */
export const noOpenMpi = reasonAgainst(['mpirun.openmpi', 'mpirun'], 'Open MPI');
export const noMpich = reasonAgainst(['mpirun.mpich', 'mpiexec.hydra'], 'MPICH|HYDRA');

/** The end of a test's name. */
export function ifSkipped(why: string | undefined): string {
  return why === undefined ? '' : ` (skipped: ${why})`;
}

/**
 * More ranks than processors are no reason to refuse, nor is being root; none is to be bound to one of them, and one that waits
 * for another is to leave it the processor.
 */
const OPEN_MPI_ENVIRONMENT = {
  OMPI_ALLOW_RUN_AS_ROOT: '1',
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
  OMPI_MCA_rmaps_base_oversubscribe: '1',
  OMPI_MCA_hwloc_base_binding_policy: 'none',
  OMPI_MCA_mpi_yield_when_idle: '1',
};

/** Of some ranks: what Node gets. */
export interface Part {
  readonly ranks: number;
  readonly args: readonly string[];
}

/** Starts ranks that run Node, parts with other arguments perhaps. */
export function spawnRanks(parts: readonly Part[], environment: Readonly<Record<string, string>> = {}): Child {
  const args = parts.flatMap(({ ranks, args: its }, i) => [
    ...(i > 0 ? [':'] : []),
    ...['-np', `${ranks}`, process.execPath],
    ...its,
  ]);
  // A folder of its own: all jobs of a user share one otherwise, which each makes and removes.
  const { path: sessions } = temporaryFolder();
  const child = spawnQuiet(launcher(['mpirun.openmpi', 'mpirun'], 'Open MPI')!, args, {
    ...OPEN_MPI_ENVIRONMENT,
    OMPI_MCA_orte_tmpdir_base: sessions,
    ...environment,
  });
  child.on('close', () => rmSync(sessions, { recursive: true, force: true, maxRetries: 3 }));
  return child;
}

export async function runRanks(parts: readonly Part[], environment?: Readonly<Record<string, string>>): Promise<Ended> {
  return await finishOf(spawnRanks(parts, environment));
}

/** The same of MPICH. */
export async function runMpichRanks(ranks: number, args: readonly string[]): Promise<Ended> {
  const mpirun = launcher(['mpirun.mpich', 'mpiexec.hydra'], 'MPICH|HYDRA')!;
  return await finishOf(spawnQuiet(mpirun, ['-np', `${ranks}`, process.execPath, ...args]));
}

function reasonAgainst(launchers: readonly string[], name: string): string | undefined {
  if (launcher(launchers, name) === undefined) return `${name.split('|')[0]} is not installed`;
  try {
    createRequire(import.meta.url)('koffi');
  } catch {
    return 'the package koffi is not installed';
  }
  return undefined;
}

function launcher(names: readonly string[], version: string): string | undefined {
  return names.find((name) => {
    const { status, stdout } = spawnSync(name, ['--version'], { encoding: 'utf8' });
    return status === 0 && new RegExp(version).test(stdout);
  });
}
