/**
 * The state of the run, by topic. A topic counts its versions, and can produce the message from any version to the newest.
 * Thus nothing is queued for slow readers, and nothing is computed without readers.
 */
import type { ListMessage, Messages } from './messages.js';

export interface Topic {
  readonly name: keyof Messages;
  /** Number of changes; 0: no data yet. */
  readonly version: number;
  /** JSON of the message from a version (0 for none) to the newest. */
  text(since: number): string;
}

/** A topic whose message is its whole state. */
export class Latest<Name extends keyof Messages> implements Topic {
  readonly name: Name;
  readonly #make: () => Messages[Name];
  #version = 0;
  #made = { version: 0, text: '' };

  /** @param make  called at most once per version, and only if there is a reader */
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

/** A growing list. If it becomes too long, it is thinned, and readers get all of it again. */
export class Growing<Item> implements Topic {
  readonly name: 'epochs' | 'recent';
  readonly #most: number;
  #items: Item[] = [];
  #version = 0;
  /** The version of the last thinning. */
  #thinnedAt = 0;

  /** @param most  maximum number of items; at least 2 */
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
    // Keeps every other item, including the newest.
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
