/** What a classifier gave for each sample of a set: all that its metrics need. */

/** (samples, classes) numbers in memory: 256 MiB as float64, and as much again for rankings. */
const MOST_RANKED = 2 ** 25;

/** Probabilities below this count as this, as in scikit-learn's log_loss for float64. The loss is otherwise infinite. */
const LEAST_PROBABILITY = 2 ** -52;

export class ClassScores {
  readonly count: number;
  readonly classes: number;
  /** For two classes: 0 or 1. */
  readonly positive: number;
  /** (samples) The true class. */
  readonly targets: Uint32Array;
  /** (samples) The most probable class; the lowest such class if several are equal. */
  readonly predicted: Uint32Array;
  /** (samples) In nats. */
  readonly loss: Float64Array;
  /** (samples) Number of classes that rank before the true class: 0 if it is the predicted one. */
  readonly rank: Uint32Array;
  /** (samples) For two classes, (P − y)² of the positive class; for more, Σ (P_c − y_c)². */
  readonly squaredError: Float64Array;
  /** (samples) For two classes, the probability of the positive one; for more, the probability of the predicted class. */
  readonly confidence: Float64Array;
  /** (classes) of (samples). Undefined if that would take too much memory. */
  readonly probabilities: readonly Float64Array[] | undefined;
  #added = 0;

  /** @param positive  for two classes: the class that average precision, calibration and the Brier score are of */
  constructor(count: number, classes: number, positive = 1) {
    this.count = count;
    this.classes = classes;
    this.positive = positive;
    this.targets = new Uint32Array(count);
    this.predicted = new Uint32Array(count);
    this.loss = new Float64Array(count);
    this.rank = new Uint32Array(count);
    this.squaredError = new Float64Array(count);
    this.confidence = new Float64Array(count);
    const canRank = count * classes <= MOST_RANKED;
    this.probabilities = canRank ? Array.from({ length: classes }, () => new Float64Array(count)) : undefined;
  }

  /**
   * The next sample.
   *
   * @param probabilities  (classes)
   * @param predicted      default: found in the probabilities, which may be equal where logits are not
   * @param loss           default: computed from the probability, which is less accurate than a loss from logits
   */
  add(probabilities: ArrayLike<number>, target: number, predicted = highest(probabilities), loss?: number): void {
    const s = this.#added++;
    const own = probabilities[target]!;
    let rank = 0;
    let squares = 0;
    for (let c = 0; c < this.classes; c++) {
      const p = probabilities[c]!;
      if (p > own || (p === own && c < target)) rank++;
      const difference = c === target ? p - 1 : p;
      squares += difference * difference;
      if (this.probabilities) this.probabilities[c]![s] = p;
    }
    const isBinary = this.classes === 2;
    this.targets[s] = target;
    this.predicted[s] = predicted;
    this.rank[s] = predicted === target ? 0 : Math.max(1, rank);
    this.loss[s] = loss ?? -Math.log(Math.max(own, LEAST_PROBABILITY));
    const confidence = probabilities[isBinary ? this.positive : predicted]!;
    this.confidence[s] = confidence;
    this.squaredError[s] = isBinary ? (confidence - (target === this.positive ? 1 : 0)) ** 2 : squares;
  }

  /** Whether what `confidence` is a probability of is true. */
  isHit(sample: number): boolean {
    return this.classes === 2 ? this.targets[sample] === this.positive : this.rank[sample] === 0;
  }
}

/** The lowest class with the highest probability. */
function highest(probabilities: ArrayLike<number>): number {
  let found = 0;
  for (let c = 1; c < probabilities.length; c++) if (probabilities[c]! > probabilities[found]!) found = c;
  return found;
}
