/**
 * One thread's life, from the shared memory to the last epoch, in step with the others. All workers run this loop, and talk to
 * each other only through the memory and at barriers:
 *
 *   for each epoch   forward       the first layer of the first batch, by panel
 *                    — barrier —
 *     each step      its phases    with a barrier behind each: see step.ts
 *                    evaluation    this worker's validation and test samples
 *                    — barrier —
 *
 * The first layer is divided by panels: the worker that has claimed a panel (parallel/panel-claims.ts) steps it and takes the next
 * batch through it, so that the panel's weights stay in that core's cache. Where that layer has fewer panels than there are
 * threads, it is computed by sample and stepped by row, like the other layers.
 */

import { now } from '../src/memory/clock.js';
import { type EpochRecord, layOut, type Memory, PHASES, recordIndex } from '../src/memory/layout.js';
import { Barrier, type Hold, TeamAborted } from '../src/parallel/barrier.js';
import { Command, Control, HeldFor, ticketOf } from '../src/parallel/control-words.js';
import { EarlyStopping } from '../src/parallel/early-stopping.js';
import { Exchange } from '../src/parallel/mpi/exchange.js';
import { Claims } from '../src/parallel/panel-claims.js';
import { Phase, type WorkerTask } from '../src/parallel/task.js';
import { type Batch, Phases } from './phases.js';
import { phasesOfStep, type StepPhase } from './step.js';

/** Piscina's entry: returns when the run is over for this worker, also when a peer's death ended it. */
export default function runWorker(task: WorkerTask): void {
  try {
    new Worker(task).run();
  } catch (error) {
    if (!(error instanceof TeamAborted)) throw error;
  }
}

class Worker {
  readonly #task: WorkerTask;
  readonly #memory: Memory;
  readonly #control: Control;
  readonly #barrier: Barrier;
  readonly #phases: Phases;
  /** Where the first layer is cut by panels. */
  readonly #claims: Claims | undefined;
  /** Under MPI, and of the first worker alone. */
  readonly #exchange: Exchange | undefined;
  readonly #earlyStopping: EarlyStopping;
  /** Each ends at a barrier of its own; the last at the step's. */
  readonly #phasesOfStep: readonly StepPhase[];
  readonly #lastPhaseOfStep: StepPhase;
  /** Steps of the whole run that are done. */
  #steps: number;
  /** Where the run is. */
  #epoch = 0;
  /** The first position of the batch in the epoch's order. */
  #first = 0;
  /** When the phase that it is in began, by this thread's own clock. */
  #phaseBegan = performance.now();
  /** (PHASES) Where time is booked between epochs: what lies in the next epoch's record may still be read. */
  readonly #timesBetween = new Float64Array(PHASES);
  /** (PHASES) Where time is booked: in the epoch's record while it runs. */
  #times: Float64Array = this.#timesBetween;

