/** Counts the runs of a command that trains several networks, for its progress bar. */
import type { RunCount } from '../../output/progress-line.js';
import type { Work } from './run-in-order.js';

/** Called at the beginning, whenever a run has ended, and now and then while runs train. */
export type OnCount = (count: RunCount) => void;

/** Called by a run: `done` of its `total` epochs are done. */
export type OnEpoch = (done: number, total: number) => void;

/** Epochs may take microseconds. */
const INTERVAL_MS = 100;

/** @returns makes work of a run: it counts when the run has ended, unless that has failed */
export function counting(total: number, onCount: OnCount | undefined) {
  let done = 0;
  let toldAt = 0;
  /** Epochs of the runs that have begun and not ended, in the order in which they have begun. */
  const epochs = new Map<object, { readonly done: number; readonly total: number }>();
  const tell = () => {
    toldAt = performance.now();
    const [first] = epochs.values();
    const parts = [...epochs.values()].reduce((sum, each) => sum + each.done / Math.max(1, each.total), 0);
    onCount?.({ done, total, parts, ...(first && { epochs: first }) });
  };
  tell();
  return <Result>(run: (stop: AbortSignal, onEpoch: OnEpoch) => Promise<Result>): Work<Result> =>
    async (stop) => {
      const key = {};
      const onEpoch: OnEpoch = (done, total) => {
        const isFirst = !epochs.has(key);
        epochs.set(key, { done, total });
        if (isFirst || performance.now() - toldAt >= INTERVAL_MS) tell();
      };
      try {
        const result = await run(stop, onEpoch);
        done++;
        return result;
      } finally {
        epochs.delete(key);
        tell();
      }
    };
}
