/** What a progress bar is told of several runs. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { judge } from '../../../src/tools/search/judge.js';
import { counting, type OnEpoch } from '../../../src/tools/several-runs/count-runs.js';
import { IRIS } from '../../support/tables.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const never = new AbortController().signal;

/** A run that ends when it is told to. */
function runOf() {
  let onEpoch: OnEpoch = () => undefined;
  let end: (result: Promise<string>) => void = () => undefined;
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  const run = async (_: AbortSignal, tell: OnEpoch) => {
    onEpoch = tell;
    return await ended;
  };
  const resolve = (result: string) => end(Promise.resolve(result));
  const reject = (error: Error) => end(Promise.reject(error));
  return { run, resolve, reject, epoch: (done: number, total: number) => onEpoch(done, total) };
}

it('counts runs that end, and tells the epochs of the first that trains, and the parts of all', async () => {
  const told: unknown[] = [];
  const counted = counting(3, (count) => told.push(count));
  const [one, two] = [runOf(), runOf()];
  const results = [counted(one.run)(never), counted(two.run)(never)];
  expect(told.splice(0)).toEqual([{ done: 0, total: 3, parts: 0 }]);
  two.epoch(1, 4);
  one.epoch(5, 10);
  expect(told.splice(0)).toEqual([
    { done: 0, total: 3, parts: 0.25, epochs: { done: 1, total: 4 } },
    { done: 0, total: 3, parts: 0.75, epochs: { done: 1, total: 4 } },
  ]);
  two.resolve('two');
  expect(await results[1]).toBe('two');
  expect(told.splice(0)).toEqual([{ done: 1, total: 3, parts: 0.5, epochs: { done: 5, total: 10 } }]);
  one.reject(new Error('failed'));
  await expect(results[0]).rejects.toThrow('failed');
  expect(told).toEqual([{ done: 1, total: 3, parts: 0 }]);
});

it('tells of quick epochs ten times a second at most', () => {
  let times = 0;
  const { run, epoch } = runOf();
  void counting(1, () => times++)(run)(never);
  for (let done = 0; done <= 1000; done++) {
    epoch(done, 1000);
    vi.advanceTimersByTime(1);
  }
  expect(times).toBe(1 + 1 + 10);
});

it.each([
  [undefined, ['0/2', '1/2', '2/2']],
  [2, ['0/4', '1/4', '2/4', '2/4', '3/4', '4/4']],
])('a trial tells its epochs, over %s folds', async (folds, expected) => {
  const given = { data: IRIS, label: 'species', epochs: 4, hidden: [2], threads: 1, validationSplit: 0.2 };
  const told: string[] = [];
  await judge(given, folds, 0.5, {}, never, (done, total) => told.push(`${done}/${total}`));
  expect(told).toEqual(expected);
});
