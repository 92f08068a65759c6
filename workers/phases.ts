/** A worker's part of each phase. Nothing here waits or communicates; step.ts says which phase comes when. */

import { createKernel } from '../src/kernels/builds.js';
import { allPanels, ForwardPass } from '../src/kernels/forward-pass.js';
import type { Kernel, Range, RowSlice, Update } from '../src/kernels/kernel.js';
import { GROUP_COLUMNS } from '../src/kernels/lattice-noise.js';
import { type EpochRecord, type Memory, withBest } from '../src/memory/layout.js';
import { makesRows, stepsPerEpoch } from '../src/memory/plan.js';
import { LANES } from '../src/memory/tiling.js';
import { Dropouts } from '../src/model/dropout.js';
import { Audited } from '../src/model/objectives/audited.js';
import { objectiveOf } from '../src/model/objectives/index.js';
import type { Criterion } from '../src/model/objectives/objective.js';
import { batchWeight } from '../src/model/objectives/weighted.js';
import { gradientNorm, isPlainSgd, Optimizer, type StepPosition, squaredGradientNorm } from '../src/optim/optimizer.js';
import { sgdUpdate } from '../src/optim/sgd.js';
import { SHARDS, shareOfRank } from '../src/parallel/mpi/rank-shares.js';
import { fixedCost, partOf, sampleWork } from '../src/parallel/shares.js';
import type { WorkerTask } from '../src/parallel/task.js';
import { GradientNoise, groupsOf } from '../src/privacy/gradient-noise.js';
import type { Batch } from './batch.js';
import { BatchInputs } from './batch-inputs.js';
import { type SampleWork, workOnSamples } from './per-sample.js';

/** One step: the rate of plain SGD, which reduces and steps in one pass, or the update of another optimizer. */
export type StepNumbers = number | Update;

/** Samples that go forward and back together: enough to amortize loading weights, few enough to keep z and δ cached. */
const GRADIENT_BLOCK = 100;

/** Bytes to prefetch at most: what fits in a second-level cache next to weights (docs/performance.md, "Sixteen cores"). */
const FETCHED_BYTES = 256 * 1024;

export class Phases {
  readonly #task: WorkerTask;
  readonly #memory: Memory;
  readonly #kernel: Kernel;
  readonly #inputs: BatchInputs;
  /** Of the step, for weights that are limited. */
  #average: Update | undefined;
  readonly #forwardPass: ForwardPass;
  readonly #criterion: Criterion;
  /** With an audit: the criterion. */
  readonly #audited: Audited | undefined;
  readonly #dropouts: Dropouts | undefined;
  /** Positions of the first samples of the two batches whose inputs were dropped last, by step. */
  readonly #optimizer: Optimizer;
  /** Plain SGD: the gradient is kept only to be measured. */
  readonly #isPlain: boolean;
  readonly #workOnSamples: readonly SampleWork[];
  readonly #lastLayer: number;
  /** In a private run. */
  readonly #noise: GradientNoise | undefined;
  /** Cost of a sample if the first layer is computed by sample. */
  readonly #work: (sample: number) => number;
  /** Whether the first layer is computed and stepped by panel. */
  readonly #byPanel: boolean;
  /** Samples to prefetch at most. */
  readonly #fetched: number;

