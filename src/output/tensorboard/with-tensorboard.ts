/** Writes the events of a run for TensorBoard. */

import { errors } from '../../errors.js';
import { makeFolder } from '../../files/make-folder.js';
import { isRecord } from '../../files/type-guards.js';
import { now } from '../../memory/clock.js';
import type { StartEvent, TrainEvent, WarningEvent } from '../../metrics/events.js';
import type { EventFile } from './event-file.js';
import type { SummaryValue } from './event-proto.js';
import { ofEnd, ofEpoch, ofEvaluation, ofStart, ofStep } from './summaries.js';

/**
 * Passes events on, and writes them for TensorBoard to a new file in the folder, each before it is passed on. The step of an
 * epoch is its last step. A resumed run adds a file to the folder of the original run, and replaces its later steps.
 *
 * If the file can no longer be written, one `warning` event is added, and the run continues.
 *
 * @param folder  created at the first event if necessary, so that a refused run leaves nothing behind
 * @throws LockstepError before `start` is passed on, if the folder cannot be written; or any error of `events`
 *
 * @example
 * for await (const event of withTensorBoard(train({ epochs: 5 }), 'logs/run1')) console.log(event);
 */
export async function* withTensorBoard(
  events: AsyncIterable<TrainEvent>,
  folder: string,
): AsyncGenerator<TrainEvent, void, undefined> {
  // Types do not bind JavaScript callers.
  if (!isIterable(events)) throw errors.invalidOption('events', events, 'the events of train()');
  if (typeof folder !== 'string' || folder === '')
    throw errors.invalidOption('folder', folder, 'a folder', 'a string: a folder');
  let writer: Writer | undefined;
  try {
    for await (const event of events) {
      if (!isRecord(event)) throw errors.invalidOption('events', event, 'the events of train()');
      if (event.event === 'start') {
        // Under MPI, only rank 0 writes.
        if (!event.rank) writer = await Writer.begin(folder, event);
      } else {
        const warning = await writer?.write(event);
        if (warning) yield warning;
      }
      yield event;
    }
  } finally {
    await writer?.close();
  }
}

/** Accepts an array of events as well. */
function isIterable(events: unknown): boolean {
  if (typeof events !== 'object' || events === null) return false;
  return Symbol.asyncIterator in events || Symbol.iterator in events;
}

class Writer {
  readonly #file: EventFile;
  readonly #objective: string;
  readonly #rate: number;
  /** Without epochs, only the end event has the evaluation. */
  readonly #isEvaluation: boolean;
  #step: number;
  #hasFailed = false;

  private constructor(file: EventFile, { config, objective, resumed }: StartEvent) {
    this.#file = file;
    this.#objective = objective;
    this.#rate = config.lr;
    this.#isEvaluation = config.epochs === 0;
    this.#step = resumed?.step ?? 0;
  }

  /** @throws LockstepError if the file cannot be written */
  static async begin(folder: string, start: StartEvent): Promise<Writer> {
    const { EventFile } = await import('./event-file.js');
    const step = start.resumed?.step ?? 0;
    const wallTime = now() / 1000;
    try {
      await makeFolder(folder);
      const file = await EventFile.create(folder, wallTime, [
        { wall_time: wallTime, step: step + 1, isSessionStart: true },
        { wall_time: wallTime, step, summary: ofStart(start, wallTime) },
      ]);
      return new Writer(file, start);
    } catch (error) {
      throw errors.tensorBoardUnusable(folder, error);
    }
  }

  /** @returns a warning at the first failure to write */
  async write(event: TrainEvent): Promise<WarningEvent | undefined> {
    const wallTime = now() / 1000;
    const summary = this.#summaryOf(event, wallTime);
    if (summary.length === 0) return undefined;
    try {
      await this.#file.append({ wall_time: wallTime, step: this.#step, summary });
      return undefined;
    } catch (error) {
      return this.#warningOf(error);
    }
  }

  /** Errors are ignored, because all records have been written. */
  async close(): Promise<void> {
    await this.#file.close().catch(() => undefined);
  }

  #summaryOf(event: TrainEvent, wallTime: number): SummaryValue[] {
    switch (event.event) {
      case 'step':
        this.#step = event.step;
        return ofStep(event, this.#objective);
      case 'epoch':
        this.#step = event.step;
        return ofEpoch(event, this.#objective, this.#rate);
      case 'end':
        return [...(this.#isEvaluation ? ofEvaluation(event, this.#objective) : []), ...ofEnd(event, wallTime)];
      default:
        return [];
    }
  }

  #warningOf(error: unknown): WarningEvent | undefined {
    if (this.#hasFailed) return undefined;
    this.#hasFailed = true;
    const { message } = errors.tensorBoardFailed(this.#file.path, error);
    return { event: 'warning', code: 'tensorboard_failed', message };
  }
}
