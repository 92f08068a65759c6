/** Classifies drawings with the current weights of the run. */

import { DEFAULT_OBJECTIVE } from '../model/objectives/index.js';
import type { RunView } from '../run/view.js';
import { Network } from '../tools/network.js';
import { Budget } from './budget.js';
import type { Classification } from './messages.js';

/** Maximum age of the copy of the weights. (Copying takes a few milliseconds.) */
const FRESH_MS = 1000;
/** Maximum answers per second. */
const MOST_A_SECOND = 25;

export class DrawingClassifier {
  #view: RunView | undefined;
  #network: Network | undefined;
  #parameters: Float32Array | undefined;
  #copiedAt = Number.NEGATIVE_INFINITY;
  #isFinal = false;
  readonly #budget = new Budget(MOST_A_SECOND);

  get inputs(): number | undefined {
    return this.#view?.picture && this.#view.layers[0];
  }

  /** Does nothing for regression. */
  watch(view: RunView): void {
    if (view.classes > 0) this.#view = view;
  }

  /** The weights no longer change, so the next copy is the last. */
  finish(): void {
    this.#copiedAt = Number.NEGATIVE_INFINITY;
    this.#isFinal = true;
  }

  classify(pixels: Uint8Array): Classification | undefined {
    if (!this.#view || !this.#budget.take()) return undefined;
    const { label, probabilities } = this.#current(this.#view).predict(pixels);
    return { label, probabilities: [...probabilities] };
  }

  #current(view: RunView): Network {
    const now = performance.now();
    if (this.#network && now - this.#copiedAt < FRESH_MS) return this.#network;
    this.#parameters = view.parameters(this.#parameters);
    const { layers, activation, kernel } = view;
    if (this.#network) this.#network.update(this.#parameters);
    else
      this.#network = new Network({
        file: '',
        layers,
        activation,
        objective: DEFAULT_OBJECTIVE,
        targets: [],
        values: this.#parameters,
        kernel,
        table: undefined,
        metadata: {},
      });
    this.#copiedAt = this.#isFinal ? Number.POSITIVE_INFINITY : now;
    return this.#network;
  }
}
