/** What a run comes to, without times and places: what must not depend on interruptions, threads or the machine's load. */
import type { TrainEvent } from '../../src/metrics/events.js';

const LEFT_OUT: readonly string[] = ['seconds', 'samples_per_second', 'wait_fraction', 'phase_fractions', 'checkpoint'];

type Result = Readonly<Record<string, unknown>>;

/** Its step and epoch events, and the end. */
export function resultsOf(events: readonly TrainEvent[]): Result[] {
  return events.filter(({ event }) => ['step', 'epoch', 'end'].includes(event)).map(comparable);
}

/** Those of them that a run tells again which goes on there. */
export function resultsAfter(events: readonly TrainEvent[], { epochs, step }: { epochs: number; step: number }) {
  return resultsOf(
    events.filter((event) => {
      // An epoch's last step may be done, and its evaluation not.
      if (event.event === 'epoch') return event.epoch > epochs;
      return event.event === 'step' ? event.step > step : event.event === 'end';
    }),
  );
}

function comparable(event: TrainEvent): Result {
  return Object.fromEntries(Object.entries(event).filter(([name]) => !LEFT_OUT.includes(name)));
}
