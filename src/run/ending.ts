/** How a run ends: what it leaves, and its last event. */
import { saveModel } from '../checkpoints/model-file.js';
import { errors, reason } from '../errors.js';
import type { EndEvent } from '../metrics/events.js';
import type { Ledger } from '../metrics/ledger.js';
import { areFinite, readParameters, restoreBest, weightsSha256 } from '../model/parameters.js';
import { asTold } from '../mpi/agreement.js';
import type { World } from '../mpi/world.js';
import type { Config } from '../options.js';
import type { Run } from '../prepare.js';
import type { RunState } from '../state.js';

export interface Ending {
  readonly status: EndEvent['status'];
  readonly failure?: unknown;
  /** Steps of the run that are done. */
  readonly step: number;
  /** Why it is complete before its last epoch. */
  readonly endedBy: EndEvent['stopped_by'] | undefined;
  /** A thread may have died with its part of a step half done. */
  readonly isWhole: boolean;
}

/**
 * Saves the model if that is wanted, and yields the last event.
 *
 * @param world       under MPI, all ranks: the first saves
 * @param cut         why the run was ended, if it was: its weights are whole then, and are saved all the same
 * @param checkpoint  the newest
 * @throws what the run failed of
 */
export async function* end(
  run: Run,
  ledger: Ledger,
  ending: Ending,
  world: World | undefined,
  cut?: unknown,
  checkpoint?: string,
): AsyncGenerator<EndEvent, void, undefined> {
  const { config, memory, model } = run;
  let { status } = ending;
  const { best } = ledger;
  // What diverged, or died in a step, is to be seen as it is.
  const isBest = config.keepBest && best !== undefined && status !== 'failed';
  if (isBest) restoreBest(memory.layers);
  let failure = ending.failure ?? cut;
  const writes = world?.isFirst ?? true;
  let saved: string | undefined;
  if (status !== 'failed' && !areFinite(memory.layers)) {
    // The very last step, or the last before an interruption: no loss has told it.
    failure = errors.diverged('a weight', ending.step, config);
  } else if (status !== 'failed' && config.save !== undefined && writes) {
    try {
      await saveModel(config.save, model, readParameters(memory.layers), ledger.completed, ending.step);
      saved = config.save;
    } catch (error) {
      failure ??= errors.saveFailed(config.save, error);
    }
  }
  if (failure !== undefined) status = 'failed';
  yield {
    event: 'end',
    status,
    epochs: ledger.completed,
    ...(ending.endedBy && { stopped_by: ending.endedBy }),
    ...(best && { best_epoch: best.epoch }),
    ...(isBest ? best.figures : ledger.figures),
    seconds: ledger.seconds,
    ...(ending.isWhole && { weights_sha256: weightsSha256(memory.layers) }),
    ...(saved !== undefined && { saved }),
    ...(checkpoint !== undefined && { checkpoint }),
    ...(failure !== undefined && { message: reason(failure) }),
  };
  if (failure !== undefined) throw asTold(world, failure, ending.isWhole && failure !== cut);
}

/** Whether it resumes what is complete. (With no epochs there is an evaluation, whose figures no checkpoint holds.) */
export function isOver({ resumedFrom, start, config }: Run): boolean {
  const { epochs } = config;
  if (resumedFrom === undefined || epochs === 0 || start.stepsInEpoch > 0) return false;
  return start.epochs === epochs || hasLostPatience(config, start);
}

function hasLostPatience({ patience }: Config, { epochs, best }: Pick<RunState, 'epochs' | 'best'>): boolean {
  return patience !== undefined && best !== undefined && epochs - best.epoch >= patience;
}
