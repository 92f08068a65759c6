/** The barrier's protocol, checked in every interleaving: see test/support/barrier-model.ts. */
import { describe, expect, it } from 'vitest';
import { explore, MISTAKES, SERVICE_MISTAKES } from '../support/barrier-model.js';

const SIZES = [
  { members: 2, rounds: 3 },
  { members: 3, rounds: 2 },
  { members: 4, rounds: 2 },
];

describe.each([
  { kind: 'granted', isServed: false },
  { kind: 'served', isServed: true },
])('rounds that are $kind: no deadlock, no lost wake-up, no member a generation ahead', ({ isServed }) => {
  it.each(SIZES)(
    'with $members members over $rounds rounds, a stop and a death at any moment',
    ({ members, rounds }) => {
      const { states, violation } = explore({ members, rounds, mayStop: true, mayDie: true, isServed });
      expect(violation).toBeUndefined();
      expect(states).toBeGreaterThan(1000);
    },
  );
});

describe('the model catches', () => {
  it.each(MISTAKES)('%s', (mistake) => {
    const isServed = SERVICE_MISTAKES.some((each) => each === mistake);
    const { violation } = explore({ members: 3, rounds: 3, mayStop: true, mayDie: true, isServed, mistake });
    expect(violation).toBeDefined();
  });
});
