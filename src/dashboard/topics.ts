/**
 * What is known, by topic. A topic counts its versions, and whoever has one version can ask for what makes it the newest: so
 * nothing is queued for a reader who is slow, and nothing is made where nobody reads.
 */
import type { ListMessage, Messages } from './messages.js';

export interface Topic {
  readonly name: keyof Messages;
  /** Counts changes; 0 while nothing is known. */
  readonly version: number;
  /** JSON of what brings a reader from a version, 0 for none, to the newest. */
  text(since: number): string;
}

/** A topic whose message is the whole of it. */
export class Latest<Name extends keyof Messages> implements Topic {
  readonly name: Name;
  readonly #make: () => Messages[Name];
  #version = 0;
  #made = { version: 0, text: '' };

  /** @param make  called once a version at most, and only if somebody reads it */
  constructor(name: Name, make: () => Messages[Name]) {
    this.name = name;
    this.#make = make;
  }

  get version(): number {
    return this.#version;
  }

  changed(): void {
    this.#version++;
  }

  text(): string {
    if (this.#made.version !== this.#version) {
      this.#made = { version: this.#version, text: JSON.stringify(this.#make()) };
    }
    return this.#made.text;
  }
}

/** A list that grows, and is thinned when it is too long to draw: its readers then get all of it anew. */
export class Growing<Item> implements Topic {
  readonly name: 'epochs' | 'recent';
  readonly #most: number;
  #items: Item[] = [];
  #version = 0;
  /** The version of the last thinning. */
  #thinnedAt = 0;

  /** @param most  items that are kept; at least 2 */
  constructor(name: 'epochs' | 'recent', most: number) {
    this.name = name;
    this.#most = most;
  }

  get version(): number {
    return this.#version;
  }

  get last(): Item | undefined {
    return this.#items.at(-1);
  }

  push(item: Item): void {
    this.#version++;
    this.#items.push(item);
    if (this.#items.length <= this.#most) return;
    // Every other one, the newest among them.
    const isKept = (this.#items.length - 1) % 2;
    this.#items = this.#items.filter((_, i) => i % 2 === isKept);
    this.#thinnedAt = this.#version;
  }

  text(since: number): string {
    const reset = since === 0 || since < this.#thinnedAt;
    const items = reset ? this.#items : this.#items.slice(this.#items.length - (this.#version - since));
    return JSON.stringify({ reset, items } satisfies ListMessage<Item>);
  }
}
