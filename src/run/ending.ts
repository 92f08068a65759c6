/** How a run ends: what it leaves, and its last event. */
import type { Checkpointer } from '../checkpoints/checkpointer.js';
import { saveModel } from '../checkpoints/model-file.js';
import type { Config } from '../config/options.js';
import { errors, reason } from '../errors.js';
import type { EndEvent } from '../metrics/events.js';
import type { Ledger } from '../metrics/ledger.js';
import type { RunState } from '../metrics/run-state.js';
import { areFinite, readParameters, restoreBest, weightsSha256 } from '../model/parameters.js';
import { asTold } from '../parallel/mpi/agreement.js';
import type { World } from '../parallel/mpi/world.js';
import { divergence } from './divergence.js';
import type { Run } from './prepare.js';

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

/** What the end event says besides. */
interface Circumstances {
  /** Under MPI, all ranks: the first saves. */
  readonly world: World | undefined;
  /** Why the run was ended, if it was: its weights are whole then, and are saved all the same. */
  readonly cut?: unknown;
  readonly checkpointer: Checkpointer | undefined;
}

/**
 * Saves the model if that is wanted, and yields the last event.
 *
 * @throws what the run failed of
 */
export async function* end(
  run: Run,
  ledger: Ledger,
  ending: Ending,
  { world, cut, checkpointer }: Circumstances,
): AsyncGenerator<EndEvent, void, undefined> {
  const { config, memory, model } = run;
  const { best } = ledger;
  // A thread that has died while it copied them has left none (parallel/early-stopping.ts).
  const isBest = config.keepBest && best !== undefined && memory.best[1] === best.epoch;
  if (isBest) restoreBest(memory.layers);
  // What diverged, or died in a step, is to be seen as it is; the best epoch's weights are as good as ever.
  const isGood = isBest || ending.status !== 'failed';
  let failure = ending.failure ?? cut;
  let saved: string | undefined;
  if (isGood && !areFinite(memory.layers)) {
    // The very last step, or the last before an interruption: no loss has told it.
    failure ??= divergence(run, { what: 'a weight', step: ending.step, updates: ending.step }, checkpointer);
  } else if (isGood && config.save !== undefined && (world?.isFirst ?? true) && !isUntrained(ending)) {
    try {
      const written = await saveModel(config.save, model, readParameters(memory.layers), ledger.completed, ending.step);
      saved = written.file;
      if (written.problem !== undefined) failure ??= errors.savedElsewhere(config.save, written.problem, saved);
    } catch (error) {
      failure ??= errors.saveFailed(config.save, error);
    }
  }
  const checkpoint = checkpointer?.newest;
  yield {
    event: 'end',
    status: failure === undefined ? ending.status : 'failed',
    epochs: ledger.completed,
    ...(ending.endedBy && { stopped_by: ending.endedBy }),
    ...(best && { best_epoch: best.epoch }),
    ...(isBest ? best.metrics : ledger.metrics),
    seconds: ledger.seconds,
    ...((ending.isWhole || isBest) && { weights_sha256: weightsSha256(memory.layers) }),
    ...(saved !== undefined && { saved }),
    ...(checkpoint !== undefined && { checkpoint }),
    ...(failure !== undefined && { message: reason(failure) }),
  };
  // (What the other ranks do not know of, `train` says how to tell.)
  if (failure !== undefined) throw world?.isAwaited ? failure : asTold(world, failure, failure !== cut);
}

/** Stopped before its first step: what it has drawn by lot is not to replace a model. */
function isUntrained({ status, step }: Ending): boolean {
  return status === 'interrupted' && step === 0;
}

/** How a run ends that needs no threads: it resumes what is complete, or is told to stop by then. */
export function endingWithoutTraining(run: Run, isStopped: boolean): Ending | undefined {
  const { epochs, step } = run.start;
  if (isOver(run)) {
    const endedBy = epochs < run.config.epochs ? 'patience' : undefined;
    return { status: 'completed', step, isWhole: true, endedBy };
  }
  return isStopped ? { status: 'interrupted', step, isWhole: true, endedBy: undefined } : undefined;
}

/** Whether it resumes what is complete. (With no epochs there is an evaluation, whose metrics no checkpoint holds.) */
function isOver({ resumedFrom, start, config }: Run): boolean {
  const { epochs } = config;
  if (resumedFrom === undefined || epochs === 0 || start.stepsInEpoch > 0) return false;
  return start.epochs === epochs || hasLostPatience(config, start);
}

function hasLostPatience({ patience }: Config, { epochs, best }: Pick<RunState, 'epochs' | 'best'>): boolean {
  return patience !== undefined && best !== undefined && epochs - best.epoch >= patience;
}
