/**
 * One thread's life: from the shared memory to the last epoch, in step with the others.
 *
 * Every worker runs this same loop. They never talk to each other but through the memory and at barriers:
 *
 *   for each epoch   forward, by panel       the first layer of the first batch's samples, in this worker's panels
 *                    — barrier —
 *     each step      gradients, by sample    the other layers, loss and back-propagation of this worker's samples
 *                    — barrier —             before it waits: the next batch placed, its samples fetched
 *                    update, by parameter    reduction and step of this worker's rows of the other layers; and panel
 *                    forward, by panel       by panel of the first layer, which then takes the next batch
 *                    — barrier —
 *                   evaluation, by sample   of this worker's test samples
 *                    — barrier —
 *
 * Where an optimizer must know the whole gradient before it applies any of it, the update is in three parts, with a barrier
 * behind each: the reduction into memory, the squares of the gradient, by row, and the step with what comes with it.
 *
 * A panel is stepped and read again by whoever has claimed it (parallel/claims.ts), so there is nothing to wait for in
 * between. Where the first layer has fewer panels than there are threads, there is no forward phase: that layer is forwarded
 * by sample and stepped by row, as the others are. Strategy `dense` has neither forward phase nor update: a worker does
 * everything for its own samples, sums their gradients in a buffer of its own, and the coordinator does the rest while the
 * barrier is held.
 *
 * Under MPI each process computes its share of the batch, and the update is in parts, too: behind the reduction into memory
 * the first worker exchanges, with the other ranks' first workers, what has to be known of the step and the gradients, while
 * its peers wait; then all ranks step alike.
 */

