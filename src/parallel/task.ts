/** What a worker is told when its life begins. Plain data: it is cloned into the thread. */

import type { KernelChoice } from '../kernels/builds.js';
import type { Range, RowSlice } from '../kernels/kernel.js';
import type { Plan } from '../memory/plan.js';
import type { Position } from '../metrics/run-state.js';
import type { OptimizerOptions, Strategy } from '../optim/optimizer.js';
import type { RankTask } from './mpi/world.js';

export interface WorkerTask {
  readonly worker: number;
  readonly plan: Plan;
  readonly shared: WebAssembly.Memory;
  readonly kernel: KernelChoice;
  readonly strategy: Strategy;
  readonly optimizer: OptimizerOptions;
  readonly epochs: number;
  /** Where the run goes on. */
  readonly start: Position;
  /** Steps of the run that are done there. (After other batches they are not those of so many epochs.) */
  readonly stepsDone: number;
  /** Epochs between two checkpoints, 0 for none, and besides steps, likewise. */
  readonly checkpointEvery: number;
  readonly checkpointEverySteps: number;
  /** Epochs that the validation loss may go without becoming less, 0: as many as there are. */
  readonly patience: number;
  /** When an epoch is to be the last, in milliseconds of clock.ts. Infinity: never. */
  readonly deadline: number;
  /** Steps between two rings of the bell; 0: at the epochs' ends alone. */
  readonly logEvery: number;
  /** By layer: the rows that this worker transposes and, unless the layer is cut by panels, steps. */
  readonly slices: readonly RowSlice[];
  /** By worker: the same of the first layer, all of which whoever steps a panel reads. */
  readonly firstLayerSlices: readonly RowSlice[];
  /** By worker: its part of the first layer's panels. Undefined where that layer is not cut by panels. */
  readonly panels: readonly Range[] | undefined;
  /** See `Barrier`. */
  readonly spins: number;
  /** Under MPI: which of the ranks this process is. */
  readonly ranks: RankTask | undefined;
  /** Under MPI: whether sums are made in a tree of shards, so that no number of ranks changes them. */
  readonly exact: boolean;
}

/** What a worker is doing: for the message if it dies there, and to book its time. `PHASES` in layout.ts has room for 8. */
export const Phase = {
  START: 0,
  FORWARD: 1,
  GRADIENTS: 2,
  ACCUMULATE: 3,
  UPDATE: 4,
  EVALUATE: 5,
  WAIT: 6,
  /** Among ranks, and waiting for them. */
  EXCHANGE: 7,
} as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

const PHASE_NAMES: Record<Phase, string> = {
  [Phase.START]: 'while it started',
  [Phase.FORWARD]: 'in the forward phase',
  [Phase.GRADIENTS]: 'in the gradient phase',
  [Phase.ACCUMULATE]: 'in the accumulation phase',
  [Phase.UPDATE]: 'in the update phase',
  [Phase.EVALUATE]: 'in the evaluation',
  [Phase.WAIT]: 'at a barrier',
  [Phase.EXCHANGE]: 'in an exchange with the other ranks',
};

/** Where in the run that is, for messages. @param steps  of the run, that are done */
export function whereabouts(phase: Phase, steps: number): string {
  if (phase === Phase.START) return PHASE_NAMES[phase];
  return `${PHASE_NAMES[phase]}, ${phase === Phase.EVALUATE ? `after step ${steps}` : `in step ${steps + 1}`}`;
}
