/** Which launcher started this process, and as one of how many: what its environment tells. */

export type Environment = Readonly<Record<string, string | undefined>>;

/** Hydra is MPICH's launcher, and that of its relatives (Intel MPI, MVAPICH). */
export type Launcher = 'Open MPI' | 'Hydra' | 'Slurm' | 'PMIx';

export interface Launch {
  readonly launcher: Launcher;
  /** How many processes it started; where it tells only a process's number (PMIx), at least so many. */
  readonly processes: number;
}

/** For messages. */
const NAMES: Readonly<Record<Launcher, string>> = {
  'Open MPI': "Open MPI's mpirun",
  Hydra: "MPICH's mpirun (Hydra)",
  Slurm: 'srun',
  PMIx: 'a launcher that uses PMIx',
};

/**
 * The variable that each launcher sets to the number of processes it started. A launcher may have been started by the ones
 * below it (Open MPI and Hydra start their daemons with srun), so the first one that is set is the innermost.
 *
 * Slurm sets SLURM_NTASKS and SLURM_PROCID for a batch script too, which runs once whatever the number of tasks.
 * SLURM_STEP_NUM_TASKS is set only in a step, that is by srun.
 */
const SIZE_VARIABLES: readonly (readonly [Launcher, string])[] = [
  ['Open MPI', 'OMPI_COMM_WORLD_SIZE'],
  ['Hydra', 'PMI_SIZE'],
  ['Slurm', 'SLURM_STEP_NUM_TASKS'],
];

/** Set by other launchers that use PMIx: the process's number, from 0. PMIx has no variable for the size. */
const PMIX_RANK = 'PMIX_RANK';

/** Undefined if no launcher that is known here started this process. */
export function launchOf(environment: Environment): Launch | undefined {
  for (const [launcher, variable] of SIZE_VARIABLES) {
    const processes = wholeNumber(environment[variable]);
    if (processes !== undefined) return { launcher, processes };
  }
  const rank = wholeNumber(environment[PMIX_RANK]);
  return rank === undefined ? undefined : { launcher: 'PMIx', processes: rank + 1 };
}

/** `srun started 4 processes` */
export function launchText({ launcher, processes }: Launch): string {
  return `${NAMES[launcher]} started ${launcher === 'PMIx' ? 'at least ' : ''}${processes} processes`;
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
