/** The barrier's protocol, checked in every interleaving: see test/support/barrier-model.ts. */
import { describe, expect, it } from 'vitest';
import { explore, type Kind, MISTAKES } from '../support/barrier-model.js';

const anything = { mayStop: true, mayDie: true };
const step: readonly Kind[] = ['gradients', 'snapshot'];

describe('no deadlock, no lost wake-up, no member a generation ahead, no hold opened but for its reason', () => {
  it.each<{ members: number; rounds: readonly Kind[] }>([
    { members: 2, rounds: ['plain', 'grant', ...step, ...step, 'grant'] },
    { members: 3, rounds: ['grant', ...step, 'grant'] },
    { members: 4, rounds: ['grant', ...step] },
  ])('with $members members over $rounds, a stop, a death and an abort at any moment', ({ members, rounds }) => {
    const { states, violation } = explore({ members, rounds, ...anything });
    expect(violation).toBeUndefined();
    expect(states).toBeGreaterThan(50_000);
  });
});

describe('the model catches', () => {
  it.each(MISTAKES)('%s', (mistake) => {
    const { violation } = explore({ members: 2, rounds: ['grant', ...step], ...anything, mistake });
    expect(violation).toBeDefined();
  });
});
