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

export async function collect(options: TrainOptions & TrainControls): Promise<Collected> {
  return collectFrom(train(options));
}

/**
 * Collects, and interrupts the run at its event number `at`, from 0, unless it is over before.
 */
export function collectUntil(at: number, options: TrainOptions): Promise<Collected> {
  const abort = new AbortController();
  return collectFrom(train({ ...options, signal: abort.signal }), (count) => {
    if (count === at) abort.abort();
  });
}

async function collectFrom(run: AsyncIterable<TrainEvent>, onEvent?: (count: number) => void): Promise<Collected> {
  const all: TrainEvent[] = [];
  let error: unknown;
  try {
    for await (const event of run) {
      onEvent?.(all.length);
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
