/** The page of `train --dashboard`. It opens before the run begins, and stays after the run until Ctrl-C. */
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import type { Dashboard, DashboardControls } from '../../src/dashboard/index.js';
import type { Progress, TrainEvent } from '../../src/metrics/events.js';

export class LivePage {
  readonly #dashboard: Dashboard;
  readonly #left: Promise<void>;
  #leave: () => void = () => undefined;
  #isLeft = false;
  #isOver = false;

  private constructor(dashboard: Dashboard) {
    this.#dashboard = dashboard;
    this.#left = new Promise((resolve) => {
      this.#leave = resolve;
    });
  }

  /**
   * Prints the address on stderr.
   *
   * @param port  0 for any free port
   * @throws LockstepError if the port cannot be used
   */
  static async open(port: number): Promise<LivePage> {
    // Runs without a page do not load its code.
    const { Dashboard } = await import('../../src/dashboard/index.js');
    const dashboard = await Dashboard.open(port);
    process.stderr.write(`dashboard: ${dashboard.url}\n`);
    return new LivePage(dashboard);
  }

  /** @param onProgress  also called with each report of progress */
  controls(onProgress: ((progress: Progress) => void) | undefined): DashboardControls {
    const { controls } = this.#dashboard;
    if (!onProgress) return controls;
    return {
      ...controls,
      onProgress: (progress) => {
        onProgress(progress);
        controls.onProgress(progress);
      },
    };
  }

  show(event: TrainEvent): void {
    this.#dashboard.show(event);
    if (event.event === 'end') this.#isOver = true;
  }

  /** Whether the run has begun and ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Closes stdout, so that its reader ends, and waits for `leave`. */
  async stay(): Promise<void> {
    if (this.#isLeft) return;
    if (process.stderr.isTTY)
      process.stderr.write(`The page is available at ${this.#dashboard.url} until you press Ctrl-C.\n`);
    if (!process.stdout.isTTY) closeStdout();
    await this.#left;
  }

  /** Ends `stay`. @returns false if the run is not over, or this was called before */
  leave(): boolean {
    if (!this.#isOver || this.#isLeft) return false;
    this.#isLeft = true;
    this.#leave();
    return true;
  }

  async close(): Promise<void> {
    await this.#dashboard.close();
  }
}

const STDOUT = 1;

/**
 * Node never closes stdout itself. The null device takes its descriptor at once; otherwise a file or connection that is
 * opened later could get it, and receive late writes to stdout.
 */
function closeStdout(): void {
  closeSync(STDOUT);
  openSync(devNull, 'w');
}
