/** The barrier's protocol, checked in every interleaving: see test/support/barrier-model.ts. */
import { describe, expect, it } from 'vitest';
import { explore, MISTAKES } from '../support/barrier-model.js';

describe('the barrier protocol has no deadlock, no lost wake-up, no member a generation ahead', () => {
  it.each([
    { members: 2, rounds: 3 },
    { members: 3, rounds: 2 },
    { members: 4, rounds: 2 },
  ])('with $members members over $rounds rounds, grants, a stop and a death at any moment', ({ members, rounds }) => {
    const { states, violation } = explore({ members, rounds, mayStop: true, mayDie: true });
    expect(violation).toBeUndefined();
    expect(states).toBeGreaterThan(1000);
  });
});

describe('the model catches', () => {
  it.each(MISTAKES)('%s', (mistake) => {
    const { violation } = explore({ members: 3, rounds: 3, mayStop: true, mayDie: true, mistake });
    expect(violation).toBeDefined();
  });
});
