/** Cross-validation: trains a network for each fold, several at the same time, and yields their results in order. */
import type { CheckedOptions } from '../../config/options.js';
import type { InMemory } from '../../data/in-memory.js';
import { inputFilesOf } from '../../data/sources.js';
import { errors, reason } from '../../errors.js';
import { now } from '../../memory/clock.js';
import type { CvEndEvent, CvEvent, CvStartEvent, FoldEvent } from '../../metrics/cv-events.js';
import { SCHEMA } from '../../metrics/events.js';
import { counting, type OnCount } from '../several-runs/count-runs.js';
import { runInOrder } from '../several-runs/run-in-order.js';
import { Turns } from '../several-runs/turns.js';
import { requireCvOptions } from './cv-options.js';
import { type OutOfFoldPrediction, openPredictions, requirePredictions, writePredictions } from './out-of-fold.js';
import { type CvPlan, type CvSettings, planCv } from './plan.js';
import { type FoldResult, runFold } from './run-fold.js';
import { summaryOf } from './summary.js';

export interface CvOptions extends CvSettings {
  /** File for the out-of-fold predictions: .ndjson or .csv. */
  readonly output: string | undefined;
}

export interface CvControls {
  readonly signal?: AbortSignal | undefined;
  readonly memory?: InMemory;
  /** Called before the last event, with the predictions of the completed folds, by repeat and row. */
  readonly onPredictions?: (predictions: readonly OutOfFoldPrediction[]) => void;
  /** For a progress bar. */
  readonly onCount?: OnCount;
}

/**
 * @param given  options of `train`, checked
 * @throws LockstepError before the first event if the options or data cannot be used; after the last one if a fold has failed, or
 *   the predictions could not be written
 */
export async function* crossValidation(
  given: CheckedOptions,
  { output, ...settings }: CvOptions,
  { signal, memory = {}, onPredictions, onCount }: CvControls = {},
): AsyncGenerator<CvEvent, void, undefined> {
  const beganAt = now();
  requireCvOptions(given);
  signal?.throwIfAborted();
  if (output !== undefined) await requirePredictions(output, inputFilesOf(memory.data ?? given.data ?? ''));
  const plan = await planCv(given, settings, memory, signal);
  if (output !== undefined) await openPredictions(output);
  const results: FoldResult[] = [];
  const told = new Set<string>();
  const turns = new Turns(plan.atOnce);
  const counted = counting(plan.runs.length, onCount);
  const work = plan.runs.map((run) =>
    counted((stop, onEpoch) => runFold(plan, run, memory, { turns, onEpoch, signal: stop })),
  );
  for await (const result of runInOrder(work, plan.atOnce + plan.ahead, signal)) {
    if (results.length === 0) yield startEvent(plan, settings, result, beganAt);
    results.push(result);
    for (const warning of result.warnings) {
      if (told.has(warning.message)) continue;
      told.add(warning.message);
      yield warning;
    }
    yield result.event;
  }
  if (results.length === 0) throw signal?.reason;
  yield* end(plan, settings, results, { output, beganAt, onPredictions });
}

function startEvent(
  { dataset, samples, atOnce }: CvPlan,
  { folds, repeats }: CvSettings,
  { start }: FoldResult,
  beganAt: number,
): CvStartEvent {
  const { name, classes, class_names, targets } = start.dataset;
  return {
    ...{ event: 'cv_start', schema: SCHEMA, time: new Date(beganAt).toISOString(), config: start.config },
    dataset: {
      ...{ name, samples },
      ...(classes !== undefined && { classes }),
      ...(class_names && { class_names }),
      ...(targets && { targets: dataset.targetNames ?? [] }),
    },
    ...{ objective: start.objective, ...(start.columns && { columns: start.columns }), model: start.model },
    ...{ folds, repeats, at_once: atOnce, threads: start.threads, kernel: start.kernel, node: start.node },
  };
}

interface Circumstances {
  readonly output: string | undefined;
  readonly beganAt: number;
  readonly onPredictions: CvControls['onPredictions'];
}

async function* end(
  { runs }: CvPlan,
  { folds }: CvSettings,
  results: readonly FoldResult[],
  { output, beganAt, onPredictions }: Circumstances,
): AsyncGenerator<CvEndEvent, void, undefined> {
  const completed = results.filter(({ event }) => event.status === 'completed');
  const failed = results.filter(({ failure }) => failure !== undefined);
  const isInterrupted = results.length < runs.length || results.some(({ event }) => event.status === 'interrupted');
  const predictions = completed
    .flatMap((result) => result.predictions)
    .sort((a, b) => a.repeat - b.repeat || a.row - b.row);
  onPredictions?.(predictions);
  let failure: unknown;
  if (failed.length > 0) {
    const { fold, repeat } = failed[0]!.event;
    failure = errors.foldsFailed(failed.length, runs.length, fold, repeat, failed[0]!.failure);
  }
  let written: string | undefined;
  if (output !== undefined && predictions.length > 0 && !isInterrupted) {
    try {
      const { file, problem } = await writePredictions(output, predictions, completed[0]!.classNames);
      written = file;
      if (problem !== undefined) failure ??= errors.predictionsElsewhere(output, problem, file);
    } catch (error) {
      failure ??= errors.predictionsFailed(output, error);
    }
  }
  yield {
    event: 'cv_end',
    status: failure !== undefined ? 'failed' : isInterrupted ? 'interrupted' : 'completed',
    completed: completed.length,
    metrics: summaryOf(
      completed.map(({ event }): FoldEvent => event),
      folds,
    ),
    seconds: (now() - beganAt) / 1000,
    ...(written !== undefined && { output: written }),
    ...(failure !== undefined && { message: reason(failure) }),
  };
  if (failure !== undefined) throw failure;
}