import { now } from '../src/memory/clock.js';
import { type EpochRecord, layOut, type Memory, PHASES, recordOf } from '../src/memory/layout.js';
import { needsOf } from '../src/optim/optimizer.js';
import { Barrier, type Hold, TeamAborted } from '../src/parallel/barrier.js';
import { Claims } from '../src/parallel/claims.js';
import { Command, Control, HeldFor, ticketOf } from '../src/parallel/control.js';
import { EarlyStopping } from '../src/parallel/early-stopping.js';
import { Exchange } from '../src/parallel/mpi/exchange.js';
import { Phase, type WorkerTask } from '../src/parallel/task.js';
import { type Batch, Phases } from './phases.js';

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
  readonly #needsNorm: boolean;
  /** Under MPI, and of the first worker alone. */
  readonly #exchange: Exchange | undefined;
  readonly #earlyStopping: EarlyStopping;
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
    this.#needsNorm = needsOf(task.optimizer).norm;
    this.#claims = task.panels && new Claims(this.#memory.claims, task.panels, task.worker);
    const { ranks, plan, worker, deadline } = task;
    if (ranks && worker === 0) this.#exchange = new Exchange(ranks, plan, this.#memory, this.#control, deadline);
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
    this.#times = this.#scratch.phaseTimes[recordOf(this.#epoch)].fill(0);
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
    if (!(this.#task.exact ? this.#stepExactly(batch) : this.#stepWhole(batch, next))) return false;
    this.#steps++;
    return this.#arrive(
      this.#stepDone,
      this.#isSnapshotDue(next === undefined) ? this.#holdFor(HeldFor.SNAPSHOT) : undefined,
    );
  }

  /** @returns false if the team is to stop */
  #stepWhole(batch: Batch, next: Batch | undefined): boolean {
    const isDense = this.#task.strategy === 'dense';
    this.#enter(Phase.GRADIENTS);
    const allFinite = this.#phases.gradients(this.#phases.ownOf(batch));
    if (!allFinite) this.#control.reportDivergence();
    if (isDense && allFinite) {
      this.#enter(Phase.ACCUMULATE);
      this.#phases.accumulate(batch);
    }
    const hold = isDense ? this.#holdFor(HeldFor.GRADIENTS) : undefined;
    if (!this.#arrive(this.#gradientsDone, hold, next && this.#claims && (() => this.#prepare(next)))) return false;

    if (this.#task.ranks) return this.#stepTogether(batch, next);
    if (isDense) return true;
    if (this.#needsNorm) this.#stepByNorm(batch, next);
    else this.#stepAtOnce(batch, next);
    return true;
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

  #stepAtOnce(batch: Batch, next: Batch | undefined): void {
    this.#enter(Phase.UPDATE);
    const numbers = this.#phases.numbersOf(batch, this.#steps);
    this.#phases.stepRows(batch, numbers);
    this.#stepPanels(next, (panel) => this.#phases.stepPanel(panel, batch, numbers));
  }

  /** Where the whole gradient must be known before any of it is applied. */
  #stepByNorm(batch: Batch, next: Batch | undefined): void {
    this.#reduce(batch);
    this.#arrive(this.#panelsDone);
    this.#square();
    this.#update(batch, next);
  }

  /**
   * The same under MPI, where what is applied is the sum over all ranks.
   *
   * @returns false if the team is to stop, for a rank has met a loss that is not finite: then nothing is applied
   */
  #stepTogether(batch: Batch, next: Batch | undefined): boolean {
    this.#reduce(this.#phases.ownOf(batch));
    this.#arrive(this.#panelsDone);
    return this.#applySum(batch, next, (exchange) => exchange.sumGradients());
  }

  /**
   * The same, shard by shard, as if each were a batch: their sums are added in a tree that no number of ranks or threads
   * changes.
   *
   * @returns likewise
   */
  #stepExactly(batch: Batch): boolean {
    const shards = this.#phases.shardsOf(batch);
    for (const [k, shard] of shards.entries()) {
      if (this.#claims) {
        this.#enter(Phase.FORWARD);
        this.#phases.place(shard);
        this.#eachPanel((panel) => this.#phases.forward({ from: panel, to: panel + 1 }, shard));
        this.#arrive(this.#panelsDone);
      }
      this.#enter(Phase.GRADIENTS);
      if (!this.#phases.gradients(shard)) this.#control.reportDivergence();
      this.#arrive(this.#panelsDone);
      this.#reduce(shard);
      this.#arrive(this.#panelsDone);
      this.#enter(Phase.UPDATE);
      this.#phases.addShard(k, k === shards.length - 1);
      this.#arrive(nothing);
    }
    return this.#applySum(batch, undefined, (exchange) =>
      exchange.sumGradientsInTree((layer) => this.#phases.addOther(layer)),
    );
  }

  /** Tells the other ranks of the step, sums over them, and applies that. @returns false if the team is to stop */
  #applySum(batch: Batch, next: Batch | undefined, sum: (exchange: Exchange) => void): boolean {
    this.#tellRanks((exchange) => {
      exchange.tell(batch.record, batch.first, batch.count);
      if (!this.#control.agreed.diverged) sum(exchange);
    });
    const obey = () => this.#control.decide(this.#control.agreed.diverged ? Command.DIVERGED : Command.GO);
    if (!this.#arrive(obey)) return false;
    if (this.#needsNorm) this.#square();
    this.#update(batch, next);
    return true;
  }

  /** Only the first worker has anything to tell; the others wait for it at the barrier that follows. */
  #tellRanks(tell: (exchange: Exchange) => void): void {
    if (!this.#exchange) return;
    this.#enter(Phase.EXCHANGE);
    tell(this.#exchange);
  }

  #reduce(batch: Batch): void {
    this.#enter(Phase.UPDATE);
    this.#phases.reduceRows(batch);
    this.#eachPanel((panel) => this.#phases.reducePanel(panel, batch));
  }

  #square(): void {
    this.#enter(Phase.UPDATE);
    this.#phases.squareRows();
    this.#arrive(nothing);
  }

  /** Applies the gradient that stands in memory. */
  #update(batch: Batch, next: Batch | undefined): void {
    this.#enter(Phase.UPDATE);
    const update = this.#phases.updateOf(batch, this.#steps);
    this.#phases.updateRows(update);
    this.#stepPanels(next, (panel) => this.#phases.updatePanel(panel, update));
  }

  /** Panel by panel, until none is left: the step, and the next batch through it. */
  #stepPanels(nextOfAll: Batch | undefined, step: (panel: number) => void): void {
    const next = nextOfAll && this.#phases.ownOf(nextOfAll);
    this.#eachPanel((panel) => {
      this.#enter(Phase.UPDATE);
      step(panel);
      if (!next) return;
      this.#enter(Phase.FORWARD);
      this.#phases.forward({ from: panel, to: panel + 1 }, next);
    });
  }

  /** What the forward phase of the next batch needs of this worker alone. */
  #prepare(next: Batch): void {
    this.#enter(Phase.FORWARD);
    const own = this.#phases.ownOf(next);
    this.#phases.place(own);
    // Alone there is no wait to use: then it gains nothing.
    if (this.#task.plan.threads > 1) this.#phases.fetch(own);
    this.#enter(Phase.WAIT);
  }

  /** Those of the first layer that this worker gets, where it is cut by panels. */
  #eachPanel(work: (panel: number) => void): void {
    if (!this.#claims) return;
    this.#claims.begin();
    for (let panel = this.#claims.next(); panel !== undefined; panel = this.#claims.next()) work(panel);
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

  /** A stop is not obeyed between the phases, where the step is half done; a divergence is, before it is. */
  readonly #gradientsDone = () => {
    // (Under MPI the other ranks are to know of it first.)
    const isToEnd = this.#control.diverged && !this.#task.ranks;
    this.#control.decide(isToEnd ? Command.DIVERGED : Command.GO);
    this.#claims?.reset();
  };

  readonly #panelsDone = () => this.#claims?.reset();

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
    return this.#memory.epochs[recordOf(epoch)];
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