  constructor(task: WorkerTask, memory: Memory) {
    this.#task = task;
    this.#memory = memory;
    this.#kernel = createKernel(task.kernel, task.plan.activation, task.shared, memory, task.worker);
    this.#forwardPass = new ForwardPass(this.#kernel, memory);
    const criterion = objectiveOf(task.plan).criterion(memory);
    const { auditWords } = task.plan;
    this.#audited = auditWords > 0 ? new Audited(criterion, memory, auditWords) : undefined;
    this.#criterion = this.#audited ?? criterion;
    const { dropout } = task.plan;
    this.#dropouts = dropout && new Dropouts(dropout);
    this.#inputs = new BatchInputs(task.plan, memory, this.#kernel, this.#dropouts);
    this.#optimizer = new Optimizer(task.optimizer, task.epochs, stepsPerEpoch(task.plan), memory.plateau);
    this.#isPlain = isPlainSgd(task.optimizer);
    this.#workOnSamples = workOnSamples({ task, memory, kernel: this.#kernel });
    this.#lastLayer = memory.layers.length - 1;
    if (task.privacy) {
      const { noiseKey: key, mechanism } = task.privacy;
      this.#noise = new GradientNoise({ key, scale: mechanism.scale }, task.shared, memory, task.worker);
    }
    this.#work = sampleWork(memory.rows, fixedCost(memory.layers));
    this.#byPanel = task.panels !== undefined;
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
  makeInputs(batch: Batch): void {
    this.#beat();
    this.#inputs.make(batch, this.#shareOf(batch));
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
    if (this.#byPanel) this.#kernel.transpose(0, this.#slice(0), batch.count);
    else {
      const { strategy, plan, exact } = this.#task;
      const isMade = makesRows(plan) && !exact;
      if (isMade) this.makeInputs(batch);
      // To reduce by row, a worker reads all samples; in strategy `dense`, and before others have made theirs, only its own.
      this.place(batch, strategy === 'dense' || isMade ? { from, to } : undefined);
    }
    for (let slot = from; slot < to; slot += GRADIENT_BLOCK) {
      this.#beat();
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

  /** @param stepsDone  of the run. If the optimizer clips, `squareRows` must have been called for all rows. */
  numbersOf({ record, epoch, step, first, count }: Batch, stepsDone: number): StepNumbers {
    const { plan } = this.#task;
    const index = (epoch - 1) * stepsPerEpoch(plan) + step;
    // The number of samples that a private run has drawn is a secret.
    const batch = plan.privacy ? plan.batchSize : batchWeight(this.#memory, plan, record.order, first, count);
    const position: StepPosition = { stepsDone, index, batch };
    this.#average = this.#optimizer.average(stepsDone);
    if (this.#isPlain) return this.#optimizer.plainRate(position);
    return this.#optimizer.update(position, gradientNorm(this.#memory.layers));
  }

  /** The same, for a gradient that is in memory. */
  updateOf(batch: Batch, stepsDone: number): Update {
    const numbers = this.numbersOf(batch, stepsDone);
    // Gives the same bits as plain SGD's step in one pass.
    return typeof numbers === 'number' ? sgdUpdate({ scale: 1, weightDecay: 0, rate: numbers }) : numbers;
  }

  /** The part of the batch that this process computes; without MPI all of it. */
  ownOf(batch: Batch): Batch {
    const { ranks } = this.#task;
    if (!ranks) return batch;
    const { from, to } = shareOfRank(batch.count, ranks.ranks, ranks.rank);
    return { ...batch, first: batch.first + from, count: to - from };
  }

  /** With --exact: how many shards of each batch this process computes. */
  get shardsOfRank(): number {
    return SHARDS / (this.#task.ranks?.ranks ?? 1);
  }

  /** With --exact: the k-th of this process's shards of the batch. */
  shardOf(batch: Batch, k: number): Batch {
    const first = this.shardsOfRank * (this.#task.ranks?.rank ?? 0);
    const { from, to } = shareOfRank(batch.count, SHARDS, first + k);
    return { ...batch, first: batch.first + from, count: to - from };
  }

  /**
   * Our part of the tree of shards: adds the k-th shard's sum, which is in the gradient, to the previous sums, like the carry of
   * a binary counter. Buffer b holds the sum of 2^(b − 1) shards. After the last shard the gradient is the sum of all.
   */
  addShard(k: number, isLast: boolean): void {
    let free = 1;
    for (; (k >> (free - 1)) & 1; free++) {
      for (let l = 0; l <= this.#lastLayer; l++) this.#kernel.addGradient(l, this.#elementsOf(l), free);
    }
    if (isLast) return;
    for (const [l, { gradients }] of this.#memory.layers.entries()) {
      const { from, to } = this.#elementsOf(l);
      gradients[free]!.set(gradients[0]!.subarray(from, to), from);
    }
  }

  /** Adds the second buffer to the gradient of a layer. */
  addOther(l: number): void {
    this.#kernel.addGradient(l, { from: 0, to: this.#memory.layers[l]!.parameters.length }, 1);
  }

  /** Our part of a layer's array, in whole vectors. */
  #elementsOf(l: number): Range {
    const { plan, worker } = this.#task;
    const { length } = this.#memory.layers[l]!.parameters;
    const boundary = (part: number) =>
      part === plan.threads ? length : Math.floor((length * part) / plan.threads / LANES) * LANES;
    return { from: boundary(worker), to: boundary(worker + 1) };
  }

  /** Reduces our rows over the whole batch and steps them, in every layer that is divided by rows. */
  stepRows(batch: Batch, numbers: StepNumbers): void {
    this.#byRows((l, slice, panels) => {
      this.#kernel.transpose(l, slice, batch.count);
      this.#stepSlice(l, slice, panels, batch, numbers);
    });
  }

  /** The same for a panel of the first layer: all its rows, from the transposed slices of all workers. */
  stepPanel(panel: number, batch: Batch, numbers: StepNumbers): void {
    for (const slice of this.#task.firstLayerSlices) this.#stepSlice(0, slice, only(panel), batch, numbers);
    this.#limitPanel(panel);
  }

  /** Reduces our rows into the gradient in memory. */
  reduceRows({ count }: Batch): void {
    this.#byRows((l, slice, panels) => {
      this.#kernel.transpose(l, slice, count);
      this.#kernel.reduce(l, slice, panels, count);
    });
  }

  reducePanel(panel: number, { count }: Batch): void {
    for (const slice of this.#task.firstLayerSlices) this.#kernel.reduce(0, slice, only(panel), count);
  }

  /** Squares the gradient, for its norm: our rows of all layers. */
  squareRows(): void {
    for (let l = 0; l <= this.#lastLayer; l++) this.#kernel.squareRows(l, this.#slice(l));
  }

  /** Reports the norms of the batch's gradient, for all ranks and workers. `squareRows` must have been called for all rows. */
  recordNorms({ record, step }: Batch): void {
    const { plan, worker } = this.#task;
    if (!plan.keepsGradientNorms || worker !== 0) return;
    const { layers } = this.#memory;
    for (const [l, layer] of layers.entries()) {
      record.gradients.ofBatches[step * layers.length + l] = squaredGradientNorm(layer);
    }
  }

  /** Private runs: adds noise to the gradient of a panel of the first layer. */
  noisePanel(panel: number, stepsDone: number): void {
    const { firstColumn, width } = this.#memory.layers[0]!.panels[panel]!;
    const [from, to] = [firstColumn / GROUP_COLUMNS, Math.ceil((firstColumn + width) / GROUP_COLUMNS)];
    this.#noise!.add(stepsDone, 0, { from, to: Math.min(to, groupsOf(this.#memory.layers[0]!)) });
  }

  /** Private runs: adds noise to our columns of the other layers' gradients; of all layers if the first is not divided by panels. */
  noiseColumns(stepsDone: number): void {
    const { plan, worker } = this.#task;
    for (let l = this.#byPanel ? 1 : 0; l <= this.#lastLayer; l++) {
      this.#noise!.add(
        stepsDone,
        l,
        partOf(groupsOf(this.#memory.layers[l]!), () => 1, plan.threads, worker),
      );
    }
  }

  /** Applies the gradient that is in memory. */
  updateRows(update: Update): void {
    this.#byRows((l, slice, panels) => this.#kernel.update(l, slice, panels, update));
  }

  updatePanel(panel: number, update: Update): void {
    this.#kernel.update(0, { from: 0, to: this.#memory.layers[0]!.inputs + 1 }, only(panel), update);
    this.#limitPanel(panel);
  }

  /** Limits the norms of the weights of our panels, in every layer that is divided by rows. */
  limitNorms(): void {
    const { plan, worker } = this.#task;
    const { maxNorm } = this.#task.optimizer;
    for (let l = this.#byPanel ? 1 : 0; l <= this.#lastLayer; l++) {
      const { panels } = this.#memory.layers[l]!;
      const own = partOf(panels.length, (p) => panels[p]!.width, plan.threads, worker);
      this.#limit(l, own, maxNorm!);
    }
  }

  /** The same for a panel of the first layer, which has been stepped. */
  #limitPanel(panel: number): void {
    const { maxNorm } = this.#task.optimizer;
    if (maxNorm !== undefined) this.#limit(0, only(panel), maxNorm);
  }

  #limit(l: number, panels: Range, maxNorm: number): void {
    if (panels.from === panels.to) return;
    this.#kernel.limitNorms(l, panels, maxNorm);
    const rows = { from: 0, to: this.#memory.layers[l]!.inputs + 1 };
    if (this.#average) this.#kernel.update(l, rows, panels, this.#average);
  }

  #byRows(work: (layer: number, slice: RowSlice, panels: Range) => void): void {
    for (let l = this.#byPanel ? 1 : 0; l <= this.#lastLayer; l++) {
      this.#beat();
      work(l, this.#slice(l), allPanels(this.#memory.layers[l]!));
    }
  }

  #stepSlice(l: number, slice: RowSlice, panels: Range, { count }: Batch, numbers: StepNumbers): void {
    if (typeof numbers === 'number') this.#kernel.step(l, slice, panels, count, numbers);
    else {
      this.#kernel.reduce(l, slice, panels, count);
      this.#kernel.update(l, slice, panels, numbers);
    }
  }

  /** Strategy `dense`: sums our samples' gradients in our buffer. The coordinator adds the buffers and steps. */
  accumulate(batch: Batch): void {
    const { from, to } = this.#shareOf(batch);
    for (let l = 0; l <= this.#lastLayer; l++) this.#kernel.accumulate(l, from, to);
  }

  /**
   * Exchanges the parameters and their moving average: our part of them. Behind the next barrier, samples are evaluated with the
   * average, until it is called again.
   */
  swapAverage(): void {
    for (const [l, { parameters, moments }] of this.#memory.layers.entries()) {
      const { from, to } = this.#elementsOf(l);
      const average = moments.at(-1)!;
      const current = parameters.slice(from, to);
      (parameters as Float64Array).set(average.subarray(from, to), from);
      (average as Float64Array).set(current, from);
    }
  }

  /**
   * Scores our share of some held-out samples, a block at a time in slots of our own.
   *
   * @param goOn  called before each block; false skips the rest
   * @returns false if a loss is not finite
   */
  evaluate(record: EpochRecord, samples: Range, goOn: () => boolean): boolean {
    return this.#evaluate(this.#forwardPass, record, samples, goOn);
  }

  /** The same with the best epoch's parameters. Only at the end of the run. */
  evaluateBest(record: EpochRecord, samples: Range): boolean {
    const { kernel, plan, shared, worker } = this.#task;
    const best = withBest(this.#memory);
    const pass = new ForwardPass(createKernel(kernel, plan.activation, shared, best, worker), best);
    return this.#evaluate(pass, record, samples, () => true);
  }

  #evaluate(pass: ForwardPass, record: EpochRecord, samples: Range, goOn: () => boolean): boolean {
    const { plan, worker, ranks } = this.#task;
    const ofRank = shareOfRank(samples.to - samples.from, ranks?.ranks ?? 1, ranks?.rank ?? 0);
    const [from, to] = [samples.from + ofRank.from, samples.from + ofRank.to];
    const ofOwn = partOf(to - from, (i) => this.#work(plan.trainSamples + from + i), plan.threads, worker);
    const own = { from: from + ofOwn.from, to: from + ofOwn.to };
    const block = Math.floor(this.#memory.slots / plan.threads);
    let allFinite = true;
    for (let first = own.from; first < own.to && goOn(); first += block) {
      const count = Math.min(block, own.to - first);
      this.#beat();
      allFinite = this.#evaluateBlock(pass, record, first, count, worker * block) && allFinite;
    }
    return allFinite;
  }

  #evaluateBlock(pass: ForwardPass, record: EpochRecord, first: number, count: number, slot: number): boolean {
    const firstRow = this.#task.plan.trainSamples + first;
    pass.ofSamples((at) => firstRow + at - slot, slot, slot + count);
    let allFinite = true;
    for (let i = 0; i < count; i++) {
      this.#criterion.evaluate(slot + i, firstRow + i);
      this.#criterion.record(record.heldOut, first + i);
      allFinite &&= Number.isFinite(this.#criterion.loss);
    }
    return allFinite;
  }

  /** Our slots of the batch: weighted by nonzeros if the first layer is computed by sample. */
  #shareOf({ record, first, count }: Batch): Range {
    const { plan, worker } = this.#task;
    const work = this.#byPanel ? () => 1 : (slot: number) => this.#work(record.order[first + slot]!);
    return partOf(count, work, plan.threads, worker);
  }

  /** Tells the watchdog that this worker makes progress. */
  #beat(): void {
    this.#memory.workers[this.#task.worker]!.beats[0]!++;
  }

  /** Our rows of a layer. */
  #slice(l: number): RowSlice {
    return this.#task.slices[l]!;
  }
}

function only(panel: number): Range {
  return { from: panel, to: panel + 1 };
}
