/** Several runs that contend for one folder: whatever the order of their operations, no two win, and one does. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Arena, contend } from '../../src/files/mutual-exclusion.js';

/** A place whose every operation waits for its turn. */
class Place {
  readonly #signs = new Set<string>();
  readonly #dead = new Set<string>();
  readonly #waiting = new Map<string, () => void>();
  readonly winners: string[] = [];
  readonly losers: string[] = [];

  /** @param mostWaits  of one that might win, before it gives up: longer than any order below keeps the others back */
  start(name: string, mostWaits = 30): void {
    let waits = 0;
    const arena: Arena = {
      others: async () => {
        // As in a folder that is listed: who comes or goes between beginning and end is missed.
        await this.#turn(name);
        const first = new Set(this.#signs);
        await this.#turn(name);
        const seen = [...this.#signs].filter((sign) => first.has(sign) && sign !== name);
        const alive: string[] = [];
        for (const sign of seen) {
          await this.#turn(name);
          if (this.#signs.has(sign) && !this.#dead.has(sign)) alive.push(sign);
          else this.#signs.delete(sign);
        }
        return alive;
      },
      show: async () => {
        await this.#turn(name);
        this.#signs.add(name);
        return name;
      },
      hide: async () => {
        await this.#turn(name);
        this.#signs.delete(name);
      },
      wait: async () => {
        await this.#turn(name);
        return ++waits <= mostWaits;
      },
    };
    void contend(arena).then((hasWon) => (hasWon ? this.winners : this.losers).push(name));
  }

  /** Starts it when no other has anything to do, and lets it come to its end. */
  async startAlone(name: string): Promise<number> {
    this.start(name);
    await settled();
    let steps = 0;
    for (; this.#waiting.has(name); steps++) await this.step(name);
    return steps;
  }

  /** Those that have an operation to do. */
  get ready(): string[] {
    return [...this.#waiting.keys()].sort();
  }

  /** Does its next operation, and lets it come to the one after. */
  async step(name: string): Promise<void> {
    const go = this.#waiting.get(name)!;
    this.#waiting.delete(name);
    go();
    await settled();
  }

  /** What it was about to do will not be done. */
  die(name: string): void {
    this.#dead.add(name);
    this.#waiting.delete(name);
  }

  isDead(name: string): boolean {
    return this.#dead.has(name);
  }

  #turn(name: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(name, resolve));
  }
}

/** All that follows from an operation without another is done. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** More than any order needs. */
const MOST_STEPS = 10_000;

/**
 * Runs them in the order that `choose` says, fairly from then on that it says nothing.
 *
 * @param mayDie  which, if any, dies before its operation of this number
 */
async function run(
  names: readonly string[],
  choose: (ready: readonly string[]) => string | undefined,
  mayDie?: { readonly name: string; readonly at: number },
): Promise<Place> {
  const place = new Place();
  for (const name of names) place.start(name, names.length === 2 ? 6 : undefined);
  await settled();
  const counts = new Map<string, number>();
  for (let steps = 0; place.ready.length > 0; steps++) {
    if (steps > MOST_STEPS) throw new Error('it does not end');
    const { ready } = place;
    const name = choose(ready) ?? ready[steps % ready.length]!;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    if (mayDie?.name === name && mayDie.at === count) place.die(name);
    else await place.step(name);
    // A winner that has not died holds it.
    expect(place.winners.filter((each) => !place.isDead(each)).length).toBeLessThan(2);
  }
  return place;
}

describe('two contenders', () => {
  it('in every order of their operations: exactly one wins', async () => {
    // An order is the choices where both are ready, in binary: all of so many, then in turns.
    const choices = 11;
    for (let order = 0; order < 2 ** choices; order++) {
      let bit = 0;
      const { winners } = await run(['a', 'b'], (ready) =>
        ready.length < 2 || bit >= choices ? undefined : ready[(order >> bit++) & 1],
      );
      expect(winners).toHaveLength(1);
    }
  });

  it('one of which dies at any operation: no sign of the dead keeps anybody away', async () => {
    const choices = 7;
    for (const name of ['a', 'b']) {
      for (let at = 1; at <= 7; at++) {
        for (let order = 0; order < 2 ** choices; order++) {
          let bit = 0;
          const place = await run(
            ['a', 'b'],
            (ready) => (ready.length < 2 || bit >= choices ? undefined : ready[(order >> bit++) & 1]),
            { name, at },
          );
          // Who comes later gets it, unless the other has it and lives.
          const isHeld = place.winners.some((each) => !place.isDead(each));
          await place.startAlone('c');
          expect(place.winners.includes('c')).toBe(!isHeld);
        }
      }
    }
  });
});

describe('several contenders', () => {
  const order = fc.array(fc.nat(99), { maxLength: 80 });

  it('in any order: exactly one wins', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 3, max: 10 }), order, async (count, choices) => {
        let i = 0;
        const names = Array.from({ length: count }, (_, n) => `contender ${n}`);
        const { winners, losers } = await run(names, (ready) =>
          i < choices.length ? ready[choices[i++]! % ready.length] : undefined,
        );
        expect([winners.length, losers.length]).toEqual([1, count - 1]);
      }),
      { numRuns: 300 },
    );
  });

  it('one that comes while another holds it is refused at once, without a sign of its own', async () => {
    const place = new Place();
    await place.startAlone('b');
    expect(place.winners).toEqual(['b']);
    // The look's beginning and end, and one sign looked at.
    expect(await place.startAlone('a')).toBe(3);
    expect(place.losers).toEqual(['a']);
  });

  it('one that might win gives up when it has waited for long enough', async () => {
    const place = new Place();
    place.start('a', 3);
    place.start('b');
    await settled();
    // Both look and show themselves; then `b` is suspended.
    for (const name of ['a', 'b', 'a', 'b', 'a', 'b']) await place.step(name);
    while (place.ready.includes('a')) await place.step('a');
    expect(place.losers).toEqual(['a']);
    while (place.ready.includes('b')) await place.step('b');
    expect(place.winners).toEqual(['b']);
  });
});
