/** Searches for teachers, several at once. Those of a run share a copy of its weights, which go on changing. */
import type { Subjected, Taught } from './asks.js';
import { BadAsk, NOT_FINITE } from './checked-ask.js';
import { Derivation, type Given } from './derivation.js';
import type { Subject } from './subject.js';
import { AT_ONCE, Teachers } from './teachers.js';

/** Older ones are forgotten. */
const MOST = 32;
/** A search that nobody has asked for this long is given up. */
const PATIENCE_MS = 10_000;

interface Search {
  readonly teachers: Teachers;
  askedAt: number;
}

export class Searches {
  readonly #subject: Subject;
  /** Whether the weights may change: also once more when a run has just ended. */
  readonly #isOfRun: boolean;
  /** By sample. */
  readonly #searches = new Map<string, Search>();
  #weights: Derivation | undefined;
  #version = 0;

  constructor(subject: Subject) {
    this.#subject = subject;
    this.#isOfRun = subject.facts.isLive;
  }

  /**
   * Begins or continues the search for a sample. A search that begins takes the present weights, or joins those that go on.
   *
   * @param now  has the present weights, of this version
   * @throws BadAsk if the loss is not finite
   */
  goOn({ sample, target }: Subjected, given: Given, now: Derivation, version: number): Taught {
    const key = JSON.stringify([sample, target]);
    let search = this.#searches.get(key);
    if (!search || (search.teachers.isDone && this.#version !== version)) {
      search = { teachers: this.#begin(given, now, version), askedAt: 0 };
      this.#searches.delete(key);
      this.#searches.set(key, search);
      const [oldest] = this.#searches.keys();
      if (this.#searches.size > MOST) this.#searches.delete(oldest!);
    }
    search.askedAt = performance.now();
    const found = search.teachers.goOn(this.#weights!);
    return { version: this.#version, ...found };
  }

  #begin(given: Given, now: Derivation, version: number): Teachers {
    if (version !== this.#version && !this.#isBusy) {
      this.#searches.clear();
      this.#version = version;
      this.#weights = this.#isOfRun ? copyOf(now) : now;
    }
    const weights = this.#weights!;
    weights.run([given]);
    if (!Number.isFinite(weights.loss())) throw new BadAsk(NOT_FINITE);
    return new Teachers(weights, this.#subject);
  }

  get #isBusy(): boolean {
    const since = performance.now() - PATIENCE_MS;
    return [...this.#searches.values()].some(({ teachers, askedAt }) => !teachers.isDone && askedAt > since);
  }
}

function copyOf(now: Derivation): Derivation {
  const copy = new Derivation(now.shape, Math.min(AT_ONCE, now.most));
  for (const [l, { parameters }] of copy.layers.entries()) parameters.set(now.layers[l]!.parameters);
  return copy;
}
