/** The training samples whose labels are most doubtful, in a run with an audit. */

import type { RunView } from '../run/view.js';
import { textsOnOneLine } from '../text/printable.js';
import type { DoubtfulMessage } from './messages.js';
import { pixelsMessage } from './pictures.js';
import { Latest } from './topics.js';

const SHOWN = 12;
/** Ranking 60,000 samples takes a tenth of a second: no more than this share of the main thread's time is spent on it. */
const MOST_TIME = 0.05;

export class Doubtful {
  readonly topic = new Latest('doubtful', () => this.#message());
  #view: RunView | undefined;
  #epoch = 0;
  #newest: DoubtfulMessage = { epoch: 0, samples: [] };
  /** When the next ranking may be made. */
  #notBefore = Number.NEGATIVE_INFINITY;

  watch(view: RunView): void {
    this.#view = view;
  }

  /** An epoch of a run with an audit is over. */
  after(epoch: number): void {
    this.#epoch = epoch;
    if (performance.now() >= this.#notBefore) this.topic.changed();
  }

  /** The run is over. */
  finish(): void {
    if (this.#epoch > 0) this.topic.changed();
  }

  #message(): DoubtfulMessage {
    const began = performance.now();
    const found = this.#view?.doubtful(SHOWN);
    const took = performance.now() - began;
    this.#notBefore = performance.now() + took / MOST_TIME;
    if (!found) return this.#newest;
    const samples = found.map(({ sample, inputs }) => ({
      row: sample.row,
      ...('column' in sample
        ? { column: sample.column, given: sample.target, suggested: sample.suggested }
        : { given: sample.label, suggested: sample.suggested }),
      probability: sample.probability,
      ...(inputs && { pixels: pixelsMessage(inputs) }),
    }));
    this.#newest = textsOnOneLine({ epoch: this.#epoch, samples });
    return this.#newest;
  }
}
