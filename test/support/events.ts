/** Runs `train` to its end and collects what it said. */
import type { EndEvent, EpochEvent, StartEvent, StepEvent, TrainEvent } from '../../src/metrics/events.js';
import type { TrainOptions } from '../../src/options.js';
import { type TrainControls, train } from '../../src/train.js';

export interface Collected {
  readonly all: readonly TrainEvent[];
  readonly start: StartEvent;
  readonly steps: readonly StepEvent[];
  readonly epochs: readonly EpochEvent[];
  readonly end: EndEvent;
  /** What the generator threw after its last event, if anything. */
  readonly error: unknown;
}

/** @param onEvent  called with each event, and its number from 0, before it is collected */
export async function collect(
  options: TrainOptions & TrainControls,
  onEvent: (event: TrainEvent, number: number) => void = () => undefined,
): Promise<Collected> {
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
