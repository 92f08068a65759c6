/** The ε of a run: the least of the bounds that are known. */
import { LEAST_DELTA, LEAST_NOISE, LossAccountant } from './loss-distribution.js';
import { RenyiAccountant } from './renyi.js';

/** More steps would need too fine a grid. */
const MOST_STEPS = 1e6;

/** A coarser grid takes a quarter of the time, and its ε is up to 0.01 larger. */
const COARSE = 16;

interface Bound {
  readonly epsilon: number;
  readonly name: string;
}

export class Accountant {
  readonly #renyi: RenyiAccountant;
  readonly #loss: LossAccountant | undefined;
  readonly #delta: number;
  readonly #known = new Map<number, Bound>();

  /**
   * @param mostSteps  that will be asked for, if the accountant is to be exact
   * @param isCoarse   for a search
   */
  constructor(samplingRate: number, noiseMultiplier: number, mostSteps: number, delta: number, isCoarse = false) {
    this.#delta = delta;
    this.#renyi = new RenyiAccountant(samplingRate, noiseMultiplier);
    const isPossible =
      delta >= LEAST_DELTA && noiseMultiplier >= LEAST_NOISE && mostSteps > 0 && mostSteps <= MOST_STEPS;
    if (isPossible) {
      const coarseness = isCoarse ? COARSE : 1;
      this.#loss = new LossAccountant(samplingRate, noiseMultiplier, mostSteps, delta, coarseness);
    }
  }

  epsilon(steps: number): number {
    return this.#boundFor(steps).epsilon;
  }

  /** Which bound it is, as metadata name it. */
  nameFor(steps: number): string {
    return this.#boundFor(steps).name;
  }

  #boundFor(steps: number): Bound {
    const known = this.#known.get(steps);
    if (known) return known;
    const renyi = { epsilon: this.#renyi.epsilon(steps, this.#delta), name: 'renyi' };
    const loss = this.#loss && { epsilon: this.#loss.epsilon(steps), name: 'privacy loss distribution' };
    const bound = loss && loss.epsilon <= renyi.epsilon ? loss : renyi;
    this.#known.set(steps, bound);
    return bound;
  }
}
