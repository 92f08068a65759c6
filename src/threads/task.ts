/** What a member is told when its life begins. Plain data: it is cloned into the thread. */
import type { KernelChoice } from '../kernels/select.js';
import type { Plan } from '../memory/layout.js';
import type { Reduction, Strategy } from '../model/step.js';
import type { Range } from './shares.js';

export interface MemberTask {
  readonly member: number;
  readonly plan: Plan;
  readonly shared: WebAssembly.Memory;
  readonly kernel: KernelChoice;
  readonly strategy: Strategy;
  readonly reduction: Reduction;
  readonly learningRate: number;
  readonly epochs: number;
  /** Steps between two rings of the bell; 0: at the epochs' ends alone. */
  readonly logEvery: number;
  /** By layer: the rows that this member reduces and steps. */
  readonly rows: readonly Range[];
  /** See `Barrier`. */
  readonly spins: number;
}

/** What a member is doing, for the message if it dies there. */
export const Phase = { START: 0, GRADIENTS: 1, ACCUMULATE: 2, UPDATE: 3, EVALUATE: 4, WAIT: 5 } as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

export const PHASE_NAMES: Record<Phase, string> = {
  [Phase.START]: 'while it started',
  [Phase.GRADIENTS]: 'in the gradient phase',
  [Phase.ACCUMULATE]: 'in the accumulation phase',
  [Phase.UPDATE]: 'in the update phase',
  [Phase.EVALUATE]: 'in the evaluation',
  [Phase.WAIT]: 'at a barrier',
};
