/** A progress bar on a terminal, drawn by cli-progress. */
import cliProgress from 'cli-progress';
import { grouped } from '../grouped.js';
import type { Progress } from './events.js';

export class ProgressBar {
  readonly #bar: cliProgress.SingleBar;
  #isOn = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#bar = new cliProgress.SingleBar({
      stream,
      format:
        'epoch {epoch}/{epochs} {bar} step {value}/{total} · loss {loss} · error {error} % · {speed} samples/s · {left} left',
      barsize: 20,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      hideCursor: true,
      clearOnComplete: true,
      linewrap: false,
      // A signal must reach the trainer, which ends the run in order.
      gracefulExit: false,
    });
  }

  show(progress: Progress): void {
    const payload = {
      epoch: progress.epoch,
      epochs: progress.epochs,
      loss: progress.loss.toFixed(4),
      error: (progress.error * 100).toFixed(2),
      speed: grouped(Math.round(progress.samplesPerSecond)),
      left: duration(progress.secondsLeft),
    };
    if (this.#isOn) {
      this.#bar.setTotal(progress.stepsPerEpoch);
      this.#bar.update(progress.step, payload);
    } else {
      this.#bar.start(progress.stepsPerEpoch, progress.step, payload);
      this.#isOn = true;
    }
  }

  /** Takes the bar away, so that other lines can be written; the next `show` brings it back. */
  hide(): void {
    if (this.#isOn) this.#bar.stop();
    this.#isOn = false;
  }
}

/** 3725 s → 1:02:05 */
function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, i) => (i === 0 ? `${part}` : String(part).padStart(2, '0'))).join(':');
}
