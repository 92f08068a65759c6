/** A progress bar: the last line of a terminal. */
import process from 'node:process';
import type { Progress } from '../metrics/events.js';
import { progressLine } from './progress-line.js';

/** No cursor, and nothing that wraps: a terminal that gets narrower would leave parts of the bar behind. */
const BEGIN = '\x1b[?25l\x1b[?7l';
const END = '\x1b[?7h\x1b[?25h';
const CLEAR = '\r\x1b[K';

/** Of a terminal that does not say. */
const USUAL_COLUMNS = 80;

export class ProgressBar {
  readonly #stream: NodeJS.WriteStream;
  #last: Progress | undefined;
  #isOn = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show(progress: Progress): void {
    this.#last = progress;
    if (!this.#isOn) this.#turnOn();
    this.#draw();
  }

  /** Takes the bar away, so that other lines can be written; the next `show` brings it back. */
  hide(): void {
    if (!this.#isOn) return;
    this.#isOn = false;
    for (const [event, listener] of Object.entries(this.#listeners)) process.off(event, listener);
    this.#stream.off('resize', this.#draw);
    this.#stream.write(`${CLEAR}${END}`);
  }

  #turnOn(): void {
    this.#isOn = true;
    for (const [event, listener] of Object.entries(this.#listeners)) process.on(event, listener);
    this.#stream.on('resize', this.#draw);
    this.#stream.write(BEGIN);
  }

  readonly #draw = (): void => {
    // In the last column some terminals wrap all the same.
    const room = (this.#stream.columns || USUAL_COLUMNS) - 1;
    if (this.#last) this.#stream.write(`\r${progressLine(this.#last, room)}\x1b[K`);
  };

  /** What takes the terminal away from the run, while the bar is there: it gets its cursor and its wrapping back. */
  readonly #listeners = {
    exit: () => this.hide(),
    /** Ctrl-Z. */
    SIGTSTP: () => {
      this.hide();
      process.once('SIGCONT', () => this.#last && this.show(this.#last));
      process.kill(process.pid, 'SIGSTOP');
    },
    /** Ctrl-\. */
    SIGQUIT: () => {
      this.hide();
      process.kill(process.pid, 'SIGQUIT');
    },
  };
}
