/** Runs `train` to its end and collects what it said. */

import type { TrainOptions } from '../../src/config/options.js';
import type { EndEvent, EpochEvent, StartEvent, StepEvent, TrainEvent } from '../../src/metrics/events.js';
import { type TrainInput, train } from '../../src/run/train.js';

export interface Collected {
  readonly all: readonly TrainEvent[];
  readonly start: StartEvent;
  readonly steps: readonly StepEvent[];
  readonly epochs: readonly EpochEvent[];
  readonly end: EndEvent;
}

export interface Failed extends Collected {
  /** What the generator threw after its last event. */
  readonly error: unknown;
}

type OnEvent = (event: TrainEvent, number: number) => void;

/**
 * A run that fails is an error: tests compare one run with another, and two that fail alike would be equal.
 *
 * @param onEvent  called with each event, and its number from 0, before it is collected
 */
export async function collect(options: TrainInput, onEvent?: OnEvent): Promise<Collected> {
  const { error, ...collected } = await follow(options, onEvent);
  if (error !== undefined)
    throw new Error('the run failed; where that is expected, use collectFailed', { cause: error });
  return collected;
}

/** A run that begins and fails. */
export async function collectFailed(options: TrainInput, onEvent?: OnEvent): Promise<Failed> {
  const { error, ...collected } = await follow(options, onEvent);
  if (error === undefined) throw new Error(`expected the run to fail: ${JSON.stringify(collected.end)}`);
  return { ...collected, error };
}

/** A run that may fail or not. */
export async function follow(
  options: TrainInput,
  onEvent: OnEvent = () => undefined,
): Promise<Collected & { readonly error?: unknown }> {
  const all: TrainEvent[] = [];
  let error: unknown;
  try {
    for await (const event of train(options)) {
      onEvent(event, all.length);
      all.push(event);
    }
  } catch (thrown) {
    if (all.length === 0) throw thrown;
    error = thrown;
  }
  return {
    all,
    start: all[0] as StartEvent,
    steps: all.filter((event) => event.event === 'step'),
    epochs: all.filter((event) => event.event === 'epoch'),
    end: all.at(-1) as EndEvent,
    error,
  };
}

/** The same, and interrupts the run at its event number `at`, unless it is over before. */
export function collectUntil(at: number, options: TrainOptions): Promise<Collected> {
  const abort = new AbortController();
  return collect({ ...options, signal: abort.signal }, (_, number) => {
    if (number === at) abort.abort();
  });
}
