/** The end of a run: saves the model, and yields the last event. */
import type { Checkpointer } from '../checkpoints/checkpointer.js';
import { type ModelDescription, saveModel } from '../checkpoints/model-file.js';
import type { Config } from '../config/options.js';
import { errors, reason } from '../errors.js';
import { auditOf } from '../metrics/audit/audit.js';
import type { AuditedSample } from '../metrics/audit/audited-sample.js';
import type { Ledger } from '../metrics/epoch-metrics.js';
import type { EndEvent, WarningEvent } from '../metrics/events.js';
import type { RunState } from '../metrics/run-state.js';
import { areFinite, readParameters, restoreAverage, restoreBest, weightsSha256 } from '../model/parameters.js';
import { asTold } from '../parallel/mpi/agreement.js';
import type { World } from '../parallel/mpi/world.js';
import { writeAudit } from './audit-output.js';
import { divergence } from './divergence.js';
import type { Run } from './prepare.js';
import { doubtAboutUse } from './usefulness.js';

export interface Ending {
  readonly status: EndEvent['status'];
  readonly failure?: unknown;
  /** Number of steps done in the run. */
  readonly step: number;
  /** Why it is complete before its last epoch, if so. */
  readonly endedBy: EndEvent['stopped_by'] | undefined;
  /** Whether the last step is complete; not if a thread died. */
  readonly isWhole: boolean;
}

/** What a run leaves to the program that called it. */
export interface Trained {
  readonly model: ModelDescription;
  /** Parameters, in the order of the file. */
  readonly read: () => Float32Array;
  /** Done in all. */
  readonly epochs: number;
  readonly step: number;
  /** If the run audits, and has visited every training sample: they are sorted on the first call. */
  readonly audit: (() => readonly AuditedSample[] | undefined) | undefined;
}

interface Circumstances {
  /** Under MPI only; rank 0 saves. */
  readonly world: World | undefined;
  /** The error that stopped the run between steps, if any. Its weights are saved anyway. */
  readonly cut?: unknown;
  readonly checkpointer: Checkpointer | undefined;
  /** Called before the last event, if the run leaves a model. */
  readonly onTrained: ((trained: Trained) => void) | undefined;
}

/**
 * Saves the model if requested, and yields the last event, perhaps after a warning.
 *
 * @throws the error of a failed run
 */
export async function* end(
  run: Run,
  ledger: Ledger,
  ending: Ending,
  { world, cut, checkpointer, onTrained }: Circumstances,
): AsyncGenerator<EndEvent | WarningEvent, void, undefined> {
  const { config, memory, model } = run;
  const { best } = ledger;
  // No best weights if a thread died while copying them (parallel/early-stopping.ts).
  const isBest = config.keepBest && best !== undefined && memory.best[1] === best.epoch;
  if (isBest) restoreBest(memory.layers);
  // (The last checkpoint has been taken.)
  else if (run.plan.keepsAverage && ending.isWhole && ending.step > 0) restoreAverage(memory.layers);
  // A failed run keeps its current weights, unless there are weights of the best epoch.
  const isGood = isBest || ending.status !== 'failed';
  let failure = ending.failure ?? cut;
  let saved: string | undefined;
  if (isGood && !areFinite(memory.layers)) {
    // The last step diverged, and no loss has been computed since.
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
  const { audited } = run;
  let samples: readonly AuditedSample[] | undefined;
  const audit = audited && (() => (samples ??= auditOf(memory, run.plan, audited)));
  let auditFile: string | undefined;
  // Sums that a step has left half done are no audit.
  if (audit && typeof config.audit === 'string' && ending.isWhole && ending.status !== 'failed') {
    try {
      const all = audit();
      const written = all && (await writeAudit(config.audit, all));
      auditFile = written?.file;
      if (written?.problem !== undefined)
        failure ??= errors.auditElsewhere(config.audit, written.problem, written.file);
    } catch (error) {
      failure ??= errors.auditFailed(config.audit, error);
    }
  }
  if (failure === undefined && ending.isWhole && !isUntrained(ending)) {
    const { completed: epochs } = ledger;
    onTrained?.({ model, read: () => readParameters(memory.layers), epochs, step: ending.step, audit });
  }
  const checkpoint = checkpointer?.newest;
  const metrics = isBest ? best.metrics : ledger.metrics;
  const isTrained = ending.status === 'completed' && failure === undefined && config.epochs > 0;
  // (A run that was complete already has no records.)
  const isRecorded = ledger.completed > run.start.epochs && (!isBest || best.epoch === ledger.completed);
  const doubt = isTrained ? doubtAboutUse(run, metrics, isRecorded ? ledger.completed : undefined) : undefined;
  if (doubt !== undefined) yield { event: 'warning', code: 'no_better_than_constant', message: doubt };
  yield {
    event: 'end',
    status: failure === undefined ? ending.status : 'failed',
    epochs: ledger.completed,
    ...(ending.endedBy && { stopped_by: ending.endedBy }),
    ...(run.privacy && { epsilon: run.privacy.epsilon(ending.step), delta: run.privacy.planned.delta }),
    ...(best && { best_epoch: best.epoch }),
    ...metrics,
    seconds: ledger.seconds,
    ...((ending.isWhole || isBest) && { weights_sha256: weightsSha256(memory.layers) }),
    ...(saved !== undefined && { saved }),
    ...(auditFile !== undefined && { audit: auditFile, suspects: samples!.filter(({ suspect }) => suspect).length }),
    ...(checkpoint !== undefined && { checkpoint }),
    ...(failure !== undefined && { message: reason(failure) }),
  };
  // (What the other ranks do not know of, `train` says how to tell.)
  if (failure !== undefined) throw world?.isAwaited ? failure : asTold(world, failure, failure !== cut);
}

/** Stopped before its first step: random weights must not replace a model. */
function isUntrained({ status, step }: Ending): boolean {
  return status === 'interrupted' && step === 0;
}

/** The ending of a run that needs no threads: it resumes a complete run, or was stopped before it began. */
export function endingWithoutTraining(run: Run, isStopped: boolean): Ending | undefined {
  const { epochs, step } = run.start;
  if (isOver(run)) {
    const endedBy =
      epochs === run.config.epochs ? undefined : hasLostPatience(run.config, run.start) ? 'patience' : 'privacy_budget';
    return { status: 'completed', step, isWhole: true, endedBy };
  }
  return isStopped ? { status: 'interrupted', step, isWhole: true, endedBy: undefined } : undefined;
}

/** Whether it resumes a complete run. (A run without epochs must evaluate, because checkpoints do not hold its metrics.) */
function isOver({ resumedFrom, start, config, privacy }: Run): boolean {
  const { epochs } = config;
  if (resumedFrom === undefined || epochs === 0 || start.stepsInEpoch > 0) return false;
  return (
    start.epochs === epochs ||
    hasLostPatience(config, start) ||
    (privacy !== undefined && start.epochs >= privacy.task.lastEpoch)
  );
}

function hasLostPatience({ patience }: Config, { epochs, best }: Pick<RunState, 'epochs' | 'best'>): boolean {
  return patience !== undefined && best !== undefined && epochs - best.epoch >= patience;
}
