/**
 * One thread's life: from the shared memory to the last epoch, in step with the others.
 *
 * Every member runs this same loop. They never talk to each other but through the memory and at barriers:
 *
 *   for each step    forward, by panel       the first layer of all samples, in this member's panels
 *                    — barrier —
 *                    gradients, by sample    the other layers, loss and back-propagation of this member's samples
 *                    — barrier —
 *                    update, by parameter    reduction and step of this member's panels and rows
 *                    — barrier —
 *   for each epoch   evaluation of this member's test samples
 *                    — barrier —
 *
 * Strategy `dense` has no first phase and no last: a member does everything for its own samples, sums their gradients in
 * a buffer of its own, and the coordinator does the rest while the barrier is held.
 */
import type { Kernel, Range, RowSlice } from '../src/kernels/kernel.js';
import { SoftmaxCrossEntropy } from '../src/kernels/loss.js';
import { createKernel } from '../src/kernels/select.js';
import { type EpochRecord, layOut, type Memory } from '../src/memory/layout.js';
import { placeHiddenLists, placeSample } from '../src/memory/lists.js';
import { stepRate } from '../src/model/step.js';
import { Barrier, GangAborted, type Hold } from '../src/threads/barrier.js';
import { now } from '../src/threads/clock.js';
import { Command, Control, HeldFor, recordOf } from '../src/threads/control.js';
import { cut, fixedCost, sampleWork } from '../src/threads/shares.js';
import { type MemberTask, Phase } from '../src/threads/task.js';

/** Piscina's entry: returns when the run is over for this member, also when a peer's death ended it. */
export default function runMember(task: MemberTask): void {
  try {
    new Member(task).run();
  } catch (error) {
    if (!(error instanceof GangAborted)) throw error;
  }
}

export class Member {
  readonly #task: MemberTask;
  readonly #memory: Memory;
  readonly #control: Control;
  readonly #barrier: Barrier;
  readonly #kernel: Kernel;
  readonly #loss: SoftmaxCrossEntropy;
  readonly #fixedCost: number;
  readonly #lastLayer: number;
  /** Steps of the whole run that are done. */
  #steps = 0;
  /** Where the run is: the epoch, and the position of the batch's first sample in its order. */
  #epoch = 0;
  #first = 0;

