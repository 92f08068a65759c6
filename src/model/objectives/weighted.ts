/**
 * Weights of samples, as PyTorch's weighted losses have them: a weight multiplies a sample's loss and δ. The mean over a batch,
 * or over the samples of a metric, divides by the sum of the weights.
 *
 * A sample's own weight (`--weight`) also counts in the other metrics, and in validation and test. The weight of its class
 * (`--class-weights`) counts in the loss of training only.
 */
import type { Scores } from '../../memory/epoch-record.js';
import type { Memory } from '../../memory/layout.js';
import type { ObjectiveFacts, Plan, ScoreSpec } from '../../memory/plan.js';
import type { Criterion, Objective, Sums } from './objective.js';

export function hasWeights({ isWeighted, classWeights }: ObjectiveFacts): boolean {
  return isWeighted || classWeights !== undefined;
}

/** The objective for samples with weights. */
export function weighted(objective: Objective, facts: ObjectiveFacts): Objective {
  return {
    ...objective,
    scores: [...objective.scores, WEIGHT, ...(facts.isWeighted ? [OWN_WEIGHT] : [])],
    criterion: (memory) => new Weighted(objective.criterion(memory), memory, facts),
  };
}

/** Of the loss. */
const WEIGHT: ScoreSpec = { name: 'weight', type: 'float64', isSummed: true };
/** Of the other scores. */
const OWN_WEIGHT: ScoreSpec = { name: 'own_weight', type: 'float64', isSummed: true };

/** The weights that multiply a score in sums; undefined: 1 each. */
export function weightsOfScore(name: string, { weight, own_weight }: Scores): Scores[string] | undefined {
  if (name === 'weight' || name === 'own_weight') return undefined;
  return name === 'loss' ? weight : own_weight;
}

/** Whether the sums can be of samples with such weights: if all weights are 0, so is each weighted sum. */
export function fitTheirWeights({ samples, weight, own_weight, loss, ...others }: Sums): boolean {
  const isNothing = (sum: number) => sum === 0;
  return (weight !== 0 || isNothing(loss)) && (own_weight !== 0 || Object.values(others).every(isNothing));
}

/** The mean of losses, from their sum. 0 if all weights are 0; NaN if there are no samples. */
export function meanLoss(sums: Sums): number {
  return quotient(sums.loss, sums.weight, sums.samples);
}

/** The mean of another score, from its sum. */
export function meanScore(sum: number, sums: Sums): number {
  return quotient(sum, sums.own_weight, sums.samples);
}

function quotient(sum: number, weight: number | undefined, samples: number): number {
  return weight === 0 && samples > 0 ? 0 : sum / (weight ?? samples);
}

/** The weight of a training sample's loss. */
export function trainingWeight({ weights, targets }: Memory['rows'], { classWeights }: ObjectiveFacts, sample: number) {
  const own = weights.length > 0 ? weights[sample]! : 1;
  return classWeights ? own * classWeights[targets[sample]!]! : own;
}

/**
 * What the mean over a batch divides by: the sum of the weights, in the order of the samples, or the number of samples.
 *
 * @param order  of the epoch
 */
export function batchWeight(
  { rows }: Memory,
  { facts }: Plan,
  order: Uint32Array,
  first: number,
  count: number,
): number {
  if (!hasWeights(facts)) return count;
  let sum = 0;
  for (let i = first; i < first + count; i++) sum += trainingWeight(rows, facts, order[i]!);
  return sum;
}

class Weighted implements Criterion {
  readonly #criterion: Criterion;
  readonly #rows: Memory['rows'];
  readonly #facts: ObjectiveFacts;
  #weight = 1;
  #own = 1;

  constructor(criterion: Criterion, { rows }: Memory, facts: ObjectiveFacts) {
    this.#criterion = criterion;
    this.#rows = rows;
    this.#facts = facts;
  }

  get loss(): number {
    return this.#criterion.loss;
  }

  evaluate(slot: number, sample: number): void {
    this.#criterion.evaluate(slot, sample);
    this.#weight = this.#own = this.#ownWeight(sample);
  }

  differentiate(slot: number, sample: number): void {
    this.#own = this.#ownWeight(sample);
    this.#weight = trainingWeight(this.#rows, this.#facts, sample);
    this.#criterion.differentiate(slot, sample, this.#weight);
  }

  addTo(audit: Float32Array, at: number): void {
    this.#criterion.addTo(audit, at);
  }

  record(scores: Scores, position: number): void {
    this.#criterion.record(scores, position);
    scores.weight![position] = this.#weight;
    if (scores.own_weight) scores.own_weight[position] = this.#own;
  }

  #ownWeight(sample: number): number {
    return this.#facts.isWeighted ? this.#rows.weights[sample]! : 1;
  }
}
