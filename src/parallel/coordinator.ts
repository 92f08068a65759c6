/**
 * The main thread's side of the team: divides the work, grants epochs, follows progress, and never blocks. With strategy
 * `dense` it also makes the steps (dense-step.ts).
 */
import { shuffledOrder } from '../data/order.js';
import type { EpochRecord } from '../memory/epoch-record.js';
import { type Memory, recordIndex } from '../memory/layout.js';
import { ownBatch, type Plan, stepsPerEpoch } from '../memory/plan.js';
import type { EndEvent } from '../metrics/events.js';
import type { Position } from '../metrics/run-state.js';
import { parameterCount } from '../model/parameters.js';
import { drawBatches } from '../privacy/poisson.js';
import { Barrier } from './barrier.js';
import { Command, Control, HeldFor, reasonOf, ticketOf } from './control-words.js';
import { gradientsApplier } from './dense-step.js';
import { dividePanels, divideRows } from './shares.js';
import type { WorkerTask } from './task.js';
import { spinsFor, Team } from './team.js';
import { type TeamWait, Watchdog } from './watchdog.js';

/** The common part of the tasks, and the seed, which only the coordinator needs. */
export interface Job extends Omit<WorkerTask, 'worker' | 'slices' | 'firstLayerSlices' | 'panels' | 'spins'> {
  readonly seed: number;
}

export type Outcome = 'completed' | 'stopped' | 'diverged' | 'died';

export interface Look {
  /** Undefined while the team runs. */
  readonly outcome: Outcome | undefined;
  /** Whether the epoch has been trained and evaluated. */
  readonly isEpochFinished: boolean;
  readonly change: () => Promise<void>;
}

