/**
 * The first layer's inputs of a batch: its samples' own rows, where they lie, or with augmentation rows that are made for the batch.
 * Each worker makes the rows of some samples, one batch ahead where other work separates that from their use; all workers read all of
 * them.
 */
import type { Range } from '../src/kernels/kernel.js';
import type { Memory } from '../src/memory/layout.js';
import type { Plan } from '../src/memory/plan.js';
import { batchRowStart, finishBatchRow, placeBatchRows, placeSamples } from '../src/memory/rows.js';
import { Augmenter } from '../src/model/augmentation/augmenter.js';
import type { Batch } from './batch.js';

export class BatchInputs {
  readonly #memory: Memory;
  readonly #augmenter: Augmenter | undefined;

  constructor({ augmentation }: Plan, memory: Memory) {
    this.#memory = memory;
    this.#augmenter = augmentation && new Augmenter(augmentation, memory);
  }

  /** Makes the rows of these slots, if rows are made. Nobody may still read the rows of the batch before the previous one. */
  make({ record, epoch, step, first }: Batch, { from, to }: Range): void {
    if (!this.#augmenter) return;
    const turn = step % 2;
    for (let slot = from; slot < to; slot++) {
      const at = batchRowStart(this.#memory, turn, slot);
      const length = this.#augmenter.write(epoch, record.order[first + slot]!, at);
      finishBatchRow(this.#memory, turn, slot, length);
    }
  }

  /** Makes the rows of these slots the inputs of the first layer, for this worker. Rows that are made must have been. */
  place({ record, step, first }: Batch, { from, to }: Range): void {
    if (this.#augmenter) placeBatchRows(this.#memory, step % 2, from, to);
    else placeSamples(this.#memory, (slot) => record.order[first + slot]!, from, to);
  }
}
