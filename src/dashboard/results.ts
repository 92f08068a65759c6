/** The results of the evaluation of an epoch: confusion matrix and hardest samples. */
import type { RunView } from '../run/view.js';
import type { ResultsMessage } from './messages.js';
import { pixelsMessage } from './pictures.js';

/** With more classes, the most frequent errors are listed instead of a matrix. */
const MOST_CLASSES = 30;
const MOST_CONFUSED = 20;
const HARDEST = 12;

export class Results {
  readonly #view: RunView;
  readonly #epoch: number;
  readonly #split: ResultsMessage['split'];
  readonly #samples: number;
  readonly #classes: number;
  /** [classes, classes], rows: true class. */
  readonly #confusion: Uint32Array;
  /** The hardest samples, hardest first. */
  readonly #hardest: { sample: number; class: number; predicted: number; loss: number }[] = [];

  private constructor(view: RunView, epoch: number, { split, labels, predicted, losses }: Evaluated) {
    this.#view = view;
    this.#epoch = epoch;
    this.#split = split;
    this.#samples = labels.length;
    this.#classes = view.layers.at(-1)!;
    this.#confusion = new Uint32Array(this.#classes ** 2);
    let least = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < labels.length; i++) {
      const [label, taken, loss] = [labels[i]!, predicted[i]!, losses[i]!];
      this.#confusion[label * this.#classes + taken]!++;
      if (loss <= least) continue;
      const place = this.#hardest.findIndex((other) => other.loss < loss);
      const found = { sample: i, class: label, predicted: taken, loss };
      this.#hardest.splice(place < 0 ? this.#hardest.length : place, 0, found);
      if (this.#hardest.length > HARDEST) this.#hardest.pop();
      if (this.#hardest.length === HARDEST) least = this.#hardest.at(-1)!.loss;
    }
  }

  /** Must be called while the epoch event is being handled. Undefined without test and validation samples. */
  static of(view: RunView, epoch: number): Results | undefined {
    const heldOut = view.heldOut(epoch);
    return heldOut && new Results(view, epoch, heldOut);
  }

  /** Positions in the split, hardest first. */
  get hardestSamples() {
    return { split: this.#split, indices: this.#hardest.map(({ sample }) => sample) };
  }

  message(): ResultsMessage {
    const hardest = this.#hardest.map(({ loss, ...found }) => ({
      ...found,
      probability: Math.exp(-loss),
      pixels: pixelsMessage(this.#view.heldOutSample(found.sample)),
    }));
    return {
      epoch: this.#epoch,
      split: this.#split,
      samples: this.#samples,
      ...(this.#classes <= MOST_CLASSES ? { confusion: [...this.#confusion] } : { confused: this.#confused() }),
      ...(this.#view.picture && { hardest }),
    };
  }

  #confused(): [number, number, number][] {
    const found: [number, number, number][] = [];
    for (const [i, count] of this.#confusion.entries()) {
      const [label, taken] = [Math.floor(i / this.#classes), i % this.#classes];
      if (count > 0 && label !== taken) found.push([label, taken, count]);
    }
    return found.sort((a, b) => b[2] - a[2]).slice(0, MOST_CONFUSED);
  }
}

type Evaluated = NonNullable<ReturnType<RunView['heldOut']>>;
