/** Trains and tests the network of one fold. */
import type { Dataset } from '../../data/dataset.js';
import type { InMemory } from '../../data/in-memory.js';
import { numbersOf, type Samples, taking } from '../../data/samples.js';
import type { ClassName } from '../../data/table/cells.js';
import { encodedBy } from '../../data/table/encode-parts.js';
import { inTurns } from '../../data/table/steps.js';
import type { FoldEvent } from '../../metrics/cv-events.js';
import type { EndEvent, StartEvent, WarningEvent } from '../../metrics/events.js';
import { OVERALL, type OverallValues } from '../../metrics/quality/classification.js';
import type { Trained } from '../../run/ending.js';
import { trainAny } from '../ensemble/train-any.js';
import { evaluateOn } from '../evaluation.js';
import { networkOf } from '../model.js';
import type { Network } from '../network.js';
import { evaluateNumbersOn } from '../number-evaluation.js';
import type { OnEpoch } from '../several-runs/count-runs.js';
import type { Turns } from '../several-runs/turns.js';
import type { OutOfFoldPrediction } from './out-of-fold.js';
import type { CvPlan, FoldRun } from './plan.js';

export interface FoldResult {
  /** Of its run. */
  readonly start: StartEvent;
  readonly warnings: readonly WarningEvent[];
  readonly event: FoldEvent;
  /** In the order of the samples; empty unless it is completed. */
  readonly predictions: readonly OutOfFoldPrediction[];
  /** Empty for regression targets. */
  readonly classNames: readonly ClassName[];
  /** The error that ended it. */
  readonly failure: unknown;
}

interface FoldControls {
  readonly turns: Turns;
  readonly onEpoch: OnEpoch;
  readonly signal: AbortSignal;
}

/** @throws LockstepError if the run cannot start; the reason of the signal while it prepares */
export async function runFold(
  { dataset, cores, foldOf }: CvPlan,
  run: FoldRun,
  memory: InMemory,
  { turns, onEpoch, signal }: FoldControls,
): Promise<FoldResult> {
  let trained: Trained | undefined;
  let start: StartEvent | undefined;
  let end: EndEvent | undefined;
  let failure: unknown;
  const warnings: WarningEvent[] = [];
  const onTrained = (left: Trained) => {
    trained = left;
  };
  try {
    const onReady = () => turns.next(signal);
    const events = trainAny(run.options, { signal }, { memory: { ...memory, dataset, cores }, onTrained, onReady });
    for await (const event of events) {
      if (event.event === 'start') {
        start = event;
        onEpoch(0, event.config.epochs);
      } else if (event.event === 'epoch') onEpoch(event.epoch, start!.config.epochs);
      else if (event.event === 'warning') warnings.push(event);
      else if (event.event === 'end') end = event;
    }
  } catch (error) {
    if (!start || !end) throw error;
    failure = error;
  }
  const { train, validation, test } = start!.dataset;
  const { event: _, ...own } = end!;
  const { repeat, fold, seed } = run;
  const tested: Tested =
    trained && own.status === 'completed'
      ? await testOn(networkOf(trained), dataset, foldOf[repeat - 1]!, run)
      : { metrics: {}, predictions: [], classNames: [] };
  const { metrics, ...others } = tested;
  const event: FoldEvent = {
    ...{ event: 'fold', repeat, fold, fold_seed: seed },
    ...{ train, ...(validation !== undefined && { validation }), test },
    ...own,
    ...metrics,
  };
  return { start: start!, warnings, event, ...others, failure };
}

interface Tested {
  readonly metrics: Partial<OverallValues>;
  readonly predictions: readonly OutOfFoldPrediction[];
  readonly classNames: readonly ClassName[];
}

/** The metrics and predictions of the fold's samples. */
async function testOn(
  network: Network,
  { train, inputs }: Dataset,
  foldOf: Uint16Array,
  run: FoldRun,
): Promise<Tested> {
  const positions = Uint32Array.from(foldOf.keys()).filter((s) => foldOf[s] === run.fold - 1);
  const raw = await inTurns(taking(train, inputs, positions));
  const { table, encoder } = network;
  const samples = table && encoder ? await inTurns(encodedBy(encoder, raw, table)) : raw;
  const places = Array.from(numbersOf(samples), (row) => ({ repeat: run.repeat, fold: run.fold, row }));
  return network.targets.length > 0
    ? await testNumbers(network, samples, places)
    : await testClasses(network, samples, places);
}

type Place = Pick<OutOfFoldPrediction, 'repeat' | 'fold' | 'row'>;

async function testClasses(network: Network, samples: Samples, places: readonly Place[]): Promise<Tested> {
  const { evaluation, scores } = await evaluateOn(network, samples, { resamples: 0 });
  const { classNames } = network;
  const metrics = Object.fromEntries(OVERALL.map((name) => [name, evaluation[name]]));
  const { targets, predicted, probabilities, confidence } = scores;
  const predictions = places.map((place, s) => ({
    ...place,
    label: classNames[targets[s]!]!,
    class: classNames[predicted[s]!]!,
    probability: probabilities ? probabilities[predicted[s]!]![s]! : confidence[s]!,
    ...(probabilities && { probabilities: probabilities.map((column) => column[s]!) }),
  }));
  return { metrics, predictions, classNames };
}

async function testNumbers(network: Network, samples: Samples, places: readonly Place[]): Promise<Tested> {
  const { predicted, truth } = await evaluateNumbersOn(network, samples, { resamples: 0 });
  const byTarget = (columns: readonly Float64Array[], s: number) =>
    Object.fromEntries(network.targets.map(({ name }, t) => [name, columns[t]![s]!]));
  const predictions = places.map((place, s) => ({
    ...place,
    targets: byTarget(truth, s),
    estimates: byTarget(predicted, s),
  }));
  return { metrics: {}, predictions, classNames: [] };
}
