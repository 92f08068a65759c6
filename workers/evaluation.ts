/** A worker's part of the evaluation of held-out samples. */
import { createKernel } from '../src/kernels/builds.js';
import { ForwardPass } from '../src/kernels/forward-pass.js';
import type { Range } from '../src/kernels/kernel.js';
import type { EpochRecord } from '../src/memory/epoch-record.js';
import { type Memory, withBest } from '../src/memory/layout.js';
import type { Criterion } from '../src/model/objectives/objective.js';
import { shareOfRank } from '../src/parallel/mpi/rank-shares.js';
import { elementsOf, partOf } from '../src/parallel/shares.js';
import type { WorkerTask } from '../src/parallel/task.js';
import { beat } from '../src/parallel/watchdog.js';
import type { PhaseParts } from './phase-parts.js';

export class Evaluation {
  readonly #task: WorkerTask;
  readonly #memory: Memory;
  readonly #forwardPass: ForwardPass;
  readonly #criterion: Criterion;
  /** Cost of a sample. */
  readonly #work: (sample: number) => number;

  constructor({ task, memory, forwardPass, criterion, work }: PhaseParts) {
    this.#task = task;
    this.#memory = memory;
    this.#forwardPass = forwardPass;
    this.#criterion = criterion;
    this.#work = work;
  }

  /**
   * Exchanges the parameters and their moving average: our part of them. Behind the next barrier, samples are evaluated with the
   * average, until it is called again.
   */
  swapAverage(): void {
    const { plan, worker } = this.#task;
    for (const layer of this.#memory.layers) {
      const { parameters, moments } = layer;
      const { from, to } = elementsOf(layer, plan.threads, worker);
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
      beat(this.#memory, this.#task.worker);
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
}
