/** The progress bar fits its terminal. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countLine, progressLine } from '../../src/output/progress-line.js';

const PROGRESS = {
  ...{ epoch: 3, epochs: 100, step: 200, stepsPerEpoch: 600, samples: 20_000 },
  ...{ loss: 0.12345, error: 0.0321, samplesPerSecond: 123_456.7, secondsLeft: 3725 },
};

it.each([
  [
    200,
    'epoch 3/100 ███████░░░░░░░░░░░░░ step 200/600 · loss 0.1235 · error 3.21 % · 123,457 samples/s · 1:02:05 left',
  ],
  [100, 'epoch 3/100 ███████░░░░░░░░░░░░░ step 200/600 · loss 0.1235 · error 3.21 % · 1:02:05 left'],
  [79, 'epoch 3/100 ███░░░░░░░ step 200/600 · loss 0.1235 · error 3.21 % · 1:02:05 left'],
  [70, 'epoch 3/100 ███░░░░░░░ · loss 0.1235 · error 3.21 % · 1:02:05 left'],
  [60, 'epoch 3/100 ███░░░░░░░ · loss 0.1235 · 1:02:05 left'],
  [39, 'epoch 3/100 ███░░░░░░░ · 1:02:05 left'],
  [20, 'epoch 3/100 ██░░░░'],
  [12, 'epoch 3/100'],
  [7, 'epoch 3'],
])('with %i columns it says what it can', (room, line) => {
  expect(progressLine(PROGRESS, room)).toBe(line);
});

it('is never wider than its room', () => {
  const count = fc.integer({ min: 1, max: 10_000_000 });
  const figure = fc.double({ min: 0, max: 1e6, noNaN: true });
  const progress = fc.record({
    ...{ epoch: count, epochs: count, step: count, stepsPerEpoch: count, samples: count },
    ...{
      loss: figure,
      error: fc.double({ min: 0, max: 1, noNaN: true }),
      samplesPerSecond: figure,
      secondsLeft: figure,
    },
  });
  fc.assert(
    fc.property(progress, fc.integer({ min: 0, max: 200 }), (given, room) => {
      expect(progressLine(given, room).length).toBeLessThanOrEqual(room);
    }),
  );
});

it.each([
  [80, 0, '0/10 folds ░░░░░░░░░░░░░░░░░░░░'],
  [80, 3, '3/10 folds ██████░░░░░░░░░░░░░░ · 0:14 left'],
  [33, 3, '3/10 folds ███░░░░░░░ · 0:14 left'],
  [24, 3, '3/10 folds · 0:14 left'],
  [12, 3, '3/10 folds'],
  [80, 10, '10/10 folds ████████████████████ · 0:00 left'],
])('a count fits into %i columns, after %i', (room, done, expected) => {
  expect(countLine({ done, total: 10, parts: 0, unit: 'folds', seconds: 2 * done }, room)).toBe(expected);
});

it.each([
  [80, '2/10 folds █████░░░░░░░░░░░░░░░ · epoch 12/100 · 0:30 left'],
  [48, '2/10 folds ███░░░░░░░ · epoch 12/100 · 0:30 left'],
  [39, '2/10 folds · epoch 12/100 · 0:30 left'],
  [30, '2/10 folds · 0:30 left'],
])('a count with the epochs of a run fits into %i columns', (room, expected) => {
  const count = { done: 2, total: 10, parts: 0.5, epochs: { done: 12, total: 100 }, unit: 'folds', seconds: 10 };
  expect(countLine(count, room)).toBe(expected);
});
