/**
 * Whether a run ends with the epoch that has just been evaluated, and which epoch was the best. The last worker to arrive
 * looks, while all others wait; by the validation loss, summed in the samples' order: no number of threads changes it.
 */
import { type Memory, recordIndex } from '../memory/layout.js';
import { Command } from './control.js';
import type { WorkerTask } from './task.js';

export class EarlyStopping {
  readonly #task: WorkerTask;
  readonly #memory: Memory;

  constructor(task: WorkerTask, memory: Memory) {
    this.#task = task;
    this.#memory = memory;
  }

  /**
   * What comes after the epoch: GO, or why the run ends with it.
   *
   * @param isTimeUp  whether the deadline has passed
   */
  after(epoch: number, isTimeUp: boolean): Command {
    const { patience, plan } = this.#task;
    if (plan.validationSamples > 0) this.#judge(epoch);
    if (patience > 0 && epoch - this.#memory.best[1]! >= patience) return Command.PATIENCE;
    return isTimeUp ? Command.TIME_UP : Command.GO;
  }

  #judge(epoch: number): void {
    const { best, layers, epochs } = this.#memory;
    const loss = validationLoss(epochs[recordIndex(epoch)].heldOutLosses, this.#task.plan.validationSamples);
    if (best[1] !== 0 && !(loss < best[0]!)) return;
    best[0] = loss;
    // None, until the copy is whole: this thread may die in between.
    best[1] = 0;
    if (this.#task.plan.keepsBest) for (const layer of layers) (layer.best as Float64Array).set(layer.parameters);
    best[1] = epoch;
  }
}

/** The mean. */
function validationLoss(losses: Float64Array, samples: number): number {
  let sum = 0;
  for (let i = 0; i < samples; i++) sum += losses[i]!;
  return sum / samples;
}
