/** Did a trainer run the same job? Compares its losses with Lockstep's, and Lockstep's with the reference's. */
import type { PeerData } from './peer-data.js';
import type { Peer } from './peer-list.js';
import { type PeerRun, runProgram } from './peer-run.js';

/**
 * Relative difference of two losses. Seeds alone make a difference of 3 % in the first thousands of samples and of 1 % in
 * later epochs. A mean instead of a sum or the same order in each epoch makes a much larger one.
 */
const TOLERANCE = 0.05;

export class LossCheck {
  readonly #lockstep: Peer;
  readonly #data: PeerData;
  readonly #epochs: number;
  /** By number of samples. */
  readonly #expected = new Map<number, Promise<readonly number[]>>();

  constructor(lockstep: Peer, data: PeerData, epochs: number) {
    this.#lockstep = lockstep;
    this.#data = data;
    this.#epochs = epochs;
  }

  /**
   * @throws Error that names the first epoch whose loss is another
   */
  async check(peer: Peer, samples: number, { epochs }: PeerRun): Promise<void> {
    if (epochs.length !== this.#epochs) throw new Error(`${epochs.length} epochs instead of ${this.#epochs}`);
    if (peer.otherJob !== undefined) return;
    for (const [i, expected] of (await this.#lossesOf(samples)).entries()) {
      const loss = epochs[i]?.train_loss ?? Number.NaN;
      if (!(Math.abs(loss - expected) <= TOLERANCE * expected)) {
        throw new Error(
          `loss ${loss.toFixed(4)} after epoch ${i + 1} of ${samples} samples, not ${expected.toFixed(4)}`,
        );
      }
    }
  }

  #lossesOf(samples: number): Promise<readonly number[]> {
    const known = this.#expected.get(samples) ?? this.#ownLosses(samples);
    this.#expected.set(samples, known);
    return known;
  }

  /** The reference's losses where it has told them, Lockstep's own for all else. */
  async #ownLosses(samples: number): Promise<readonly number[]> {
    const { samples: all, referenceLosses } = this.#data;
    const command = this.#lockstep.command({ data: this.#data, threads: 1, epochs: this.#epochs, samples });
    const { epochs } = await runProgram(command, 1);
    return epochs.map(({ train_loss }, i) => (samples === all ? referenceLosses[i] : undefined) ?? train_loss!);
  }
}
