/** A progress bar in the last line of a terminal. */
import process from 'node:process';

/** Hides the cursor and disables wrapping, which would leave parts of the bar behind when the terminal becomes narrower. */
const BEGIN = '\x1b[?25l\x1b[?7l';
const END = '\x1b[?7h\x1b[?25h';
const CLEAR = '\r\x1b[K';

/** If the terminal does not report its width. */
const USUAL_COLUMNS = 80;

/** Whether a stream can show a progress bar. */
export function canShowProgress(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && process.env.TERM !== 'dumb';
}

export class ProgressBar<Progress> {
  readonly #stream: NodeJS.WriteStream;
  readonly #lineOf: (progress: Progress, room: number) => string;
  #last: Progress | undefined;
  #isOn = false;

  /** @param lineOf  the text, in at most so many columns */
  constructor(stream: NodeJS.WriteStream, lineOf: (progress: Progress, room: number) => string) {
    this.#stream = stream;
    this.#lineOf = lineOf;
  }

  show(progress: Progress): void {
    this.#last = progress;
    if (!this.#isOn) this.#turnOn();
    this.#draw();
  }

  /** Removes the bar, so that other lines can be written, until the next `show`. */
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
    // Some terminals wrap after the last column anyway.
    const room = (this.#stream.columns || USUAL_COLUMNS) - 1;
    if (this.#last) this.#stream.write(`\r${this.#lineOf(this.#last, room)}\x1b[K`);
  };

  /** Restores cursor and wrapping when the process is suspended or quits. */
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
