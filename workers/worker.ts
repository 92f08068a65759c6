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

import type { Range } from '../src/kernels/kernel.js';
import { now } from '../src/memory/clock.js';
import type { EpochRecord } from '../src/memory/epoch-record.js';
import { layOut, type Memory, PHASES, recordIndex } from '../src/memory/layout.js';
import { heldOutSamples, makesRows, type Plan, stepsPerEpoch } from '../src/memory/plan.js';
import { Barrier, type Hold, TeamAborted } from '../src/parallel/barrier.js';
import { Command, Control, HeldFor, ticketOf } from '../src/parallel/control-words.js';
import { EarlyStopping } from '../src/parallel/early-stopping.js';
import { Exchange } from '../src/parallel/mpi/exchange.js';
import { Claims } from '../src/parallel/panel-claims.js';
import { Phase, type WorkerTask } from '../src/parallel/task.js';
import { type Batch, ownOf } from './batch.js';
import { Phases } from './phases.js';
import { phasesOfStep, type StepPhase } from './step.js';

/** Piscina's entry. Returns when the run ends for this worker, even if another worker died. */
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
  /** If the first layer is divided by panels. */
  readonly #claims: Claims | undefined;
  /** Under MPI, for the first worker only. */
  readonly #exchange: Exchange | undefined;
  readonly #earlyStopping: EarlyStopping;
  /** All phases but the last, each with a barrier behind it. The step's barrier is behind the last. */
  readonly #phasesOfStep: readonly StepPhase[];
  readonly #lastPhaseOfStep: StepPhase;
  /** Completed steps of the whole run. */
  #steps: number;
  /** The current epoch. */
  #epoch = 0;
  /** Index of the batch in the epoch. */
  #step = 0;
  /** Start of the current phase, by this thread's clock. */
  #phaseBegan = performance.now();
  /** (PHASES) Times between epochs, when the record of the next epoch may still be in use. */
  readonly #timesBetween = new Float64Array(PHASES);
  /** (PHASES) Where times are added: during an epoch, in its record. */
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
   * @param steps  completed steps of the epoch
   * @returns false if the team must stop
   */
  #trainEpoch(steps: number): boolean {
    const { worker } = this.#task;
    const record = this.#record(this.#epoch);
    if (worker === 0) {
      record.times.fill(now());
      record.rateFactor.set(this.#memory.plateau.subarray(0, 1));
    }
    // The wait for the grant does not count as part of the epoch.
    this.#times = this.#scratch.phaseTimes[recordIndex(this.#epoch)].fill(0);
    this.#phaseBegan = performance.now();
    let batch = this.#batchAt(record, steps);
    const { panels, exact } = this.#task;
    if (panels && batch && !exact) {
      this.#enter(Phase.FORWARD);
      const own = ownOf(batch, this.#task);
      if (makesRows(this.#task.plan)) {
        this.#phases.samples.makeInputs(own);
        this.#arrive(nothing);
        this.#enter(Phase.FORWARD);
      }
      this.#phases.samples.place(own);
      this.#phases.samples.forward(panels[worker]!, own);
      this.#arrive(nothing);
    }
    while (batch) {
      const next: Batch | undefined = this.#batchAt(record, batch.step + 1);
      if (!this.#takeStep(batch, next)) return false;
      batch = next;
    }
    return true;
  }

  /** Undefined after the last batch of the epoch. */
  #batchAt(record: EpochRecord, step: number): Batch | undefined {
    const { plan } = this.#task;
    if (step >= stepsPerEpoch(plan)) return undefined;
    return { record, epoch: this.#epoch, step, ...placeOf(step, record, plan) };
  }

  /** @returns false if the team must stop */
  #takeStep(batch: Batch, next: Batch | undefined): boolean {
    this.#step = batch.step;
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

  /** Whether a checkpoint is due after this step, and not at the end of the epoch anyway. */
  #isSnapshotDue(isLast: boolean): boolean {
    const { checkpointEverySteps: every } = this.#task;
    if (every === 0 || this.#steps % every !== 0) return false;
    return !(isLast && this.#isEpochSnapshotDue());
  }

  /** (The checkpoint of the last epoch is taken after all workers have ended.) */
  #isEpochSnapshotDue(): boolean {
    const { checkpointEvery: every, epochs } = this.#task;
    return every > 0 && (this.#epoch % every === 0 || this.#epoch === epochs);
  }

  /** Only the first worker communicates. The others wait at the following barrier. */
  #tellRanks(tell: (exchange: Exchange) => void): void {
    if (!this.#exchange) return;
    this.#enter(Phase.EXCHANGE);
    tell(this.#exchange);
  }

  /** Evaluates the held-out samples. @returns false if the team must stop */
  #evaluate(epoch: number): boolean {
    const isDue = epoch < this.#task.epochs && this.#isEpochSnapshotDue();
    const hold = isDue ? this.#holdFor(HeldFor.SNAPSHOT) : undefined;
    const { plan } = this.#task;
    if (!this.#usesAverage || this.#onlyTests || heldOutSamples(plan) === 0) return this.#evaluateNow(epoch, hold);
    this.#swapAverage();
    this.#arrive(nothing);
    const goesOn = this.#evaluateNow(epoch, undefined);
    this.#swapAverage();
    // (All workers stop, or none.)
    return goesOn && this.#arrive(nothing, hold);
  }

  /** (Without a step, there is no average.) */
  get #usesAverage(): boolean {
    return this.#task.plan.keepsAverage && this.#steps > 0;
  }

  /** Whether nothing is evaluated but the test samples, at the end of the run. */
  get #onlyTests(): boolean {
    const { testsAtEnd, validationSamples } = this.#task.plan;
    return testsAtEnd && validationSamples === 0;
  }

  #swapAverage(): void {
    this.#enter(Phase.EVALUATE);
    this.#phases.evaluation.swapAverage();
  }

  /** @param hold  of the barrier behind the evaluation */
  #evaluateNow(epoch: number, hold: Hold | undefined): boolean {
    const record = this.#record(epoch);
    const { plan } = this.#task;
    const evaluated = { from: 0, to: plan.testsAtEnd ? plan.validationSamples : heldOutSamples(plan) };
    this.#enter(Phase.EVALUATE);
    const allFinite = this.#phases.evaluation.evaluate(record, evaluated, () => this.#control.command === Command.GO);
    this.#reportEvaluation(record, evaluated, allFinite);
    const finished = () => {
      this.#decide();
      // A divergence takes precedence over a simultaneous stop, because diverged weights must not be saved.
      if (this.#diverged) this.#control.decide(Command.DIVERGED);
      // If a stop leaves the evaluation incomplete, the epoch does not count.
      if (this.#control.decision !== Command.GO) return;
      const next = this.#earlyStopping.after(epoch, this.#isTimeUp);
      if (epoch < this.#task.epochs) this.#control.decide(next);
      if (!this.#isTestDue(epoch)) this.#finish(epoch);
    };
    let goesOn = this.#arrive(finished, hold);
    if (this.#isTestDue(epoch)) goesOn = this.#test(epoch);
    this.#times = this.#timesBetween;
    return goesOn;
  }

  /** Whether the test samples are evaluated now: after the last epoch of a run that is complete, if not after every epoch. */
  #isTestDue(epoch: number): boolean {
    const { decision } = this.#control;
    if (!this.#task.plan.testsAtEnd || decision === Command.STOP || decision === Command.DIVERGED) return false;
    return decision !== Command.GO || epoch === this.#task.epochs;
  }

  /**
   * Evaluates the test samples with the weights that the run keeps. A stop is not obeyed: the run is complete.
   *
   * @returns false if the team must stop
   */
  #test(epoch: number): boolean {
    const record = this.#record(epoch);
    const { plan } = this.#task;
    const best = plan.keepsBest ? this.#memory.best[1]! : 0;
    const samples = { from: plan.validationSamples, to: heldOutSamples(plan) };
    const swaps = this.#usesAverage && this.#onlyTests;
    if (swaps) {
      this.#swapAverage();
      this.#arrive(nothing);
    }
    this.#enter(Phase.EVALUATE);
    const allFinite =
      best === 0 || best === epoch
        ? this.#phases.evaluation.evaluate(record, samples, () => true)
        : this.#phases.evaluation.evaluateBest(record, samples);
    this.#reportEvaluation(record, samples, allFinite);
    const goesOn = this.#arrive(() => {
      if (this.#diverged) {
        this.#control.decide(Command.DIVERGED);
        return;
      }
      record.tested[0] = best || epoch;
      this.#finish(epoch);
    });
    if (swaps) this.#swapAverage();
    return goesOn;
  }

  /** Tells the other ranks, if there are any, and whether a loss is not finite. */
  #reportEvaluation(record: EpochRecord, samples: Range, allFinite: boolean): void {
    if (!allFinite) this.#control.reportDivergence();
    if (!this.#task.ranks) return;
    // Exchanges of the evaluation do not count as training time.
    const trained = this.#times.slice();
    this.#arrive(nothing);
    this.#tellRanks((exchange) => exchange.tellHeldOut(record, samples));
    this.#enter(Phase.EVALUATE);
    this.#times.set(trained);
  }

  #finish(epoch: number): void {
    this.#control.finish(epoch);
    this.#control.wake();
  }

  /** Waits until the epoch is granted. @returns false if the team must stop */
  #awaitGrant(epoch: number): boolean {
    const { ranks } = this.#task;
    const isGranted = this.#arrive(nothing, {
      ticket: ticketOf(HeldFor.GRANT, epoch),
      ready: () => this.#control.isGranted(epoch),
      announce: nothing,
      // Under MPI the ranks must agree first.
      opening: () => this.#control.decide(ranks ? Command.GO : this.#control.command),
    });
    if (!ranks) return isGranted;
    this.#tellRanks((exchange) => exchange.meet());
    return this.#arrive(this.#decide);
  }

  /** Holds the barrier while the coordinator sums the gradients or copies the parameters. */
  #holdFor(service: typeof HeldFor.GRADIENTS | typeof HeldFor.SNAPSHOT): Hold {
    return {
      ticket: ticketOf(service, this.#steps),
      ready: () => this.#control.decision !== Command.GO,
      announce: () => this.#control.wake(),
      opening: nothing,
    };
  }

  /** Publishes the current command, under MPI that of all ranks, as the decision for all workers. */
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
    // The forward phase of the first shard follows.
    if (exact) this.#claims?.reset();
    const record = this.#record(this.#epoch);
    const at = now();
    record.stepEnds[this.#step] = at;
    this.#control.countStep(this.#epoch);
    if (this.#step + 1 === stepsPerEpoch(plan)) record.times[1] = at;
    if (logEvery > 0 && this.#steps % logEvery === 0) this.#control.wake();
    this.#decide();
  };

  /** @returns false if the team must stop */
  #arrive(last: () => void, hold?: Hold, meanwhile?: () => void): boolean {
    this.#enter(Phase.WAIT);
    this.#barrier.arrive(last, hold, meanwhile);
    return this.#control.decision === Command.GO;
  }

  #record(epoch: number): EpochRecord {
    return this.#memory.epochs[recordIndex(epoch)];
  }

  /** Adds the time since the last change to the phase that ends. */
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

/** Where a batch lies in the epoch's order. */
function placeOf(step: number, { batchStarts }: EpochRecord, { batchSize, trainSamples, privacy }: Plan) {
  if (privacy) return { first: batchStarts[step]!, count: batchStarts[step + 1]! - batchStarts[step]! };
  const first = step * batchSize;
  return { first, count: Math.min(batchSize, trainSamples - first) };
}

function nothing(): void {}
