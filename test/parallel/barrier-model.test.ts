/**
 * The hand-overs between the coordinator and the threads, in every interleaving: see test/support/barrier-model/explore.ts.
 * test/stress/barrier-model.ts visits more workers, and every list of rounds.
 */
import { describe, expect, it } from 'vitest';
import { explore } from '../support/barrier-model/explore.js';
import { MISTAKES } from '../support/barrier-model/mistakes.js';
import { casesOf } from '../support/thoroughness.js';

const anything = { mayStop: true, mayDie: true };

describe('no deadlock, no lost wake-up, nobody ahead, no hold opened but by what it waits for, no record written but by its owner', () => {
  it('one worker: rounds of each kind, with a stop, a death and an abort at any moment', () => {
    const rounds = ['grant', 'gradients', 'grant', 'snapshot', 'plain', 'grant'] as const;
    const { states, violation } = explore({ workers: 1, rounds, ...anything });
    expect(violation).toBeUndefined();
    expect(states).toBeGreaterThan(70_000);
  });
});

describe('the model catches', () => {
  // What two workers show in these lists of rounds, or one in any: in the order in which most are caught soonest.
  const models = [
    { workers: 2, rounds: ['plain', 'grant', 'grant'] as const },
    { workers: 1 },
    { workers: 2, rounds: ['grant', 'gradients', 'snapshot'] as const },
  ];
  it.each(casesOf(MISTAKES, (_, number) => number % 8 === 0))('%s', (mistake) => {
    const caught = models.some((model) => explore({ ...model, ...anything, mistake }).violation !== undefined);
    expect(caught).toBe(true);
  });
});