/** Saves the state of the run at a position. The team waits until it resolves; it must not reject. */
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
  /** The team has ended; only the last snapshot remains. */
  #isEnding = false;
  readonly #takeSnapshot: TakeSnapshot | undefined;
  readonly #watchdog: Watchdog;
  /** Whether a service for the current hold is running. */
  #isServing = false;
  /** Loops that serve holds; they resolve after the end of the team. */
  readonly #services: Promise<void>[] = [];

  /**
   * Starts the team.
   *
   * @param takeSnapshot  called as often as the job says, and when the team has ended, unless it failed. It does not wait
   *   for the consumer of the events
   */
  constructor(job: Job, memory: Memory, takeSnapshot?: TakeSnapshot) {
    this.#job = job;
    this.#memory = memory;
    this.#takeSnapshot = takeSnapshot;
    this.#control = new Control(memory.control);
    this.#epoch = job.epochs === 0 ? 0 : job.start.epochs + 1;
    this.#barrier = new Barrier(memory.control, job.plan.threads, 0);
    // Both records are free: the team may run one epoch ahead of the reader.
    this.#grant(this.#epoch);
    this.#grant(this.#epoch + 1);
    const applyGradients = job.strategy === 'dense' ? gradientsApplier(job, memory) : undefined;
    // Nothing after this may throw, because nobody could end the threads.
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

  /** The cause of the outcome `died`. */
  get failure(): unknown {
    return this.#failure;
  }

  /** The current epoch; 0 if there is only an evaluation. */
  get epoch(): number {
    return this.#epoch;
  }

  get record(): EpochRecord {
    return this.#memory.epochs[recordIndex(this.#epoch)];
  }

  get stepsDone(): number {
    return this.#control.stepsDone(this.#epoch);
  }

  /** Continues with the next epoch. The record of the current one may be reused. */
  nextEpoch(): void {
    this.#grant(this.#epoch + 2);
    this.#epoch++;
  }

  /** Tells the team to end after the current step. */
  stop(): void {
    this.#control.stop();
    // Before the first step there is nothing to finish, and a thousand threads may take a minute to start. (Under MPI, other
    // ranks would wait for this one.)
    const { epochs, stepsInEpoch } = this.#job.start;
    const mayBeUnopened = !this.#job.ranks && this.#epoch <= epochs + 1 && this.stepsDone === stepsInEpoch;
    if (mayBeUnopened && this.#barrier.abortUnopened()) this.#finish('stopped');
    else this.#openGrant(this.#barrier.held);
  }

  /**
   * The state of the team. `change` resolves at the first change after this call, so no change is missed.
   */
  look(): Look {
    const { wakeUps } = this.#control;
    const outcome = this.#outcome;
    const isEpochFinished = this.#control.isFinished(this.#epoch);
    return { outcome, isEpochFinished, change: () => this.#control.wokenSince(wakeUps) };
  }

  /** Resolves all pending `change` promises. */
  wake(): void {
    this.#control.wake();
  }

  /** Stops the team, and ends its threads. */
  async close(): Promise<void> {
    this.stop();
    while (this.#outcome === undefined) await this.look().change();
    this.#watchdog.stop();
    const destroyed = this.#team.destroy();
    // A worker that waits for other ranks cannot be ended; MPI_Abort ends all ranks (parallel/mpi/world.ts).
    if (this.#job.ranks && this.#outcome === 'died') return;
    await destroyed;
    await Promise.all(this.#services);
  }

  #grant(epoch: number): void {
    if (epoch > this.#job.epochs) return;
    const { epochs, stepsInEpoch } = this.#job.start;
    this.#control.clearRecord(epoch, epoch === epochs + 1 ? stepsInEpoch : 0);
    const record = this.#memory.epochs[recordIndex(epoch)];
    if (this.#job.privacy) drawBatches(record, this.#job.plan, this.#job.privacy.samplingKey, epoch);
    else shuffledOrder(record.order, this.#job.seed, epoch);
    this.#control.grant(epoch);
    this.#openGrant(ticketOf(HeldFor.GRANT, epoch));
  }

  /** Opens the barrier if it is held with this ticket, and the ticket is for an epoch. */
  #openGrant(ticket: number): void {
    if (reasonOf(ticket) !== HeldFor.GRANT) return;
    // Under MPI, the ranks decide together after the barrier.
    const { ranks } = this.#job;
    this.#barrier.release(ticket, () => this.#control.decide(ranks ? Command.GO : this.#control.command));
  }

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

  /** Up to two epochs ahead of the reader. Exact while the barrier is held, and after the end of the team. */
  get #position(): Position {
    if (this.#job.epochs === 0) return { epochs: 0, stepsInEpoch: 0 };
    // The record of an epoch that has not been granted still holds the steps of an earlier epoch.
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
    this.#barrier.abort();
    this.#end('died');
  }

  /** The workers have ended normally, after a complete step. */
  #finish(outcome: Outcome): void {
    // After a failure the surviving workers end normally, too, but with an incomplete step.
    if (this.#isEnding || this.#outcome !== undefined) return;
    this.#isEnding = true;
    // Writing to a slow disk is not a stall.
    this.#watchdog.stop();
    // Diverged weights must not replace a good checkpoint.
    const saved = outcome === 'diverged' ? undefined : this.#takeSnapshot?.(this.#position);
    const ended = Promise.resolve(saved).then(() => this.#end(outcome));
    this.#services.push(ended.catch((failure) => this.#fail(failure)));
  }

  /** The first outcome stays. */
  #end(outcome: Outcome): void {
    this.#outcome ??= outcome;
    this.#control.wake();
  }

  /** Whenever the barrier is held for this reason, does the work and opens the barrier. */
  #serve(why: HeldFor, work: () => void | Promise<void>): void {
    const serve = async () => {
      while (this.#outcome === undefined) {
        const { wakeUps } = this.#control;
        const ticket = this.#barrier.held;
        if (reasonOf(ticket) === why) {
          this.#isServing = true;
          await work();
          this.#isServing = false;
          this.#barrier.release(ticket, () => undefined);
        }
        await this.#control.wokenSince(wakeUps);
      }
    };
    this.#services.push(serve().catch((failure) => this.#fail(failure)));
  }

  /** Why the run was complete before its last epoch, if it was. */
  get endedBy(): EndEvent['stopped_by'] {
    if (this.#outcome !== 'completed') return undefined;
    if (this.#control.decision === Command.PATIENCE) return 'patience';
    if (this.#control.decision === Command.BUDGET) return 'privacy_budget';
    return this.#control.decision === Command.TIME_UP ? 'max_time' : undefined;
  }

  #outcomeOf(): Outcome {
    const { diverged } = this.#job.ranks ? this.#control.agreed : this.#control;
    // Takes precedence over a stop at the same time: the weights must not be saved.
    if (diverged || this.#control.decision === Command.DIVERGED) return 'diverged';
    return this.#control.decision === Command.STOP ? 'stopped' : 'completed';
  }
}

/** Multiply-adds per millisecond: a tenth of the speed of the reference kernel, for many threads on one processor. */
const MIN_PRODUCTS_PER_MS = 10_000;

/** Upper bound: three products per weight and sample (forward, backward, gradient). */
function firstStepMs({ layers }: Memory, { batchSize }: Plan): number {
  return (3 * batchSize * parameterCount(layers)) / MIN_PRODUCTS_PER_MS;
}

function workerTasks(job: Job, memory: Memory): WorkerTask[] {
  const { seed: _, ...common } = job;
  const { trainSamples, threads }: Plan = job.plan;
  const slices = divideRows(memory.layers, memory.rows, trainSamples, ownBatch(job.plan), threads);
  // With strategy `dense`, a worker does everything for its own samples.
  const panels = job.strategy === 'sliced' ? dividePanels(memory.layers[0]!, threads) : undefined;
  const task = { ...common, firstLayerSlices: slices[0]!, panels, spins: spinsFor(threads) };
  return Array.from({ length: threads }, (_, worker) => ({
    ...task,
    worker,
    slices: slices.map((ofLayer) => ofLayer[worker]!),
  }));
}
