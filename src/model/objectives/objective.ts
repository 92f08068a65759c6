/** What a network is trained for. To add an objective, write it in a file of this folder and list it in index.ts. */
import type { Scores } from '../../memory/epoch-record.js';
import type { LayerMemory } from '../../memory/layer-memory.js';
import type { Memory } from '../../memory/layout.js';
import type { ElementType, ScoreSpec } from '../../memory/plan.js';

/** An objective, for certain data. */
export interface Objective {
  readonly name: string;
  /** Outputs of a network for such data. */
  outputs(data: { readonly classes: number; readonly targets?: readonly unknown[] | undefined }): number;
  /** Type of the stored targets. */
  readonly targets: ElementType;
  /** What is kept of each sample besides its loss. */
  readonly scores: readonly ScoreSpec[];
  /** What is reported. `loss` is the first: early stopping goes by it, and lower is better. */
  readonly metrics: readonly Metric[];
  /** The metrics of each target, if there are several. */
  byTarget?(sums: Sums): readonly TargetMetrics[];
  /** How many numbers `Criterion.addTo` adds to. */
  auditWords(outputs: number): number;
  criterion(memory: Memory): Criterion;
}

export interface Metric {
  /** `error`, for example: `error` in step events, `train_error`, `validation_error` and `test_error` in epoch events. */
  readonly name: string;
  /** What it measures, for a chart. */
  readonly title: string;
  /** `target`: the unit of the regression targets. `ratio`: at most 1, perhaps negative, null where it is not defined. */
  readonly unit: 'nats' | 'fraction' | 'target' | 'target²' | 'standardized' | 'ratio';
  readonly better: 'lower' | 'higher';
  /** Its value over some samples. NaN if there are none. */
  of(sums: Sums): number | null;
}

/** The metrics of one of several targets, in its own unit. */
export interface TargetMetrics {
  /** Name of the target's column, or its number, from 1. */
  readonly target: string;
  readonly rmse: number;
  readonly mae: number;
  readonly r2: number | null;
}

/** Scores of some samples, summed in the order of the samples, by the scores' names. */
export interface Sums {
  readonly samples: number;
  readonly loss: number;
  readonly [score: string]: number;
}

/** Loss and gradient at the output layer. Each thread has its own. */
export interface Criterion {
  /** Loss of the last sample. */
  readonly loss: number;
  /** Computes the scores of the outputs in `slot`; `sample` is the row of its target. Leaves the outputs as they are. */
  evaluate(slot: number, sample: number): void;
  /**
   * As `evaluate`, and replaces the outputs with δ, the gradient of the loss with respect to them.
   *
   * @param weight  multiplies δ. @default 1
   */
  differentiate(slot: number, sample: number, weight?: number): void;
  /** Writes the scores of the last sample: the loss, and those of the objective's scores that are kept there. */
  record(scores: Scores, position: number): void;
  /**
   * Adds what an audit keeps of the last sample, which must have been differentiated: its outputs before this step, without its
   * weight.
   *
   * @param at  where the sample's sums of this objective begin
   */
  addTo(audit: Float32Array, at: number): void;
}

/** Copies a sample's outputs, without padding. @param into  (outputs) */
export function readOutputs({ panels }: LayerMemory, slot: number, into: Float64Array): void {
  for (const { firstColumn, width, delta } of panels) {
    const end = Math.min(firstColumn + width, into.length);
    for (let j = firstColumn; j < end; j++) into[j] = delta[slot * width + j - firstColumn]!;
  }
}

/** The reverse: δ in place of the outputs, multiplied by a weight. */
export function writeDelta({ panels }: LayerMemory, slot: number, values: Float64Array, weight = 1): void {
  for (const { firstColumn, width, delta } of panels) {
    const end = Math.min(firstColumn + width, values.length);
    for (let j = firstColumn; j < end; j++) delta[slot * width + j - firstColumn] = weight * values[j]!;
  }
}
