/**
 * The main thread's side of the team: it cuts the work, grants epochs, follows, and never blocks. In strategy
 * `dense` it also adds the workers' gradients and applies the step.
 */
import { shuffledOrder } from '../data/order.js';
import { allPanels } from '../kernels/forward-pass.js';
import { createKernel } from '../kernels/select.js';
import { type EpochRecord, type Memory, recordIndex } from '../memory/layout.js';
import { ownBatch, type Plan, stepsPerEpoch } from '../memory/plan.js';
import type { Position } from '../metrics/run-state.js';
import { parameterCount } from '../model/parameters.js';
import { gradientNorm, needsOf, Optimizer } from '../optim/optimizer.js';
import { Barrier } from './barrier.js';
import { Command, Control, HeldFor, reasonOf, ticketOf } from './control.js';
import { cutPanels, cutRows } from './shares.js';
import type { WorkerTask } from './task.js';
import { spinsFor, Team } from './team.js';
import { type TeamWait, Watchdog } from './watchdog.js';

/** What all workers are told, and the seed, which only the coordinator needs. */
export interface Job extends Omit<WorkerTask, 'worker' | 'slices' | 'firstLayerSlices' | 'panels' | 'spins'> {
  readonly seed: number;
}

/** How the team ended: it ran all epochs, was told to stop, met a loss that is not finite, or lost a worker. */
export type Outcome = 'completed' | 'stopped' | 'diverged' | 'died';

export interface Look {
  /** Undefined while the team runs. */
  readonly outcome: Outcome | undefined;
  /** Whether the epoch has been trained and evaluated. */
  readonly isEpochFinished: boolean;
  readonly change: () => Promise<void>;
}

/** Saves the run as it is at a position. The team waits until that resolves; it must not reject. */
export type TakeSnapshot = (position: Position) => Promise<void>;

export class Coordinator {
  readonly #job: Job;
  readonly #memory: Memory;
  readonly #control: Control;
  readonly #barrier: Barrier;
  readonly #team: Team;
  /** The epoch whose end has not been seen yet. */
  #epoch: number;
  #outcome: Outcome | undefined;
  #failure: unknown;
  /** The team has ended, and all that is left to do is the last snapshot. */
  #isEnding = false;
  readonly #takeSnapshot: TakeSnapshot | undefined;
  readonly #watchdog: Watchdog;
  /** Whether what the barrier is held for is being done. */
  #isServing = false;
  /** What goes on beside the team: resolves when there is nothing more to do. */
  readonly #services: Promise<void>[] = [];

