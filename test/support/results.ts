/** What a run comes to, without its times: what must not depend on interruptions, threads or the machine's load. */
import type { TrainEvent } from '../../src/metrics/events.js';

const TIMES: readonly string[] = ['seconds', 'samples_per_second', 'wait_fraction', 'phase_fractions'];

type Result = Readonly<Record<string, unknown>>;

/** Its step and epoch events, and the end. */
export function resultsOf(events: readonly TrainEvent[]): Result[] {
  return events.filter(({ event }) => ['step', 'epoch', 'end'].includes(event)).map(withoutTimes);
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

function withoutTimes(event: TrainEvent): Result {
  return Object.fromEntries(Object.entries(event).filter(([name]) => !TIMES.includes(name)));
}
