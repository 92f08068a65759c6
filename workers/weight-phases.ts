/** A worker's part of the phases by parameter: gradients are summed over the batch, and the weights stepped. */
import { allPanels } from '../src/kernels/forward-pass.js';
import type { Kernel, Range, RowSlice, Update } from '../src/kernels/kernel.js';
import { GROUP_COLUMNS } from '../src/kernels/lattice-noise.js';
import type { Memory } from '../src/memory/layout.js';
import { stepsPerEpoch } from '../src/memory/plan.js';
import { batchWeight } from '../src/model/objectives/weighted.js';
import { limitNorms } from '../src/optim/max-norm.js';
import { gradientNorm, isPlainSgd, Optimizer, type StepPosition, squaredGradientNorm } from '../src/optim/optimizer.js';
import { sgdUpdate } from '../src/optim/sgd.js';
import { elementsOf, partOf } from '../src/parallel/shares.js';
import type { WorkerTask } from '../src/parallel/task.js';
import { beat } from '../src/parallel/watchdog.js';
import { GradientNoise, groupsOf } from '../src/privacy/gradient-noise.js';
import type { Batch } from './batch.js';
import type { PhaseParts } from './phase-parts.js';

/** One step: the rate of plain SGD, which reduces and steps in one pass, or the update of another optimizer. */
export type StepNumbers = number | Update;

export class WeightPhases {
  readonly #task: WorkerTask;
  readonly #memory: Memory;
  readonly #kernel: Kernel;
  readonly #optimizer: Optimizer;
  /** Plain SGD: the gradient is kept only to be measured. */
  readonly #isPlain: boolean;
  /** The moving average of the current step, for weights whose norm is limited after the step. */
  #average: Update | undefined;
  /** In a private run. */
  readonly #noise: GradientNoise | undefined;
  readonly #lastLayer: number;
  /** Whether the first layer is stepped by panel. */
  readonly #byPanel: boolean;

  constructor({ task, memory, kernel }: PhaseParts) {
    this.#task = task;
    this.#memory = memory;
    this.#kernel = kernel;
    this.#optimizer = new Optimizer(task.optimizer, task.epochs, stepsPerEpoch(task.plan), memory.plateau);
    this.#isPlain = isPlainSgd(task.optimizer);
    this.#lastLayer = memory.layers.length - 1;
    this.#byPanel = task.panels !== undefined;
    if (task.privacy) {
      const { noiseKey: key, mechanism } = task.privacy;
      this.#noise = new GradientNoise({ key, scale: mechanism.scale }, task.shared, memory, task.worker);
    }
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
    limitNorms(this.#kernel, l, this.#memory.layers[l]!, panels, maxNorm, this.#average);
  }

  #byRows(work: (layer: number, slice: RowSlice, panels: Range) => void): void {
    for (let l = this.#byPanel ? 1 : 0; l <= this.#lastLayer; l++) {
      beat(this.#memory, this.#task.worker);
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

  /** Our part of a layer's array. */
  #elementsOf(l: number): Range {
    const { plan, worker } = this.#task;
    return elementsOf(this.#memory.layers[l]!, plan.threads, worker);
  }

  /** Our rows of a layer. */
  #slice(l: number): RowSlice {
    return this.#task.slices[l]!;
  }
}

function only(panel: number): Range {
  return { from: panel, to: panel + 1 };
}
