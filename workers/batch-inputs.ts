/**
 * The first layer's inputs of a batch: its samples' own rows, where they lie, or with augmentation or dropout of inputs rows that are
 * made for the batch. Each worker makes the rows of some samples, one batch ahead where other work separates that from their use; all
 * workers read all of them.
 */
import type { Kernel, Range } from '../src/kernels/kernel.js';
import type { Memory } from '../src/memory/layout.js';
import { makesRows, type Plan } from '../src/memory/plan.js';
import { batchRowStart, finishBatchRow, placeBatchRows, placeSamples } from '../src/memory/rows.js';
import { Augmenter } from '../src/model/augmentation/augmenter.js';
import type { Dropouts } from '../src/model/dropout.js';
import type { Batch } from './batch.js';

export class BatchInputs {
  readonly #memory: Memory;
  readonly #kernel: Kernel;
  readonly #areMade: boolean;
  readonly #augmenter: Augmenter | undefined;
  readonly #dropouts: Dropouts | undefined;

  constructor(plan: Plan, memory: Memory, kernel: Kernel, dropouts: Dropouts | undefined) {
    this.#memory = memory;
    this.#kernel = kernel;
    this.#areMade = makesRows(plan);
    this.#augmenter = plan.augmentation && new Augmenter(plan.augmentation, memory);
    this.#dropouts = dropouts;
  }

  /** Makes the rows of these slots, if rows are made. Nobody may still read the rows of the batch before the previous one. */
  make(batch: Batch, { from, to }: Range): void {
    if (!this.#areMade) return;
    const { record, epoch, step, first } = batch;
    const { starts } = this.#memory.rows;
    const dropout = this.#dropouts?.of(0, epoch, record.order, first);
    for (let slot = from; slot < to; slot++) {
      const sample = record.order[first + slot]!;
      const at = batchRowStart(this.#memory, step % 2, slot);
      let row: Range = { from: starts[sample]!, to: starts[sample + 1]! };
      if (this.#augmenter) row = { from: at, to: at + this.#augmenter.write(epoch, sample, at) };
      const length = dropout ? this.#kernel.dropInputs(dropout, slot, row, at) : row.to - row.from;
      finishBatchRow(this.#memory, step % 2, slot, length);
    }
  }

  /** Makes the rows of these slots the inputs of the first layer, for this worker. Rows that are made must have been. */
  place({ record, step, first }: Batch, { from, to }: Range): void {
    if (this.#areMade) placeBatchRows(this.#memory, step % 2, from, to);
    else placeSamples(this.#memory, (slot) => record.order[first + slot]!, from, to);
  }
}
