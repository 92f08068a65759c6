/**
 * The main thread's side of the gang: it cuts the work, grants epochs, follows, and never blocks. In strategy
 * `dense` it also adds the members' gradients and applies the step.
 */
import { shuffledOrder } from '../data/order.js';
import { createKernel } from '../kernels/select.js';
import type { EpochRecord, Memory, Plan } from '../memory/layout.js';
import { stepRate } from '../model/step.js';
import { Command, Control, HeldFor, recordOf } from './control.js';
import { Gang, spinsFor } from './gang.js';
import { cutPanels, cutRows } from './shares.js';
import type { MemberTask } from './task.js';

/** What all members are told, and the seed, which only the coordinator needs. */
export interface Job extends Omit<MemberTask, 'member' | 'slices' | 'firstLayerSlices' | 'panels' | 'spins'> {
  readonly seed: number;
}

/** How the gang ended: it ran all epochs, was told to stop, met a loss that is not finite, or lost a member. */
export type Outcome = 'completed' | 'stopped' | 'diverged' | 'died';

export interface Look {
  /** Undefined while the gang runs. */
  readonly outcome: Outcome | undefined;
  /** Whether the epoch has been trained and evaluated. */
  readonly isEpochFinished: boolean;
  readonly change: () => Promise<void>;
}

export class Coordinator {
  readonly #job: Job;
  readonly #memory: Memory;
  readonly #control: Control;
  readonly #gang: Gang;
  /** The epoch whose end has not been seen yet. */
  #epoch: number;
  #outcome: Outcome | undefined;
  #failure: unknown;
  /** Strategy `dense`: resolves when there is nothing more to apply. */
  readonly #applier: Promise<void> | undefined;

  /** Starts the gang. */
  constructor(job: Job, memory: Memory) {
    this.#job = job;
    this.#memory = memory;
    this.#control = new Control(memory.control);
    this.#epoch = job.epochs === 0 ? 0 : 1;
    this.#gang = new Gang(memberTasks(job, memory), memory);
    // Both records are free: the gang may run one epoch ahead of what has been read.
    this.#grant(1);
    this.#grant(2);
    this.#gang.done.then(
      () => this.#end(this.#outcomeOf()),
      (failure: unknown) => this.#fail(failure),
    );
    if (job.strategy === 'dense') this.#applier = this.#applyGradients().catch((failure) => this.#fail(failure));
  }

  /** Undefined while the gang runs. */
  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  /** What `died` died of. */
  get failure(): unknown {
    return this.#failure;
  }

  /** The epoch that runs, or has just run; 0 where there is only an evaluation. */
  get epoch(): number {
    return this.#epoch;
  }

  get record(): EpochRecord {
    return this.#memory.epochs[recordOf(this.#epoch)];
  }

  get stepsDone(): number {
    return this.#control.stepsDone(this.#epoch);
  }

  /** Goes on to the next epoch: the record of this one has been read and may be used again. */
  nextEpoch(): void {
    this.#grant(this.#epoch + 2);
    this.#epoch++;
  }

  /** Tells the gang to end after the step it is in. */
  stop(): void {
    this.#control.stop();
    // Members that have not begun have nothing to finish, and a thousand threads may take a minute to start.
    const mayBeUnopened = this.#epoch <= 1 && this.stepsDone === 0;
    if (mayBeUnopened && this.#gang.barrier.abortUnopened()) this.#end('stopped');
    else this.#release();
  }

  /**
   * Whether the gang has ended, and whether the epoch has; `change` resolves when something has changed since this
   * look. Looking first and waiting then leaves no change unseen.
   */
  look(): Look {
    const rings = this.#control.rings;
    const outcome = this.#outcome;
    const isEpochFinished = this.#control.isFinished(this.#epoch);
    return { outcome, isEpochFinished, change: () => this.#control.rungSince(rings) };
  }

  /** Stops the gang, wherever it is, and ends its threads. */
  async close(): Promise<void> {
    this.stop();
    while (this.#outcome === undefined) await this.look().change();
    await this.#gang.destroy();
    await this.#applier;
  }

  #grant(epoch: number): void {
    if (epoch > this.#job.epochs) return;
    this.#control.clearRecord(epoch);
    shuffledOrder(this.#memory.epochs[recordOf(epoch)].order, this.#job.seed, epoch);
    this.#control.grant(epoch);
    this.#release();
  }

  /** Opens the barrier if the gang waits there for what has just been given. */
  #release(): void {
    this.#gang.barrier.release(HeldFor.GRANT, () => this.#control.decide(this.#control.command));
  }

  #fail(failure: unknown): void {
    this.#failure ??= failure;
    this.#end('died');
  }

  /** The first outcome stays. */
  #end(outcome: Outcome): void {
    this.#outcome ??= outcome;
    this.#control.ring();
  }

  /**
   * Strategy `dense`: whenever all members wait, each with its share's gradients in its buffer, adds the buffers and
   * steps. It goes on by itself, however long the consumer takes for an event.
   */
  async #applyGradients(): Promise<void> {
    const { barrier } = this.#gang;
    const { plan, shared, kernel, learningRate, reduction } = this.#job;
    const own = createKernel(kernel, shared, this.#memory, 0);
    let first = 0;
    while (this.#outcome === undefined) {
      const rings = this.#control.rings;
      if (barrier.held === HeldFor.GRADIENTS) {
        const batch = Math.min(plan.batchSize, plan.trainSamples - first);
        const rate = stepRate(learningRate, reduction, batch);
        for (const l of this.#memory.layers.keys()) own.applyGradients(l, rate);
        first = first + batch < plan.trainSamples ? first + batch : 0;
        barrier.release(HeldFor.GRADIENTS, () => undefined);
      }
      await this.#control.rungSince(rings);
    }
  }

  #outcomeOf(): Outcome {
    if (this.#control.decision === Command.DIVERGED) return 'diverged';
    return this.#control.decision === Command.STOP ? 'stopped' : 'completed';
  }
}

function memberTasks(job: Job, memory: Memory): MemberTask[] {
  const { seed: _, ...common } = job;
  const { trainSamples, batchSize, threads }: Plan = job.plan;
  const slices = cutRows(memory.layers, memory.rows, trainSamples, batchSize, threads);
  // In strategy `dense` a member does everything for its own samples.
  const panels = job.strategy === 'sliced' ? cutPanels(memory.layers[0]!, threads) : undefined;
  const task = { ...common, firstLayerSlices: slices[0]!, panels, spins: spinsFor(threads) };
  return Array.from({ length: threads }, (_, member) => ({
    ...task,
    member,
    slices: slices.map((ofLayer) => ofLayer[member]!),
  }));
}
