/** Training as a program sees it: options in, events or a model out. */
import { isOff, OPTION_NAMES, OPTIONS } from '../config/options.js';
import type { ClassifiedImages, ImagesData, MeasuredImages } from '../data/memory-images.js';
import type { TableData } from '../data/table/memory-table.js';
import { errors } from '../errors.js';
import { isRecord } from '../files/type-guards.js';
import type { EndEvent, TrainEvent } from '../metrics/events.js';
import type { Trained } from '../run/ending.js';
import { type TrainInput, trainInLibrary } from '../run/train.js';
import { trainAny } from './ensemble/train-any.js';
import { type Classifier, type Model, modelOf, type Regressor } from './model.js';

type Others = Omit<TrainInput, 'data' | 'label' | 'target'>;
type Given<Value> = Exclude<Value, undefined>;

/** Options that select classes: `label`, as an option or in `data`, images with `labels`, or no data in memory at all. */
export type ClassifierInput = Others & { readonly target?: undefined } & (
    | { readonly data: string | TableData; readonly label: string }
    | { readonly data: TableData & { readonly label: Given<TableData['label']> }; readonly label?: undefined }
    | { readonly data: ImagesData & ClassifiedImages; readonly label?: undefined }
    | { readonly data?: 'mnist' | 'fashion-mnist' | undefined; readonly label?: undefined }
  );

/** Options that select regression: `target`, as an option or in `data`, or images with `targets`. */
export type RegressorInput = Others & { readonly label?: undefined } & (
    | { readonly data: string | TableData; readonly target: readonly string[] }
    | { readonly data: TableData & { readonly target: Given<TableData['target']> }; readonly target?: undefined }
    | { readonly data: ImagesData & MeasuredImages; readonly target?: undefined }
  );

/** The last event of a run. */
export interface TrainedEvent<M extends Model = Model> extends EndEvent {
  /**
   * The model; undefined if the run failed, or was stopped before its first step. Made when it is first asked for, and absent
   * in JSON and in copies of the event.
   */
  readonly model?: M | undefined;
}

/** The events of `train()`. */
export type Events<M extends Model = Model> = AsyncGenerator<
  Exclude<TrainEvent, EndEvent> | TrainedEvent<M>,
  void,
  undefined
>;

/**
 * Trains a network, and yields events: `start`, then `step`, `epoch`, `checkpoint` and `warning`, then `end`, which has the
 * model.
 *
 * The threads run at most one epoch ahead of the event being handled. Leaving the loop early ends the run like an aborted
 * `signal`: the threads end, a last checkpoint and the model are written if requested, and an error of the run is thrown. A
 * generator that is neither finished nor left keeps the threads and the process waiting.
 *
 * @example
 * for await (const event of train({ epochs: 5, threads: 2 })) {
 *   if (event.event === 'epoch') console.log(event.epoch, event.train_loss);
 * }
 *
 * @throws LockstepError before `start` if the options or data cannot be used; after an `end` event whose status
 *   is `failed` if a loss is no longer finite, a thread died, or a file could not be written that was required
 */
export function train(options: RegressorInput): Events<Regressor>;
export function train(options?: ClassifierInput): Events<Classifier>;
export function train(options?: TrainInput): Events;
export async function* train(options: TrainInput = {}): Events {
  let trained: Trained | undefined;
  const onTrained = (left: Trained) => {
    trained = left;
  };
  const events = trainInLibrary(options, onTrained, trainAny);
  for await (const event of events) {
    yield event.event === 'end' && trained ? withModel(event, trained) : event;
  }
}

/** Until the model is made, the event holds the memory of the run. */
function withModel(event: EndEvent, left: Trained): TrainedEvent {
  let trained: Trained | undefined = left;
  let model: Model | undefined;
  const get = () => {
    if (trained) model = modelOf(trained);
    trained = undefined;
    return model;
  };
  return Object.defineProperty(event, 'model', { get, enumerable: false, configurable: true });
}

interface FitControls {
  /** Called with each event of `train()`; the run waits for it. */
  readonly onEvent?: ((event: TrainEvent) => unknown) | undefined;
}

/**
 * Trains a network to the end of the run.
 *
 * @example
 * const model = await fit({ data: { rows, label: 'species' }, epochs: 50 });
 * const { className } = model.predict({ petal_length: 1.4, petal_width: 0.2 });
 *
 * @returns the model. If `signal` ends the run early, it is the model as far as it was trained.
 * @throws LockstepError as `train`; the reason of the signal, if it ends the run before the first step
 */
export function fit(options: RegressorInput & FitControls): Promise<Regressor>;
export function fit(options?: ClassifierInput & FitControls): Promise<Classifier>;
export function fit(options?: TrainInput & FitControls): Promise<Model>;
export async function fit(given: TrainInput & FitControls = {}): Promise<Model> {
  let trained: Trained | undefined;
  const { onEvent, ...others } = isRecord(given) ? (given as TrainInput & FitControls) : {};
  if (onEvent !== undefined && typeof onEvent !== 'function') {
    throw errors.invalidOption('onEvent', onEvent, 'a function');
  }
  const unseen = onEvent
    ? undefined
    : OPTION_NAMES.find((name) => OPTIONS[name].isInEvents && !isOff(name, others[name]));
  if (unseen) throw errors.eventsUnseen(unseen, others[unseen]);
  // Whatever is no object of options is refused as it is.
  const options: TrainInput = onEvent === undefined ? given : others;
  const onTrained = (left: Trained) => {
    trained = left;
  };
  const events = trainInLibrary(options, onTrained, trainAny);
  for await (const event of events) await onEvent?.(event);
  if (trained) return modelOf(trained);
  throw options.signal?.reason ?? new Error('the run left no model');
}