  constructor(task: MemberTask) {
    const { plan } = task;
    this.#task = task;
    this.#memory = layOut(plan, task.shared);
    this.#control = new Control(this.#memory.control);
    this.#barrier = new Barrier(this.#memory.control, plan.threads, task.spins);
    this.#kernel = createKernel(task.kernel, task.shared, this.#memory, task.member);
    this.#loss = new SoftmaxCrossEntropy(this.#memory.layers.at(-1)!);
    this.#fixedCost = fixedCost(this.#memory.layers);
    this.#lastLayer = this.#memory.layers.length - 1;
    // All members write the same values.
    placeHiddenLists(this.#memory);
  }

  run(): void {
    const { epochs } = this.#task;
    if (epochs === 0) {
      this.#evaluate(this.#record(0));
      this.#finishEpoch(0);
      return;
    }
    if (!this.#meetForEpoch(1)) return;
    for (let epoch = 1; epoch <= epochs; epoch++) {
      if (!this.#trainEpoch(epoch)) return;
      this.#evaluate(this.#record(epoch));
      if (!this.#finishEpoch(epoch)) return;
    }
  }

  /** @returns false if the gang is to stop */
  #trainEpoch(epoch: number): boolean {
    const { plan, member } = this.#task;
    const record = this.#record(epoch);
    const start = performance.now();
    if (member === 0) record.times[0] = now();
    this.#scratch.waited[recordOf(epoch)] = 0;
    for (let first = 0; first < plan.trainSamples; first += plan.batchSize) {
      const batch = Math.min(plan.batchSize, plan.trainSamples - first);
      if (!this.#step(epoch, record, first, batch)) return false;
    }
    this.#scratch.trained[recordOf(epoch)] = performance.now() - start;
    return true;
  }

  /**
   * One minibatch: the samples at the positions [first, first + batch) of the epoch's order.
   *
   * @returns false if the gang is to stop
   */
  #step(epoch: number, record: EpochRecord, first: number, batch: number): boolean {
    this.#epoch = epoch;
    this.#first = first;
    const dense = this.#task.strategy === 'dense';
    const share = this.#shareOf(record.order, first, batch);

    if (this.#panels) {
      this.#enter(Phase.FORWARD);
      this.#forwardPanels(record, first, batch, this.#panels);
      this.#enter(Phase.WAIT);
      this.#meet(epoch, nothing);
    } else {
      this.#enter(Phase.GRADIENTS);
      this.#placeSamples(record.order, first, share.from, share.to);
      this.#kernel.forward(0, this.#allPanels(0), share.from, share.to);
    }
    this.#enter(Phase.GRADIENTS);
    this.#gradients(record, first, share);
    if (dense) {
      this.#enter(Phase.ACCUMULATE);
      this.#accumulate(share);
    }
    this.#enter(Phase.WAIT);
    this.#meet(epoch, this.#gradientsDone, dense ? this.#holdForGradients : undefined);
    if (this.#control.decision !== Command.GO) return false;

    if (!dense) {
      this.#enter(Phase.UPDATE);
      this.#update(batch);
    }
    this.#enter(Phase.WAIT);
    this.#meet(epoch, this.#stepDone);
    this.#steps++;
    return this.#control.decision === Command.GO;
  }

  /** The first layer forward for all samples, in our panels; and our slice of its batch, transposed for all. */
  #forwardPanels(record: EpochRecord, first: number, batch: number, panels: Range): void {
    // Every member places all samples, and writes what the others write: cheaper than to meet once more.
    this.#placeSamples(record.order, first, 0, batch);
    this.#kernel.forward(0, panels, 0, batch);
    this.#kernel.transpose(0, this.#slice(0), batch);
  }

  /** From the first layer's z: for each of our samples the loss and, factor by factor, its gradient. */
  #gradients(record: EpochRecord, first: number, { from, to }: Range): void {
    this.#forwardFromSecond(from, to);
    for (let slot = from; slot < to; slot++) {
      const position = first + slot;
      const target = this.#memory.rows.labels[record.order[position]!]!;
      this.#loss.differentiate(slot, target);
      record.losses[position] = this.#loss.loss;
      record.wrong[position] = this.#loss.predicted === target ? 0 : 1;
      if (!Number.isFinite(this.#loss.loss)) this.#control.reportDivergence();
    }
    for (let l = this.#lastLayer; l > 0; l--) this.#kernel.backward(l, from, to);
  }

  #forwardFromSecond(from: number, to: number): void {
    for (let l = 1; l <= this.#lastLayer; l++) {
      this.#kernel.activate(l - 1, from, to);
      this.#kernel.forward(l, this.#allPanels(l), from, to);
    }
  }

  /** The last phase of strategy `sliced`: our part of every layer's parameters, over the whole batch. */
  #update(batch: number): void {
    const rate = stepRate(this.#task.learningRate, this.#task.reduction, batch);
    for (const l of this.#memory.layers.keys()) {
      if (l === 0 && this.#panels) {
        this.#stepPanels(this.#panels, batch, rate);
      } else {
        const slice = this.#slice(l);
        this.#kernel.transpose(l, slice, batch);
        this.#kernel.step(l, slice, this.#allPanels(l), batch, rate);
      }
    }
  }

  /** The first layer's rows in our panels, from all members' transposed slices. */
  #stepPanels(panels: Range, batch: number, rate: number): void {
    for (let panel = panels.from; panel < panels.to; panel++) {
      for (const slice of this.#task.slices[0]!) {
        this.#kernel.step(0, slice, { from: panel, to: panel + 1 }, batch, rate);
      }
    }
  }

  /** Strategy `dense`: our share's gradients into our buffer; the coordinator adds the buffers and steps. */
  #accumulate({ from, to }: Range): void {
    for (let l = 0; l <= this.#lastLayer; l++) this.#kernel.accumulate(l, from, to);
  }

  /** Loss and prediction of our share of the test samples, a block at a time in slots of our own. */
  #evaluate(record: EpochRecord): void {
    this.#enter(Phase.EVALUATE);
    const { plan, member } = this.#task;
    const work = sampleWork(this.#memory.rows, this.#fixedCost);
    const share = cut(plan.testSamples, (i) => work(plan.trainSamples + i), plan.threads, member);
    const block = Math.floor(this.#memory.slots / plan.threads);
    const slot = member * block;
    for (let first = share.from; first < share.to; first += block) {
      if (this.#control.command !== Command.GO) return;
      const count = Math.min(block, share.to - first);
      this.#evaluateBlock(record, first, count, slot);
    }
  }

  #evaluateBlock(record: EpochRecord, first: number, count: number, slot: number): void {
    const { rows } = this.#memory;
    const firstRow = this.#task.plan.trainSamples + first;
    for (let i = 0; i < count; i++) placeSample(this.#memory, firstRow + i, slot + i);
    this.#kernel.forward(0, this.#allPanels(0), slot, slot + count);
    this.#forwardFromSecond(slot, slot + count);
    for (let i = 0; i < count; i++) {
      const target = rows.labels[firstRow + i]!;
      this.#loss.evaluate(slot + i, target);
      record.testLosses[first + i] = this.#loss.loss;
      record.testWrong[first + i] = this.#loss.predicted === target ? 0 : 1;
    }
  }

  /** Which slots of this batch are ours, by nonzeros. */
  #shareOf(order: Uint32Array, first: number, batch: number): Range {
    const { plan, member } = this.#task;
    const work = sampleWork(this.#memory.rows, this.#fixedCost);
    return cut(batch, (slot) => work(order[first + slot]!), plan.threads, member);
  }

  /** The batch's samples of these slots. */
  #placeSamples(order: Uint32Array, first: number, from: number, to: number): void {
    for (let slot = from; slot < to; slot++) placeSample(this.#memory, order[first + slot]!, slot);
  }

  #meet(epoch: number, last: () => void, hold?: Hold): void {
    const start = performance.now();
    this.#barrier.arrive(last, hold);
    this.#scratch.waited[recordOf(epoch)]! += performance.now() - start;
  }

  /** Meets before the epoch begins. @returns false if the gang is to stop */
  #meetForEpoch(epoch: number): boolean {
    this.#enter(Phase.WAIT);
    this.#barrier.arrive(nothing, this.#holdForGrant(epoch));
    return this.#control.decision === Command.GO;
  }

  /** @returns false if the gang is to stop */
  #finishEpoch(epoch: number): boolean {
    this.#enter(Phase.WAIT);
    const record = this.#record(epoch);
    const finished = () => {
      // A stop during the evaluation leaves it incomplete: then there is no such epoch.
      if (this.#control.command !== Command.GO) return;
      record.times[2] = now();
      this.#control.finish(epoch);
      this.#control.ring();
    };
    this.#barrier.arrive(finished, epoch < this.#task.epochs ? this.#holdForGrant(epoch + 1) : undefined);
    return this.#control.decision === Command.GO;
  }

  #holdForGrant(epoch: number): Hold {
    return {
      why: HeldFor.GRANT,
      ready: () => this.#control.granted >= epoch || this.#control.command !== Command.GO,
      announce: () => undefined,
      opening: () => this.#control.decide(this.#control.command),
    };
  }

  readonly #holdForGradients: Hold = {
    why: HeldFor.GRADIENTS,
    ready: () => this.#control.decision !== Command.GO,
    announce: () => this.#control.ring(),
    opening: () => undefined,
  };

  /** A stop is not obeyed between the phases, where the step is half done; a divergence is, before it is. */
  readonly #gradientsDone = () => {
    this.#control.decide(this.#control.diverged ? Command.DIVERGED : Command.GO);
  };

  readonly #stepDone = () => {
    const { plan, logEvery } = this.#task;
    const record = this.#record(this.#epoch);
    const at = now();
    record.stepEnds[this.#first / plan.batchSize] = at;
    this.#control.countStep(this.#epoch);
    const isLast = this.#first + plan.batchSize >= plan.trainSamples;
    if (isLast) record.times[1] = at;
    if (isLast || (logEvery > 0 && (this.#steps + 1) % logEvery === 0)) this.#control.ring();
    this.#control.decide(this.#control.command);
  };

  #record(epoch: number): EpochRecord {
    return this.#memory.epochs[recordOf(epoch)];
  }

  #enter(phase: Phase): void {
    this.#scratch.phase[0] = phase;
  }

  /** The panels of the first layer that are ours, where it is cut by panels. */
  get #panels(): Range | undefined {
    return this.#task.panels?.[this.#task.member];
  }

  #allPanels(l: number): Range {
    return { from: 0, to: this.#memory.layers[l]!.panels.length };
  }

  /** Our rows of a layer. */
  #slice(l: number): RowSlice {
    return this.#task.slices[l]![this.#task.member]!;
  }

  get #scratch() {
    return this.#memory.members[this.#task.member]!;
  }
}

function nothing(): void {}