  /**
   * Starts the team.
   *
   * @param takeSnapshot  called as often as the job says, and when the team has ended, unless it failed. It is served at
   *   once, however long the consumer takes for an event
   */
  constructor(job: Job, memory: Memory, takeSnapshot?: TakeSnapshot) {
    this.#job = job;
    this.#memory = memory;
    this.#takeSnapshot = takeSnapshot;
    this.#control = new Control(memory.control);
    this.#epoch = job.epochs === 0 ? 0 : job.start.epochs + 1;
    this.#barrier = new Barrier(memory.control, job.plan.threads, 0);
    // Both records are free: the team may run one epoch ahead of what has been read.
    this.#grant(this.#epoch);
    this.#grant(this.#epoch + 1);
    const applyGradients = job.strategy === 'dense' ? this.#gradientsApplier() : undefined;
    // Nothing that can fail comes after this: nobody could end the threads.
    this.#team = new Team(workerTasks(job, memory), memory, this.#barrier, () => this.#stepsOfRun);
    this.#team.done.then(
      () => this.#finish(this.#outcomeOf()),
      (failure: unknown) => this.#fail(failure),
    );
    if (applyGradients) this.#serve(HeldFor.GRADIENTS, applyGradients);
    if (takeSnapshot) this.#serve(HeldFor.SNAPSHOT, () => takeSnapshot(this.#position));
    this.#watchdog = new Watchdog(
      memory,
      () => this.#waitOfTeam,
      () => this.#stepsOfRun,
      firstStepMs(memory, job.plan),
      (failure) => this.#fail(failure),
    );
  }

  /** Undefined while the team runs. */
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
    return this.#memory.epochs[recordIndex(this.#epoch)];
  }

  get stepsDone(): number {
    return this.#control.stepsDone(this.#epoch);
  }

  /** Goes on to the next epoch: the record of this one has been read and may be used again. */
  nextEpoch(): void {
    this.#grant(this.#epoch + 2);
    this.#epoch++;
  }

  /** Tells the team to end after the step it is in. */
  stop(): void {
    this.#control.stop();
    // Workers that have not begun have nothing to finish, and a thousand threads may take a minute to start. (Other ranks
    // would wait for them.)
    const { epochs, stepsInEpoch } = this.#job.start;
    const mayBeUnopened = !this.#job.ranks && this.#epoch <= epochs + 1 && this.stepsDone === stepsInEpoch;
    if (mayBeUnopened && this.#barrier.abortUnopened()) this.#finish('stopped');
    else this.#openGrant(this.#barrier.held);
  }

  /**
   * Whether the team has ended, and whether the epoch has; `change` resolves when something has changed since this
   * look. Looking first and waiting then leaves no change unseen.
   */
  look(): Look {
    const rings = this.#control.rings;
    const outcome = this.#outcome;
    const isEpochFinished = this.#control.isFinished(this.#epoch);
    return { outcome, isEpochFinished, change: () => this.#control.rungSince(rings) };
  }

  /** Makes whoever waits for a change look again. */
  ring(): void {
    this.#control.ring();
  }

  /** Stops the team, wherever it is, and ends its threads. */
  async close(): Promise<void> {
    this.stop();
    while (this.#outcome === undefined) await this.look().change();
    this.#watchdog.stop();
    const destroyed = this.#team.destroy();
    // A worker that waits for other ranks cannot be ended: all of them will be, together (parallel/mpi/world.ts).
    if (this.#job.ranks && this.#outcome === 'died') return;
    await destroyed;
    await Promise.all(this.#services);
  }

  #grant(epoch: number): void {
    if (epoch > this.#job.epochs) return;
    const { epochs, stepsInEpoch } = this.#job.start;
    this.#control.clearRecord(epoch, epoch === epochs + 1 ? stepsInEpoch : 0);
    shuffledOrder(this.#memory.epochs[recordIndex(epoch)].order, this.#job.seed, epoch);
    this.#control.grant(epoch);
    this.#openGrant(ticketOf(HeldFor.GRANT, epoch));
  }

  /** Opens the barrier if the team is held there with this ticket, and it is one for an epoch. */
  #openGrant(ticket: number): void {
    if (reasonOf(ticket) !== HeldFor.GRANT) return;
    // (Ranks decide together, behind the barrier.)
    const { ranks } = this.#job;
    this.#barrier.release(ticket, () => this.#control.decide(ranks ? Command.GO : this.#control.command));
  }

  /** What the watchdog is to know of a team that stands still. */
  get #waitOfTeam(): TeamWait {
    const { held } = this.#barrier;
    const reason = reasonOf(held);
    if (reason === 0) return 'none';
    const { granted, command } = this.#control;
    const isOwed =
      reason === HeldFor.GRANT
        ? command === Command.GO && held === ticketOf(HeldFor.GRANT, granted + 1)
        : this.#isServing;
    return isOwed ? 'coordinator' : 'stalled';
  }

  /**
   * Where the team is, which may be up to two epochs ahead of what has been read. Exact while it is held, or has ended.
   */
  get #position(): Position {
    if (this.#job.epochs === 0) return { epochs: 0, stepsInEpoch: 0 };
    // The record of an epoch that has not been granted still holds the steps of the one before the last.
    const { granted } = this.#control;
    let done = this.#epoch - 1;
    while (done < granted && this.#control.isFinished(done + 1)) done++;
    return { epochs: done, stepsInEpoch: done < granted ? this.#control.stepsDone(done + 1) : 0 };
  }

  get #stepsOfRun(): number {
    const { start, stepsDone, plan } = this.#job;
    const { epochs, stepsInEpoch } = this.#position;
    return stepsDone + (epochs - start.epochs) * stepsPerEpoch(plan) + stepsInEpoch - start.stepsInEpoch;
  }

  #fail(failure: unknown): void {
    this.#failure ??= failure;
    // Who waits for a barrier that will not open would wait for ever.
    this.#barrier.abort();
    this.#end('died');
  }

  /** The workers have ended well: their last step is whole. */
  #finish(outcome: Outcome): void {
    // A team that has failed may end well too, if all its workers live to see the abort: with a step half done.
    if (this.#isEnding || this.#outcome !== undefined) return;
    this.#isEnding = true;
    // However long a disk takes now: no worker has anything left to do.
    this.#watchdog.stop();
    // What has diverged is not to replace what was good.
    const saved = outcome === 'diverged' ? undefined : this.#takeSnapshot?.(this.#position);
    const ended = Promise.resolve(saved).then(() => this.#end(outcome));
    this.#services.push(ended.catch((failure) => this.#fail(failure)));
  }

  /** The first outcome stays. */
  #end(outcome: Outcome): void {
    this.#outcome ??= outcome;
    this.#control.ring();
  }

  /** Whenever the barrier is held for this reason: does what it is held for, and opens it. */
  #serve(why: HeldFor, work: () => void | Promise<void>): void {
    const serve = async () => {
      while (this.#outcome === undefined) {
        const rings = this.#control.rings;
        const ticket = this.#barrier.held;
        if (reasonOf(ticket) === why) {
          this.#isServing = true;
          await work();
          this.#isServing = false;
          this.#barrier.release(ticket, () => undefined);
        }
        await this.#control.rungSince(rings);
      }
    };
    this.#services.push(serve().catch((failure) => this.#fail(failure)));
  }

  /** Strategy `dense`: all workers wait, each with its share's gradients in its buffer; adds the buffers and steps. */
  #gradientsApplier(): () => void {
    const { plan, shared, kernel, optimizer: options, epochs, start, stepsDone } = this.#job;
    const { layers } = this.#memory;
    const own = createKernel(kernel, shared, this.#memory, 0);
    const optimizer = new Optimizer(options, epochs, stepsPerEpoch(plan));
    const needs = needsOf(options);
    const firstIndex = start.epochs * stepsPerEpoch(plan) + start.stepsInEpoch;
    let steps = 0;
    return () => {
      const index = firstIndex + steps;
      const first = (index % stepsPerEpoch(plan)) * plan.batchSize;
      const position = {
        stepsDone: stepsDone + steps,
        index,
        batch: Math.min(plan.batchSize, plan.trainSamples - first),
      };
      steps++;
      if (!needs.gradient) {
        const rate = optimizer.plainRate(position);
        for (const l of layers.keys()) own.applyGradients(l, rate);
        return;
      }
      const rowsOf = (l: number) => ({ from: 0, to: layers[l]!.inputs + 1 });
      for (const l of layers.keys()) {
        own.sumGradients(l);
        if (needs.norm) own.squareRows(l, rowsOf(l));
      }
      const update = optimizer.update(position, gradientNorm(layers));
      for (const [l, layer] of layers.entries()) own.update(l, rowsOf(l), allPanels(layer), update);
    };
  }

  /** Why the run was complete before its last epoch; undefined if it was not. */
  get endedBy(): 'patience' | 'max_time' | undefined {
    if (this.#outcome !== 'completed') return undefined;
    if (this.#control.decision === Command.PATIENCE) return 'patience';
    return this.#control.decision === Command.TIME_UP ? 'max_time' : undefined;
  }

  #outcomeOf(): Outcome {
    const { diverged } = this.#job.ranks ? this.#control.agreed : this.#control;
    // Also if it was told to stop at the same time: its weights are to replace nothing that was good.
    if (diverged || this.#control.decision === Command.DIVERGED) return 'diverged';
    return this.#control.decision === Command.STOP ? 'stopped' : 'completed';
  }
}

/** Multiply-adds in a millisecond of one thread of many on a processor: the reference kernel alone does ten times as many. */
const FEWEST_PRODUCTS_A_MS = 10_000;

/** At most: three products a weight and sample, forward, back and the gradient. */
function firstStepMs({ layers }: Memory, { batchSize }: Plan): number {
  return (3 * batchSize * parameterCount(layers)) / FEWEST_PRODUCTS_A_MS;
}

function workerTasks(job: Job, memory: Memory): WorkerTask[] {
  const { seed: _, ...common } = job;
  const { trainSamples, threads }: Plan = job.plan;
  const slices = cutRows(memory.layers, memory.rows, trainSamples, ownBatch(job.plan), threads);
  // In strategy `dense` a worker does everything for its own samples.
  const panels = job.strategy === 'sliced' ? cutPanels(memory.layers[0]!, threads) : undefined;
  const task = { ...common, firstLayerSlices: slices[0]!, panels, spins: spinsFor(threads) };
  return Array.from({ length: threads }, (_, worker) => ({
    ...task,
    worker,
    slices: slices.map((ofLayer) => ofLayer[worker]!),
  }));
}
