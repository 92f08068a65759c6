/** Which phases are counted to what. */
import { expect, it } from 'vitest';
import { PHASES, type WorkerScratch } from '../../src/memory/layout.js';
import { phaseFractions, threadTimes } from '../../src/parallel/phase-times.js';
import { Phase } from '../../src/parallel/task.js';

const { START, FORWARD, GRADIENTS, ACCUMULATE, UPDATE, EVALUATE, WAIT, EXCHANGE } = Phase;

/** A worker whose odd epochs took these times, and the others none. */
function memberOf(times: Readonly<Partial<Record<Phase, number>>>): WorkerScratch {
  const odd = new Float64Array(PHASES);
  for (const [phase, time] of Object.entries(times)) odd[Number(phase)] = time;
  return { phaseTimes: [new Float64Array(PHASES), odd] } as unknown as WorkerScratch;
}

const workers = [
  memberOf({ [START]: 1000, [FORWARD]: 1, [GRADIENTS]: 2, [ACCUMULATE]: 4, [UPDATE]: 8, [EVALUATE]: 1000, [WAIT]: 16 }),
  memberOf({ [FORWARD]: 32, [WAIT]: 1 }),
];

it('by thread', () => {
  expect(threadTimes(workers, 3)).toEqual([
    { gradients: 3, update: 12, wait: 16 },
    { gradients: 32, update: 0, wait: 1 },
  ]);
});

it('over all threads, without the start and the evaluation', () => {
  expect(phaseFractions(workers, 1)).toEqual({ forward: 33 / 64, gradients: 2 / 64, update: 12 / 64, wait: 17 / 64 });
});

it('with the exchange, where there is one', () => {
  const fractions = phaseFractions([memberOf({ [UPDATE]: 3, [EXCHANGE]: 1 })], 1);
  expect(fractions).toEqual({ forward: 0, gradients: 0, update: 3 / 4, exchange: 1 / 4, wait: 0 });
});

it('of an epoch without times are 0', () => {
  expect(phaseFractions(workers, 2)).toEqual({ forward: 0, gradients: 0, update: 0, wait: 0 });
});
