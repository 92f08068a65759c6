/**
 * Early stopping, the best epoch and the schedule `plateau`, by the validation loss. The last worker to arrive decides, while all
 * others wait. The loss is summed in the order of the samples, so it does not depend on the number of threads.
 */
import { type Memory, recordIndex } from '../memory/layout.js';
import { addScores, metricsOf, noSums } from '../metrics/sums.js';
import { objectiveOf } from '../model/objectives/index.js';
import { plateauAfter, readPlateau, writePlateau } from '../optim/plateau.js';
import { Command } from './control-words.js';
import type { WorkerTask } from './task.js';

export class EarlyStopping {
  readonly #task: WorkerTask;
  readonly #memory: Memory;

  constructor(task: WorkerTask, memory: Memory) {
    this.#task = task;
    this.#memory = memory;
  }

  /**
   * @param isTimeUp  whether the deadline has passed
   * @returns GO, or why the run ends with this epoch
   */
  after(epoch: number, isTimeUp: boolean): Command {
    const { patience, plan, privacy } = this.#task;
    const loss = plan.validationSamples > 0 ? this.#validationLoss(epoch) : undefined;
    if (loss !== undefined) this.#judge(epoch, loss);
    const state = readPlateau(this.#memory.plateau);
    if (state)
      writePlateau(this.#memory.plateau, plateauAfter(state, loss ?? this.#trainingLoss(epoch), this.#task.optimizer));
    if (patience > 0 && epoch - this.#memory.best[1]! >= patience) return Command.PATIENCE;
    if (privacy && epoch >= privacy.lastEpoch) return Command.BUDGET;
    return isTimeUp ? Command.TIME_UP : Command.GO;
  }

  #validationLoss(epoch: number): number {
    const { plan } = this.#task;
    const { heldOut } = this.#memory.epochs[recordIndex(epoch)];
    return metricsOf(objectiveOf(plan), addScores(noSums(plan), heldOut, 0, plan.validationSamples)).loss;
  }

  /** Without validation samples. */
  #trainingLoss(epoch: number): number {
    const { plan, start } = this.#task;
    const { training } = this.#memory.epochs[recordIndex(epoch)];
    const before = (epoch === start.epochs + 1 && start.epochSums) || noSums(plan);
    return metricsOf(objectiveOf(plan), addScores(before, training, before.samples, plan.trainSamples)).loss;
  }

  #judge(epoch: number, loss: number): void {
    const { best, layers } = this.#memory;
    const { plan } = this.#task;
    if (best[1] !== 0 && !(loss < best[0]!)) return;
    best[0] = loss;
    // No best epoch until the copy is complete, because this thread may die in between.
    best[1] = 0;
    if (plan.keepsBest) for (const layer of layers) (layer.best as Float64Array).set(layer.parameters);
    best[1] = epoch;
  }
}
