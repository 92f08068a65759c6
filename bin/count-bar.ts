/** The progress bar of a command that trains many networks: how many are done, and the epochs of the first that is not. */
import { canShowProgress, ProgressBar } from '../src/output/progress-bar.js';
import { type Count, countLine, type RunCount } from '../src/output/progress-line.js';

export class CountBar {
  readonly #bar: ProgressBar<Count> | undefined;
  readonly #unit: string;
  #begun = performance.now();
  #last: Count | undefined;

  /** @param isShown  whether the output is for people; then the bar is shown if the stream is a terminal */
  constructor(stream: NodeJS.WriteStream, unit: string, isShown: boolean) {
    this.#unit = unit;
    if (isShown && canShowProgress(stream)) this.#bar = new ProgressBar(stream, countLine);
  }

  readonly show = (count: RunCount): void => {
    if (!this.#last) this.#begun = performance.now();
    this.#last = { ...count, unit: this.#unit, seconds: (performance.now() - this.#begun) / 1000 };
    this.#bar?.show(this.#last);
  };

  /** Removes the bar, so that lines can be written. */
  hide(): void {
    this.#bar?.hide();
  }

  /** Shows the bar again. */
  showAgain(): void {
    if (this.#last) this.#bar?.show(this.#last);
  }
}
