/** Output of the train command: events on stdout (NDJSON or pretty), and a progress bar on stderr. */
import { PassThrough, type Transform } from 'node:stream';
import type { Progress, TrainEvent } from '../metrics/events.js';
import type { Format } from './formats.js';
import { ndjsonLines, requirePlain } from './ndjson.js';
import { PrettyFormat } from './pretty.js';
import { canShowProgress, ProgressBar } from './progress-bar.js';
import { type Count, countLine, progressLine } from './progress-line.js';

export interface OutputOptions {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly format: Format;
  /** Whether to show a progress bar, if stderr is a terminal. */
  readonly progress: boolean;
  /** Called once when stdout can no longer be written, such as when its reader has gone (EPIPE). */
  readonly onClosed: (error: NodeJS.ErrnoException) => void;
}

export class Output {
  readonly #stdout: NodeJS.WriteStream;
  readonly #stderr: NodeJS.WriteStream;
  readonly #lines: Transform;
  readonly #pretty: PrettyFormat | undefined;
  readonly #bar: ProgressBar<Progress | Count> | undefined;
  #objective: string | undefined;
  #count: Count | undefined;
  #isClosed = false;

  constructor({ stdout, stderr, format, progress, onClosed }: OutputOptions) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    if (format === 'pretty')
      this.#pretty = new PrettyFormat(Boolean(stdout.isTTY && stdout.hasColors()), () => stdout.columns);
    if (progress && canShowProgress(stderr)) {
      this.#bar = new ProgressBar<Progress | Count>(stderr, (each, room) =>
        'done' in each ? countLine(each, room) : progressLine(each, room, this.#objective),
      );
    }
    this.#lines = this.#pretty ? new PassThrough() : ndjsonLines();
    stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (!this.#isClosed) onClosed(error);
      this.#isClosed = true;
      // A pending write() would wait forever.
      this.#lines.emit('drain');
    });
    this.#lines.pipe(stdout, { end: false });
  }

  /** Undefined if no progress bar is shown. */
  get onProgress(): ((progress: Progress) => void) | undefined {
    const bar = this.#bar;
    // Skips updates while the terminal accepts no more output.
    return bar && ((progress) => (this.#stderr.writableLength > 0 ? undefined : bar.show(progress)));
  }

  /** Shows how many networks of an ensemble are trained. */
  showCount(count: Count): void {
    this.#count = count;
    if (this.#stderr.writableLength === 0) this.#bar?.show(count);
  }

  /** Resolves when the reader can take more. Once stdout is closed, events are dropped. */
  async write(event: TrainEvent): Promise<void> {
    requirePlain(event);
    if (event.event === 'start') this.#objective = event.objective;
    this.hideProgress();
    if (this.#isClosed) return;
    if (!this.#lines.write(this.#pretty ? this.#pretty.format(event) : event)) {
      await new Promise<void>((resolve) => this.#lines.once('drain', () => resolve()));
    }
    // An ensemble's count has no other occasion to return.
    if (this.#count && event.event !== 'end') this.showCount(this.#count);
  }

  /** Resolves when all output has been written, or stdout has been closed. Only then are all errors known. */
  async flushed(): Promise<void> {
    if (this.#isClosed) return;
    await new Promise<void>((resolve) => {
      this.#stdout.once('error', () => resolve());
      this.#lines.end();
      this.#lines.once('end', () => this.#stdout.write('', () => resolve()));
    });
  }

  hideProgress(): void {
    this.#bar?.hide();
  }
}
