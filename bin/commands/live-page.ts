/** The page of `train --dashboard`: it is there before the run begins, and stays when that is over, until somebody closes it. */
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
   * Says on stderr where it is.
   *
   * @param port  0 for any that is free
   * @throws LockstepError if it cannot be had
   */
  static async open(port: number): Promise<LivePage> {
    // Only whoever asks for it pays for it.
    const { Dashboard } = await import('../../src/dashboard/index.js');
    const dashboard = await Dashboard.open(port);
    process.stderr.write(`dashboard: ${dashboard.url}\n`);
    return new LivePage(dashboard);
  }

  /** @param onProgress  somebody else's, who also wants to hear of it */
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

  /** The run has begun and ended: the page has something to show, and nothing more will come. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whoever reads stdout is told that there is no more, and the page stays until `leave`. */
  async stay(): Promise<void> {
    if (this.#isLeft) return;
    if (process.stderr.isTTY) process.stderr.write(`The page stays at ${this.#dashboard.url} until Ctrl-C.\n`);
    if (!process.stdout.isTTY) closeStdout();
    await this.#left;
  }

  /** Ends a stay. @returns false where there is none to end: the run is not over, or it has been asked before */
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
 * Node itself never closes stdout. Its number must not become that of a file or connection that is opened later, which would
 * then get whatever is still written to stdout: so something that takes everything has its place at once.
 */
function closeStdout(): void {
  closeSync(STDOUT);
  openSync(devNull, 'w');
}
