/** MPI. */
import { onOneLine } from '../../text/printable.js';
import { type Draft, failure, usage } from '../draft.js';
import { firstLine } from '../reason.js';
import { shown } from '../shown.js';

export const mpiErrors = {
  mpiStrategy: (strategy: unknown) => usage(`--strategy ${shown(strategy)}: expected sliced with --mpi`),
  mpiAudit: (file: unknown) =>
    usage(`--audit${file === true ? '' : ` ${shown(file)}`}: not available with --mpi; train on one machine to audit`),
  mpiStdin: () =>
    usage(
      '-: with --mpi every rank reads the table, but only the first has stdin; specify a file that all ranks can read',
    ),
  exactRanks: (ranks: number, shards: number) =>
    usage(`--exact: found ${ranks} ranks; expected a divisor of ${shards}: 1, 2, 4 or 8`),
  noKoffi: (cause: unknown) =>
    failure(
      `--mpi: cannot load the package koffi, which calls MPI (${firstLine(cause)}); install it: npm install koffi`,
      cause,
    ),
  noMpi: (tried: readonly string[]) =>
    failure(
      `--mpi: no MPI library found (looked for ${tried.map((each) => each.split(':')[0]).join(', ')}); ` +
        'install Open MPI (Debian and Ubuntu: apt install openmpi-bin), or specify a library: --mpi /path/to/libmpi.so',
    ),
  notMpi: (why: string) =>
    failure(`--mpi ${why}: expected an MPI library, such as /usr/lib/x86_64-linux-gnu/libmpi.so.40`),
  mpiThreads: (version: string) =>
    failure(
      `--mpi: ${version} was built without thread support; expected at least MPI_THREAD_SERIALIZED; install another build`,
    ),
  otherMpi: (launched: number, version: string) =>
    failure(
      `--mpi: the launcher started ${launched} ranks, but ${version} sees only this one, so the launcher belongs to another MPI library; ` +
        'use the launcher of this library (with Slurm: srun --mpi=pmix, or --mpi=pmi2 for MPICH), ' +
        'or specify the library of the launcher: --mpi /path/to/libmpi.so',
    ),
  /** @param launch  the launcher and the number of processes that it started */
  launchedWithoutMpi: (launch: string) =>
    usage(
      `${launch}; without --mpi, each would train the whole model and write the same files; ` +
        'add --mpi to train one model together, or --no-mpi to train one model in each process',
    ),
  mpiInUse: () =>
    failure(
      'mpi: another run with mpi is active in this process; finish that run, or leave its loop, before starting the next',
    ),
  mpiBegunElsewhere: (version: string) =>
    failure(
      `mpi: ${version} was initialized in this process by other code (or another thread); ` +
        'use mpi from one thread only, or in a separate process',
    ),
  mpiCall: (name: string, code: number) => failure(`${name} failed with error ${code}; see the output of MPI`),
  /** @param code  the code of that rank's error, if it has one */
  rankFailed: (rank: string, message: string, status: 1 | 2, cause: unknown, code?: string): Draft => ({
    message: onOneLine(`${rank}: ${message}`),
    status,
    cause,
    code,
  }),
  ranksDiffer: (what: string, rank: string, found: string, first: string, expected: string) =>
    failure(
      `${what}: ${rank} has ${found}, but ${first} has ${expected}; expected the same on all ranks: ` +
        'correct the difference, and start again',
    ),
  ranksDrifted: (rank: number, own: number) =>
    failure(
      `the weights of rank ${rank} differ from those of rank ${own}: a machine or its MPI computes incorrectly; ` +
        'resume from the last checkpoint without that machine',
    ),
  dashboardOfRanks: () => usage('--dashboard and --mpi are mutually exclusive'),
};
