/** Several pieces of work at the same time: results in order, no more at once than allowed, and nothing left running. */
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runInOrder, type Work } from '../../../src/tools/several-runs/run-in-order.js';

/** Work that ends after so many turns of the event loop, or soon after it is told to stop. */
function workOf(turns: readonly number[], failing = -1) {
  const state = { running: 0, most: 0, begun: 0, stopped: 0 };
  const work = turns.map(
    (count, i): Work<number> =>
      async (stop) => {
        state.begun++;
        state.most = Math.max(state.most, ++state.running);
        for (let turn = 0; turn < count && !stop.aborted; turn++) await setImmediate();
        state.running--;
        if (stop.aborted) state.stopped++;
        if (i === failing) throw new Error(`work ${i}`);
        return i;
      },
  );
  return { state, work };
}

async function resultsOf(results: AsyncIterable<number>): Promise<number[]> {
  const all: number[] = [];
  for await (const result of results) all.push(result);
  return all;
}

describe('work', () => {
  it.each([1, 2, 3, 20])('gives its results in order, %i at once', async (atOnce) => {
    const { state, work } = workOf([9, 1, 5, 1, 7, 2, 2, 8]);
    expect(await resultsOf(runInOrder(work, atOnce))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(state).toEqual({ running: 0, most: Math.min(atOnce, 8), begun: 8, stopped: 0 });
  });

  it('that fails stops the rest, which is awaited, and its error is thrown after the results before it', async () => {
    const { state, work } = workOf([1, 3, 1000, 1000, 1000], 1);
    const results: number[] = [];
    const run = async () => {
      for await (const result of runInOrder(work, 2)) results.push(result);
    };
    await expect(run()).rejects.toThrow('work 1');
    expect(results).toEqual([0]);
    expect(state).toMatchObject({ running: 0, begun: 3, stopped: 1 });
  });

  it('that is stopped because later work fails does not hide the failure', async () => {
    const waiting: Work<number> = async (stop) => {
      while (!stop.aborted) await setImmediate();
      throw stop.reason;
    };
    const failing: Work<number> = async () => {
      await setImmediate();
      throw new Error('the cause');
    };
    await expect(resultsOf(runInOrder([waiting, failing], 2))).rejects.toThrow('the cause');
  });

  it('is followed to its end after an abort, and no other work begins', async () => {
    const abort = new AbortController();
    const { state, work } = workOf([2, 1000, 1000, 1000]);
    const results: number[] = [];
    for await (const result of runInOrder(work, 2, abort.signal)) {
      results.push(result);
      abort.abort();
    }
    expect(results).toEqual([0, 1, 2]);
    expect(state).toMatchObject({ running: 0, begun: 3, stopped: 2 });
  });

  it('that an abort ends before it has a result is left out; the results behind it are not', async () => {
    const abort = new AbortController();
    const unborn: Work<number> = async (stop) => {
      while (!stop.aborted) await setImmediate();
      throw stop.reason;
    };
    const done: Work<number> = async () => {
      abort.abort();
      return 1;
    };
    expect(await resultsOf(runInOrder([unborn, done], 2, abort.signal))).toEqual([1]);
  });

  it('is stopped and awaited if the consumer leaves', async () => {
    const { state, work } = workOf([1, 1000, 1000]);
    for await (const _ of runInOrder(work, 3)) break;
    expect(state).toMatchObject({ running: 0, stopped: 2 });
  });

  it('does not begin if the signal is aborted already', async () => {
    const { state, work } = workOf([1, 1]);
    expect(await resultsOf(runInOrder(work, 2, AbortSignal.abort()))).toEqual([]);
    expect(state.begun).toBe(0);
  });
});
