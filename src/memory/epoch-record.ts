/** What the workers report about one epoch. */
import { ARRAYS, type Arena, type Elements } from './arena.js';
import { heldOutSamples, type Plan, stepsPerEpoch } from './plan.js';

/** Two take turns: an epoch can run while the coordinator reads the one before. */
export interface EpochRecord {
  /** (N) The sample at each position of the epoch. Written by the coordinator. In a private run (plan.privacy.longestEpoch). */
  readonly order: Uint32Array;
  /** (steps + 1) Private runs only: where each batch begins in `order`, and where the last ends. */
  readonly batchStarts: Uint32Array;
  /** (N) Scores of the sample at each position, before that step's update. */
  readonly training: Scores;
  /** (steps) When each step ended, in milliseconds of `clock.ts`. */
  readonly stepEnds: Float64Array;
  /** [start of the epoch, end of its last step], in milliseconds of `clock.ts`. */
  readonly times: Float64Array;
  /** (1) What the learning rate was multiplied by, with schedule `plateau`. Else empty. */
  readonly rateFactor: Float64Array;
  /** Empty unless they are kept. */
  readonly gradients: GradientRecord;
  /** (V + M) Scores of each validation and test sample after the epoch. */
  readonly heldOut: Scores;
  /** (1) If the test samples are evaluated at the end of the run: the epoch whose weights were tested. Otherwise empty. */
  readonly tested: Float64Array;
}

/** Squared norms of gradients, by layer. */
export interface GradientRecord {
  /** By layer (N): of the gradient of the sample at each position. */
  readonly ofSamples: readonly Float64Array[];
  /** (steps, layers): of the sum of each batch's gradients. */
  readonly ofBatches: Float64Array;
}

/** By name: the loss of each sample, and the scores that the plan lists. */
export interface Scores {
  readonly loss: Float64Array;
  readonly [score: string]: Elements;
}

/** @param layers  how many the network has */
export function carveEpochRecord(plan: Plan, arena: Arena, layers: number): EpochRecord {
  const { trainSamples, privacy } = plan;
  const steps = stepsPerEpoch(plan);
  const keptLayers = plan.keepsGradientNorms ? layers : 0;
  const scores = (length: number, kept: Plan['scores']): Scores => ({
    loss: arena.take(Float64Array, length),
    ...Object.fromEntries(kept.map(({ name, type }) => [name, arena.take<Elements>(ARRAYS[type], length)])),
  });
  return {
    order: arena.take(Uint32Array, privacy?.longestEpoch ?? trainSamples),
    batchStarts: arena.take(Uint32Array, privacy ? steps + 1 : 0),
    training: scores(
      trainSamples,
      plan.scores.filter(({ isSummed }) => isSummed),
    ),
    stepEnds: arena.take(Float64Array, steps),
    times: arena.take(Float64Array, 2),
    rateFactor: arena.take(Float64Array, plan.hasPlateau ? 1 : 0),
    gradients: {
      ofSamples: Array.from({ length: keptLayers }, () => arena.take(Float64Array, trainSamples)),
      ofBatches: arena.take(Float64Array, keptLayers * steps),
    },
    heldOut: scores(heldOutSamples(plan), plan.scores),
    tested: arena.take(Float64Array, plan.testsAtEnd ? 1 : 0),
  };
}
