/**
 * Losses for regression. All kernels share this code, in float64.
 *
 * The outputs Z estimate standardized targets T = (number − mean) / deviation. With e = Z − T and K targets:
 *
 *   squared error    L = Σ e² / K                                        dL/dZ = 2 e / K
 *   absolute error   L = Σ |e| / K                                       dL/dZ = sign(e) / K, 0 where e = 0
 *   Huber            L = Σ (e² / 2 if |e| ≤ d, else d (|e| − d / 2)) / K    dL/dZ = max(−d, min(e, d)) / K
 *
 * These are PyTorch's MSELoss, L1Loss and HuberLoss. docs/mathematics.md, "Losses for numbers"
 */
import type { Scores } from '../../memory/epoch-record.js';
import type { Memory } from '../../memory/layout.js';
import type { ObjectiveFacts, ScoreSpec, Target } from '../../memory/plan.js';
import { addToAudit } from './audited.js';
import {
  type Criterion,
  type Metric,
  type Objective,
  readOutputs,
  type Sums,
  type TargetMetrics,
  writeDelta,
} from './objective.js';
import { meanLoss, meanScore } from './weighted.js';

interface Loss {
  readonly title: string;
  /** @param d  Huber's delta */
  of(e: number, d: number): number;
  slope(e: number, d: number): number;
}

const SQUARED: Loss = { title: 'squared error, standardized', of: (e) => e * e, slope: (e) => 2 * e };
const ABSOLUTE: Loss = { title: 'absolute error, standardized', of: Math.abs, slope: Math.sign };
const HUBER: Loss = {
  title: 'Huber loss, standardized',
  of: (e, d) => (Math.abs(e) <= d ? (e * e) / 2 : d * (Math.abs(e) - d / 2)),
  slope: (e, d) => Math.max(-d, Math.min(e, d)),
};

export const squaredError = (facts: ObjectiveFacts) => regression('squared-error', SQUARED, facts);
export const absoluteError = (facts: ObjectiveFacts) => regression('absolute-error', ABSOLUTE, facts);
export const huber = (facts: ObjectiveFacts) => regression('huber', HUBER, facts);

function regression<const Name extends string>(name: Name, loss: Loss, facts: ObjectiveFacts) {
  const { targets } = facts;
  const all = (sums: Sums) => targets.map((target, k) => metricsOf(target, k, sums));
  const metric = (
    of: keyof Omit<TargetMetrics, 'target'>,
    title: string,
    unit: Metric['unit'],
    better: Metric['better'],
  ) => ({ name: of, title, unit, better, of: (sums: Sums) => meanOf(all(sums).map((each) => each[of])) }) as const;
  return {
    name,
    outputs: ({ targets: given = [] }) => given.length,
    targets: 'float64',
    scores: targets.flatMap((_, k) => scoresOf(k)),
    metrics: [
      {
        name: 'loss',
        title: loss.title,
        unit: 'standardized',
        better: 'lower',
        of: meanLoss,
      },
      metric('rmse', 'root mean squared error', 'target', 'lower'),
      metric('mae', 'mean absolute error', 'target', 'lower'),
      metric('r2', 'R²', 'ratio', 'higher'),
    ],
    ...(targets.length > 1 && { byTarget: all }),
    // The sum of e, by target.
    auditWords: (outputs: number) => outputs,
    criterion: (memory): Criterion => new Regression(memory, loss, facts),
  } satisfies Objective;
}

/** Sums that the metrics of a target need, in standard deviations. */
function scoresOf(k: number): ScoreSpec[] {
  return [
    { name: `squared_${k}`, type: 'float64', isSummed: true },
    { name: `absolute_${k}`, type: 'float64', isSummed: true },
    { name: `target_${k}`, type: 'float64', isSummed: true, isSigned: true },
    { name: `target_squared_${k}`, type: 'float64', isSummed: true },
  ];
}

function metricsOf({ name, deviation }: Target, k: number, sums: Sums): TargetMetrics {
  const [squared, absolute, target, targetSquared] = scoresOf(k).map((score) => sums[score.name]!) as [
    number,
    number,
    number,
    number,
  ];
  return {
    target: name,
    rmse: deviation * Math.sqrt(meanScore(squared, sums)),
    mae: deviation * meanScore(absolute, sums),
    r2: determination(squared, targetSquared, target, sums),
  };
}

/** R² = 1 − Σe² / Σ(t − mean)². Null if the targets are all the same, as far as rounding shows. */
function determination(squared: number, targetSquared: number, target: number, sums: Sums): number | null {
  const total = targetSquared - target * meanScore(target, sums);
  const isConstant = !(total > sums.samples * Number.EPSILON * targetSquared);
  return isConstant ? null : 1 - squared / total;
}

/** Over the targets, each with the same weight, as in scikit-learn. Null if no target has a value. */
function meanOf(values: readonly (number | null)[]): number | null {
  const defined = values.filter((value) => value !== null);
  return defined.length === 0 ? null : defined.reduce((sum, value) => sum + value, 0) / defined.length;
}

class Regression implements Criterion {
  readonly #memory: Memory;
  readonly #loss: Loss;
  readonly #d: number;
  /** By target: the names of its scores. */
  readonly #names: readonly (readonly string[])[];
  /** (targets) */
  readonly #e: Float64Array;
  readonly #delta: Float64Array;
  #sample = 0;

  loss = 0;

  constructor(memory: Memory, loss: Loss, { huberDelta }: ObjectiveFacts) {
    this.#memory = memory;
    this.#loss = loss;
    this.#d = huberDelta;
    this.#e = new Float64Array(memory.layers.at(-1)!.outputs);
    this.#delta = new Float64Array(this.#e.length);
    this.#names = Array.from(this.#e, (_, k) => scoresOf(k).map(({ name }) => name));
  }

  evaluate(slot: number, sample: number): void {
    const { layers, rows } = this.#memory;
    const e = this.#e;
    readOutputs(layers.at(-1)!, slot, e);
    const first = sample * e.length;
    let sum = 0;
    for (let k = 0; k < e.length; k++) {
      e[k]! -= rows.targets[first + k]!;
      sum += this.#loss.of(e[k]!, this.#d);
    }
    this.loss = sum / e.length;
    this.#sample = sample;
  }

  differentiate(slot: number, sample: number, weight = 1): void {
    this.evaluate(slot, sample);
    const [e, delta] = [this.#e, this.#delta];
    for (let k = 0; k < e.length; k++) delta[k] = this.#loss.slope(e[k]!, this.#d) / e.length;
    writeDelta(this.#memory.layers.at(-1)!, slot, delta, weight);
  }

  addTo(audit: Float32Array, at: number): void {
    for (let k = 0; k < this.#e.length; k++) addToAudit(audit, at + k, this.#e[k]!);
  }

  record(scores: Scores, position: number): void {
    const { targets } = this.#memory.rows;
    scores.loss[position] = this.loss;
    for (const [k, [squared = '', absolute = '', target = '', targetSquared = '']] of this.#names.entries()) {
      const [e, t] = [this.#e[k]!, targets[this.#sample * this.#e.length + k]!];
      scores[squared]![position] = e * e;
      scores[absolute]![position] = Math.abs(e);
      scores[target]![position] = t;
      scores[targetSquared]![position] = t * t;
    }
  }
}
