/** A worker's part of the phases by sample: inputs, outputs, losses, and the gradients of single samples in factored form. */
import type { ForwardPass } from '../src/kernels/forward-pass.js';
import type { Kernel, Range } from '../src/kernels/kernel.js';
import { GRADIENT_BLOCK, type Memory } from '../src/memory/layout.js';
import { makesRows } from '../src/memory/plan.js';
import { Dropouts } from '../src/model/dropout.js';
import { Audited } from '../src/model/objectives/audited.js';
import type { Criterion } from '../src/model/objectives/objective.js';
import { partOf } from '../src/parallel/shares.js';
import type { WorkerTask } from '../src/parallel/task.js';
import { beat } from '../src/parallel/watchdog.js';
import type { Batch } from './batch.js';
import { BatchInputs } from './batch-inputs.js';
import { type SampleWork, workOnSamples } from './per-sample.js';
import type { PhaseParts } from './phase-parts.js';

/** Bytes to prefetch at most: what fits in a second-level cache next to weights (docs/performance.md, "Sixteen cores"). */
const FETCHED_BYTES = 256 * 1024;

export class SamplePhases {
  readonly #task: WorkerTask;
  readonly #memory: Memory;
  readonly #kernel: Kernel;
  readonly #inputs: BatchInputs;
  readonly #forwardPass: ForwardPass;
  /** With an audit: `#audited`. */
  readonly #criterion: Criterion;
  readonly #audited: Audited | undefined;
  readonly #dropouts: Dropouts | undefined;
  readonly #workOnSamples: readonly SampleWork[];
  readonly #lastLayer: number;
  /** Whether the first layer is computed by panel. */
  readonly #byPanel: boolean;
  /** Cost of a sample if the first layer is computed by sample. */
  readonly #work: (sample: number) => number;
  /** Samples to prefetch at most. */
  readonly #fetched: number;

  constructor({ task, memory, kernel, forwardPass, criterion, work }: PhaseParts) {
    const { dropout, auditWords } = task.plan;
    this.#task = task;
    this.#memory = memory;
    this.#kernel = kernel;
    this.#forwardPass = forwardPass;
    this.#audited = auditWords > 0 ? new Audited(criterion, memory, auditWords) : undefined;
    this.#criterion = this.#audited ?? criterion;
    this.#dropouts = dropout && new Dropouts(dropout);
    this.#inputs = new BatchInputs(task.plan, memory, kernel, this.#dropouts);
    this.#workOnSamples = workOnSamples({ task, memory, kernel });
    this.#lastLayer = memory.layers.length - 1;
    this.#byPanel = task.panels !== undefined;
    this.#work = work;
    const { starts, index, value } = memory.rows;
    this.#fetched = Math.floor((FETCHED_BYTES * (starts.length - 1)) / (index.byteLength + value.byteLength));
  }

  /**
   * Makes the batch, or some of its slots, the input of the first layer. Each worker does so for itself: that takes a few
   * microseconds, less than another barrier. It leaves δ and the transposed batch alone, because the previous batch may not have
   * been stepped yet.
   */
  place(batch: Batch, slots: Range = { from: 0, to: batch.count }): void {
    this.#inputs.place(batch, slots);
  }

  /** With augmentation or dropout of inputs: changes our share of the batch's samples. After a barrier, all workers can place them. */
  makeInputs(batch: Batch, share = this.#shareOf(batch)): void {
    beat(this.#memory, this.#task.worker);
    this.#inputs.make(batch, share);
  }

  /** Prefetches the first samples of a placed batch. */
  fetch({ count }: Batch): void {
    this.#kernel.prefetchInputs(0, 0, Math.min(count, this.#fetched));
  }

  /** By panel: the first layer, for all samples of a placed batch. */
  forward(panels: Range, { count }: Batch): void {
    this.#kernel.forward(0, panels, 0, count);
  }

  /**
   * By sample: the loss and the gradient, in factored form, of each of our samples. Also transposes our slice of the first
   * layer's batch for all workers, if that layer is divided by panels.
   *
   * @returns false if a loss is not finite
   */
  gradients(batch: Batch): boolean {
    const { from, to } = this.#shareOf(batch);
    if (this.#byPanel) this.#kernel.transpose(0, this.#task.slices[0]!, batch.count);
    else {
      const { strategy, plan, exact } = this.#task;
      const isMade = makesRows(plan) && !exact;
      if (isMade) this.makeInputs(batch, { from, to });
      // To reduce by row, a worker reads all samples; in strategy `dense`, and before others have made theirs, only its own.
      this.place(batch, strategy === 'dense' || isMade ? { from, to } : undefined);
    }
    for (let slot = from; slot < to; slot += GRADIENT_BLOCK) {
      beat(this.#memory, this.#task.worker);
      if (!this.#gradientsOf(batch, slot, Math.min(slot + GRADIENT_BLOCK, to))) return false;
    }
    return true;
  }

  #gradientsOf(batch: Batch, from: number, to: number): boolean {
    const { record, epoch, first } = batch;
    const dropouts = this.#dropouts;
    const dropoutOf = dropouts && ((layer: number) => dropouts.of(layer, epoch, record.order, first));
    if (this.#byPanel) this.#forwardPass.fromSecond(from, to, dropoutOf);
    else this.#forwardPass.ofPlaced(from, to, dropoutOf);
    this.#audited?.visit(record.order, first + from, first + to);
    let allFinite = true;
    const isPrivate = this.#task.privacy !== undefined;
    for (let slot = from; slot < to; slot++) {
      const position = first + slot;
      this.#criterion.differentiate(slot, record.order[position]!);
      // A private run reports nothing of single samples, and clipping leaves out those without a finite gradient.
      if (isPrivate) continue;
      this.#criterion.record(record.training, position);
      allFinite &&= Number.isFinite(this.#criterion.loss);
    }
    // The run ends here.
    if (!allFinite) return false;
    for (let l = this.#lastLayer; l > 0; l--) this.#kernel.backward(l, from, to);
    for (const work of this.#workOnSamples) work(batch, from, to);
    return true;
  }

  /** Strategy `dense`: sums our samples' gradients in our buffer. The coordinator adds the buffers and steps. */
  accumulate(batch: Batch): void {
    const { from, to } = this.#shareOf(batch);
    for (let l = 0; l <= this.#lastLayer; l++) this.#kernel.accumulate(l, from, to);
  }

  /** Our slots of the batch: weighted by nonzeros if the first layer is computed by sample. */
  #shareOf({ record, first, count }: Batch): Range {
    const { plan, worker } = this.#task;
    const work = this.#byPanel ? () => 1 : (slot: number) => this.#work(record.order[first + slot]!);
    return partOf(count, work, plan.threads, worker);
  }
}
