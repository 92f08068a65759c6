/** Searches of several pages at once, and during a run whose weights change: each ends, with what one alone finds. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Taught } from '../../../src/tools/explain/asks.js';
import { Explainer } from '../../../src/tools/explain/explainer.js';
import { RandomSubject } from '../../support/naive-network.js';

const SAMPLES = 70;
const given = { hidden: [4], inputs: 5, outputs: 3, objective: 'softmax-cross-entropy', seed: 8 } as const;
const test = (index: number) => ({ sample: { split: 'test', index } as const });

/** Its weights grow with each copy. */
class Changing extends RandomSubject {
  #copies = 0;

  override get facts() {
    return { ...super.facts, isLive: true };
  }

  override parameters(): Float32Array {
    this.#copies++;
    return this.values.map((value) => value * this.#copies);
  }
}

/** A clock that advances with each look at it: a search does little at a time. */
function hurry(): void {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    now += 25;
    return now;
  });
}

const found = ({ helpers, opponents }: Taught) =>
  [...helpers, ...opponents].map(({ index, influence }) => [index, influence]);
const alone = async (index: number) => {
  const explainer = new Explainer(new RandomSubject(given, SAMPLES));
  for (;;) {
    const answer = await explainer.answer({ ask: 'taught', ...test(index) });
    if (answer.done === SAMPLES) return found(answer);
  }
};

describe('searches for teachers', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('go on beside each other, with the weights of their beginning', async () => {
    const expected = [await alone(0), await alone(1)];
    const explainer = new Explainer(new Changing(given, SAMPLES));
    hurry();
    const last: Taught[] = [];
    const versions = new Set<number>();
    for (let round = 0; round < 60 && !(last.length === 2 && last.every(({ done }) => done === SAMPLES)); round++) {
      for (const index of [0, 1]) {
        const before = last[index];
        if (before?.done !== SAMPLES) last[index] = await explainer.answer({ ask: 'taught', ...test(index) });
        expect(last[index]!.done).toBeGreaterThanOrEqual(before?.done ?? 1);
      }
      for (let i = 0; i < 50; i++) versions.add((await explainer.answer({ ask: 'passes', ...test(2) })).version);
    }
    expect(versions.size).toBeGreaterThan(1);
    expect(last.map(({ done }) => done)).toEqual([SAMPLES, SAMPLES]);
    expect(last.map(found)).toEqual(expected);
    // The next one begins anew, with the weights of then.
    const again = await explainer.answer({ ask: 'taught', ...test(0) });
    expect(again.done).toBeLessThan(SAMPLES);
    expect(again.version).toBeGreaterThan(last[0]!.version);
  });

  it('that nobody asks for any more do not hold back the weights of later ones', async () => {
    const explainer = new Explainer(new Changing(given, SAMPLES));
    hurry();
    const first = await explainer.answer({ ask: 'taught', ...test(0) });
    expect(first.done).toBeLessThan(SAMPLES);
    for (let i = 0; i < 500; i++) await explainer.answer({ ask: 'passes', ...test(2) });
    const second = await explainer.answer({ ask: 'taught', ...test(1) });
    expect(second.version).toBeGreaterThan(first.version);
  });
});
