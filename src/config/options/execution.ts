import { availableParallelism } from 'node:os';
import { errors } from '../../errors.js';
import { KERNEL_NAMES } from '../../kernels/builds.js';
import { VECTOR_BITS } from '../../kernels/forms.js';
import { STRATEGIES } from '../../optim/optimizer.js';
import { integer, oneOf, textOrYes, YES_OR_NO } from '../checks.js';
import { type Need, option } from '../option.js';

const MAX_THREADS = 1024;

/** The plain kernel has no vectors. */
const VECTORS: readonly Need[] = [
  {
    anyOf: ['auto', ...KERNEL_NAMES].filter((name) => name !== 'reference').map((name) => ['kernel', name] as const),
  },
];

export const EXECUTION = {
  /**
   * Number of worker threads. By default, a measurement of a few milliseconds determines how many of the available cores make the
   * run faster: see "Threads" in docs/design.md. With the strategy `dense`, with `mpi` or with `private`, the
   * default is all available cores.
   * @default chosen by measurement, at most the number of available cores
   */
  threads: option(
    // The number of threads determines how strategy `dense` groups its sums.
    {
      kind: integer(1, MAX_THREADS),
      default: () => Math.min(availableParallelism(), MAX_THREADS),
      resume: ['strategy', 'dense'],
      recipe: 'always',
    },
    {
      help: 'number of worker threads',
      short: 't',
      defaultText: 'chosen by measurement, at most the number of available cores',
    },
  ),
  /** Compute kernel; `auto` selects the fastest kernel that this machine can run. @default 'auto' */
  kernel: option(
    // A model file states the kernel that ran.
    { kind: oneOf(['auto', ...KERNEL_NAMES]), default: 'auto', recipe: 'never' },
    { help: 'compute kernel' },
  ),
  /**
   * Width of the vectors in the kernels, in bits; `auto` measures for a few milliseconds which width is faster. 256 bits are
   * used only where they produce the same results as 128 bits, so the weights do not depend on this option. @default 'auto'
   */
  vectorBits: option(
    { kind: oneOf(VECTOR_BITS), default: 'auto', needs: VECTORS, resume: 'free', recipe: 'never' },
    { help: 'vector width of the kernel' },
  ),
  /** How the threads reduce gradients: see "Two strategies" in docs/design.md. @default 'sliced' */
  strategy: option(
    {
      kind: oneOf(STRATEGIES),
      default: 'sliced',
      excludes: { option: 'mpi', refusal: errors.mpiStrategy },
      recipe: 'always',
    },
    { help: 'gradient reduction strategy' },
  ),
};

/** Not recorded in metrics or checkpoints. */
export const MPI = {
  /**
   * Train one model together with the other processes that an MPI launcher has started: see docs/cluster.md. The value is the
   * path of the MPI library, or true for the system's MPI library. All ranks yield the same events; only rank 0 writes files.
   * @default false
   */
  mpi: option(
    { kind: textOrYes('the file of an MPI library'), default: false },
    {
      help: 'share each batch with the other processes started by mpirun or srun',
      argument: '[library]',
      negatedHelp: 'train a separate model in each process started by mpirun or srun',
    },
  ),
};

export const RANKS = {
  /** Compute the same weights with 1, 2, 4 and 8 ranks. This is slower: see docs/cluster.md. @default false */
  exact: option(
    { kind: YES_OR_NO, default: false, needs: [{ anyOf: ['mpi'] }], recipe: 'never' },
    { help: 'compute the same weights with 1, 2, 4 and 8 processes; slower' },
  ),
};
