/** Detects the launcher and the number of processes from the environment. */

export type Environment = Readonly<Record<string, string | undefined>>;

/** Hydra is the launcher of MPICH and its relatives (Intel MPI, MVAPICH). */
export type Launcher = 'Open MPI' | 'Hydra' | 'Slurm' | 'PMIx';

export interface Launch {
  readonly launcher: Launcher;
  /** Number of processes; with PMIx, which tells only the rank, a lower bound. */
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
 * The variable that each launcher sets to its number of processes. Launchers may be nested (Open MPI and Hydra start their
 * daemons with srun), so the innermost comes first.
 *
 * Slurm sets SLURM_NTASKS and SLURM_PROCID also for a batch script, which runs only once. SLURM_STEP_NUM_TASKS is set only
 * by srun.
 */
const SIZE_VARIABLES: readonly (readonly [Launcher, string])[] = [
  ['Open MPI', 'OMPI_COMM_WORLD_SIZE'],
  ['Hydra', 'PMI_SIZE'],
  ['Slurm', 'SLURM_STEP_NUM_TASKS'],
];

/** Set by other launchers that use PMIx: the rank, from 0. PMIx has no variable for the size. */
const PMIX_RANK = 'PMIX_RANK';

/** Undefined if no known launcher started this process. */
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
