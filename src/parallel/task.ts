/** The task of a worker. Plain data, because it is cloned into the thread. */

import type { KernelChoice } from '../kernels/builds.js';
import type { Range, RowSlice } from '../kernels/kernel.js';
import type { Plan } from '../memory/plan.js';
import type { Position, RunState } from '../metrics/run-state.js';
import type { OptimizerOptions, Strategy } from '../optim/optimizer.js';
import type { Mechanism } from '../privacy/mechanism.js';
import type { RankTask } from './mpi/world.js';

export interface WorkerTask {
  readonly worker: number;
  readonly plan: Plan;
  readonly shared: WebAssembly.Memory;
  readonly kernel: KernelChoice;
  readonly strategy: Strategy;
  readonly optimizer: OptimizerOptions;
  readonly epochs: number;
  /** Where the run starts or resumes. */
  readonly start: Position & Partial<Pick<RunState, 'epochSums'>>;
  /** Steps done before `start`. (Not derived from its epochs, because the batch size may have changed.) */
  readonly stepsDone: number;
  /** Epochs between checkpoints; 0: none. */
  readonly checkpointEvery: number;
  /** Steps between additional checkpoints within epochs; 0: none. */
  readonly checkpointEverySteps: number;
  /** Epochs without a lower validation loss before the run stops; 0: unlimited. */
  readonly patience: number;
  /** The run ends with the first epoch that ends after this time, in milliseconds of clock.ts. Infinity: never. */
  readonly deadline: number;
  /** Steps between wake-ups of the coordinator; 0: only at the end of each epoch. */
  readonly logEvery: number;
  /** By layer: the rows that this worker transposes and, unless the layer is divided by panels, updates. */
  readonly slices: readonly RowSlice[];
  /** Slices of the first layer by worker: updating a panel reads all of them. */
  readonly firstLayerSlices: readonly RowSlice[];
  /** Panels of the first layer by worker; undefined if that layer is not divided by panels. */
  readonly panels: readonly Range[] | undefined;
  /** See `Barrier`. */
  readonly spins: number;
  /** Under MPI only. */
  readonly ranks: RankTask | undefined;
  /** In a private run: how gradients become private. */
  readonly privacy: PrivateTask | undefined;
  /** Under MPI: whether sums are added in a tree of shards, so that they do not depend on the number of ranks. */
  readonly exact: boolean;
}

export interface PrivateTask {
  /** (32 bytes) */
  readonly noiseKey: Uint8Array;
  /** (32 bytes) For the coordinator. */
  readonly samplingKey: Uint8Array;
  readonly mechanism: Mechanism;
  /** The last epoch that the privacy budget allows; Infinity: without a budget. */
  readonly lastEpoch: number;
}

/** Current activity of a worker, for error messages and timing. `PHASES` in layout.ts has room for 8. */
export const Phase = {
  START: 0,
  FORWARD: 1,
  GRADIENTS: 2,
  ACCUMULATE: 3,
  UPDATE: 4,
  EVALUATE: 5,
  WAIT: 6,
  /** Includes waiting for other ranks. */
  EXCHANGE: 7,
} as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

const PHASE_NAMES: Record<Phase, string> = {
  [Phase.START]: 'while starting',
  [Phase.FORWARD]: 'in the forward phase',
  [Phase.GRADIENTS]: 'in the gradient phase',
  [Phase.ACCUMULATE]: 'in the accumulation phase',
  [Phase.UPDATE]: 'in the update phase',
  [Phase.EVALUATE]: 'during evaluation',
  [Phase.WAIT]: 'at a barrier',
  [Phase.EXCHANGE]: 'in an exchange with the other ranks',
};

/** For messages. @param steps  number of steps done in the run */
export function whereabouts(phase: Phase, steps: number): string {
  if (phase === Phase.START) return PHASE_NAMES[phase];
  return `${PHASE_NAMES[phase]}, ${phase === Phase.EVALUATE ? `after step ${steps}` : `in step ${steps + 1}`}`;
}
