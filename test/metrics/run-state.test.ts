import { expect, it } from 'vitest';
import { PLAIN } from '../../src/memory/plan.js';
import { freshState, recordOfState, stateOf } from '../../src/metrics/run-state.js';
import { softmaxCrossEntropy } from '../../src/model/objectives/softmax-cross-entropy.js';
import { weighted } from '../../src/model/objectives/weighted.js';

const objective = weighted(softmaxCrossEntropy, { ...PLAIN.facts, isWeighted: true });

/** After two steps of five samples. */
const SUMS = { samples: 10, loss: 7, incorrect: 6, weight: 6.5, own_weight: 8.5 };

function restored(logSums: object) {
  const state = { ...freshState(objective), stepsInEpoch: 2, step: 2, logEvery: 4, epochSums: SUMS };
  const record = recordOfState({ ...state, logSums: { ...SUMS, ...logSums } }, objective);
  return stateOf(JSON.parse(JSON.stringify(record)), objective);
}

it('takes sums that samples can have', () => {
  expect(restored({})?.logSums).toEqual(SUMS);
  expect(restored({ weight: 0, loss: 0 })?.logSums).toEqual({ ...SUMS, weight: 0, loss: 0 });
  expect(restored({ own_weight: 0, incorrect: 0 })?.logSums).toEqual({ ...SUMS, own_weight: 0, incorrect: 0 });
  expect(restored({ samples: 0, loss: 0, incorrect: 0, weight: 0, own_weight: 0 })).toBeDefined();
});

it.each([
  { own_weight: 0 },
  { own_weight: 5.5 },
  { weight: 0 },
  { own_weight: -1 },
  { incorrect: 9 },
  { samples: 0 },
  { loss: -1 },
])('refuses sums that no samples can have: %o', (odd) => {
  expect(restored(odd)).toBeUndefined();
});