  constructor(task: WorkerTask) {
    this.#task = task;
    this.#steps = task.stepsDone;
    this.#memory = layOut(task.plan, task.shared, task.worker);
    this.#control = new Control(this.#memory.control);
    this.#barrier = new Barrier(this.#memory.control, task.plan.threads, task.spins);
    this.#phases = new Phases(task, this.#memory);
    this.#earlyStopping = new EarlyStopping(task, this.#memory);
    this.#claims = task.panels && new Claims(this.#memory.claims, task.panels, task.worker);
    const { ranks, plan, worker, deadline } = task;
    if (ranks && worker === 0) this.#exchange = new Exchange(ranks, plan, this.#memory, this.#control, deadline);
    const stepPhases = phasesOfStep({
      ...{ task, phases: this.#phases, control: this.#control, claims: this.#claims, exchange: this.#exchange },
      enter: (phase) => this.#enter(phase),
      heldForGradients: () => this.#holdFor(HeldFor.GRADIENTS),
    });
    this.#phasesOfStep = stepPhases.slice(0, -1);
    this.#lastPhaseOfStep = stepPhases.at(-1)!;
  }

  run(): void {
    const { epochs, start } = this.#task;
    if (epochs === 0) {
      this.#evaluate(0);
      return;
    }
    this.#epoch = start.epochs + 1;
    let steps = start.stepsInEpoch;
    do {
      if (!this.#awaitGrant(this.#epoch) || !this.#trainEpoch(steps) || !this.#evaluate(this.#epoch)) return;
      steps = 0;
    } while (++this.#epoch <= epochs);
  }

  /**
   * @param steps  of the epoch, that are done already
   * @returns false if the team is to stop
   */
  #trainEpoch(steps: number): boolean {
    const { plan, worker } = this.#task;
    const record = this.#record(this.#epoch);
    if (worker === 0) record.times.fill(now());
    // The wait for the grant is no part of the epoch.
    this.#times = this.#scratch.phaseTimes[recordIndex(this.#epoch)].fill(0);
    this.#phaseBegan = performance.now();
    let batch = this.#batchAt(record, steps * plan.batchSize);
    const { panels, exact } = this.#task;
    if (panels && batch && !exact) {
      this.#enter(Phase.FORWARD);
      const own = this.#phases.ownOf(batch);
      this.#phases.place(own);
      this.#phases.forward(panels[worker]!, own);
      this.#arrive(nothing);
    }
    while (batch) {
      const next: Batch | undefined = this.#batchAt(record, batch.first + batch.count);
      if (!this.#step(batch, next)) return false;
      batch = next;
    }
    return true;
  }

  /** Undefined behind the epoch's last. */
  #batchAt(record: EpochRecord, first: number): Batch | undefined {
    const { batchSize, trainSamples } = this.#task.plan;
    if (first >= trainSamples) return undefined;
    return { record, epoch: this.#epoch, first, count: Math.min(batchSize, trainSamples - first) };
  }

  /** @returns false if the team is to stop */
  #step(batch: Batch, next: Batch | undefined): boolean {
    this.#first = batch.first;
    const step = { batch, next, stepsDone: this.#steps };
    for (const { work, last = nothing, hold, meanwhile } of this.#phasesOfStep) {
      work(step);
      if (!this.#arrive(last, hold?.(), next && meanwhile && (() => meanwhile(next)))) return false;
    }
    this.#lastPhaseOfStep.work(step);
    this.#steps++;
    return this.#arrive(
      this.#stepDone,
      this.#isSnapshotDue(next === undefined) ? this.#holdFor(HeldFor.SNAPSHOT) : undefined,
    );
  }

  /** Whether the coordinator is to take a checkpoint after this step. One that the epoch's end will take need not be taken twice. */
  #isSnapshotDue(isLast: boolean): boolean {
    const { checkpointEverySteps: every } = this.#task;
    if (every === 0 || this.#steps % every !== 0) return false;
    return !(isLast && this.#isEpochSnapshotDue());
  }

  /** The last epoch's is taken when all workers have ended. */
  #isEpochSnapshotDue(): boolean {
    const { checkpointEvery: every, epochs } = this.#task;
    return every > 0 && (this.#epoch % every === 0 || this.#epoch === epochs);
  }

  /** Only the first worker has anything to tell; the others wait for it at the barrier that follows. */
  #tellRanks(tell: (exchange: Exchange) => void): void {
    if (!this.#exchange) return;
    this.#enter(Phase.EXCHANGE);
    tell(this.#exchange);
  }

  /** Evaluates, and meets. @returns false if the team is to stop */
  #evaluate(epoch: number): boolean {
    const record = this.#record(epoch);
    this.#enter(Phase.EVALUATE);
    const allFinite = this.#phases.evaluate(record, () => this.#control.command === Command.GO);
    if (!allFinite) this.#control.reportDivergence();
    if (this.#task.ranks) {
      // (The epoch's time is its training's.)
      const trained = this.#times.slice();
      this.#arrive(nothing);
      this.#tellRanks((exchange) => exchange.tellHeldOut(record));
      this.#enter(Phase.EVALUATE);
      this.#times.set(trained);
    }
    const finished = () => {
      this.#decide();
      // What has diverged is not to be saved, though a stop came at the same time.
      if (this.#diverged) this.#control.decide(Command.DIVERGED);
      // A stop during the evaluation leaves it incomplete: then there is no such epoch.
      if (this.#control.decision !== Command.GO) return;
      const next = this.#earlyStopping.after(epoch, this.#isTimeUp);
      if (epoch < this.#task.epochs) this.#control.decide(next);
      this.#control.finish(epoch);
      this.#control.wake();
    };
    const isDue = epoch < this.#task.epochs && this.#isEpochSnapshotDue();
    const goesOn = this.#arrive(finished, isDue ? this.#holdFor(HeldFor.SNAPSHOT) : undefined);
    this.#times = this.#timesBetween;
    return goesOn;
  }

  /** Meets when the epoch may begin. @returns false if the team is to stop */
  #awaitGrant(epoch: number): boolean {
    const { ranks } = this.#task;
    const isGranted = this.#arrive(nothing, {
      ticket: ticketOf(HeldFor.GRANT, epoch),
      ready: () => this.#control.isGranted(epoch),
      announce: nothing,
      // (Ranks have not agreed yet.)
      opening: () => this.#control.decide(ranks ? Command.GO : this.#control.command),
    });
    if (!ranks) return isGranted;
    this.#tellRanks((exchange) => exchange.meet());
    return this.#arrive(this.#decide);
  }

  /** Until the coordinator has added up the gradients, or copied the parameters, which nothing changes meanwhile. */
  #holdFor(service: typeof HeldFor.GRADIENTS | typeof HeldFor.SNAPSHOT): Hold {
    return {
      ticket: ticketOf(service, this.#steps),
      ready: () => this.#control.decision !== Command.GO,
      announce: () => this.#control.wake(),
      opening: nothing,
    };
  }

  /** Publishes what is wanted of all, as it is by now: of this process's workers, or of all ranks. */
  readonly #decide = () => {
    const { stop, diverged } = this.#control.agreed;
    const agreed = diverged ? Command.DIVERGED : stop ? Command.STOP : Command.GO;
    this.#control.decide(this.#task.ranks ? agreed : this.#control.command);
  };

  get #diverged(): boolean {
    return this.#task.ranks ? this.#control.agreed.diverged : this.#control.diverged;
  }

  get #isTimeUp(): boolean {
    return this.#task.ranks ? this.#control.agreed.timeUp : now() >= this.#task.deadline;
  }

  readonly #stepDone = () => {
    const { plan, logEvery, exact } = this.#task;
    // The first shard's forward phase comes next.
    if (exact) this.#claims?.reset();
    const record = this.#record(this.#epoch);
    const at = now();
    record.stepEnds[this.#first / plan.batchSize] = at;
    this.#control.countStep(this.#epoch);
    if (this.#first + plan.batchSize >= plan.trainSamples) record.times[1] = at;
    if (logEvery > 0 && this.#steps % logEvery === 0) this.#control.wake();
    this.#decide();
  };

  /** @returns false if the team is to stop */
  #arrive(last: () => void, hold?: Hold, meanwhile?: () => void): boolean {
    this.#enter(Phase.WAIT);
    this.#barrier.arrive(last, hold, meanwhile);
    return this.#control.decision === Command.GO;
  }

  #record(epoch: number): EpochRecord {
    return this.#memory.epochs[recordIndex(epoch)];
  }

  /** Books the time since the last change to the phase that it leaves. */
  #enter(phase: Phase): void {
    const { phase: current } = this.#scratch;
    const at = performance.now();
    this.#times[current[0]!]! += at - this.#phaseBegan;
    this.#phaseBegan = at;
    current[0] = phase;
    this.#scratch.beats[0]!++;
  }

  get #scratch() {
    return this.#memory.workers[this.#task.worker]!;
  }
}

function nothing(): void {}
