/** The open event streams. Each is written at its reader's pace: what it has not got yet is never queued, only known. */
import type { ServerResponse } from 'node:http';
import type { Topic } from './topics.js';

/** A browser opens one a tab. */
const MOST_STREAMS = 32;
/** A comment tells both sides, and what is between them, that the stream is alive. */
const HEARTBEAT_MS = 10_000;
/** A reader that takes nothing for so many heartbeats is dropped: it may come again. */
const MOST_STALLED_HEARTBEATS = 3;
/** Changes are told together, so many milliseconds after the first: twenty times a second at most. */
const GATHER_MS = 50;

interface Stream {
  readonly response: ServerResponse;
  /** By topic, the version that has been written. */
  readonly sent: Map<Topic, number>;
  /** Heartbeats that it has not taken what was written before. */
  stalled: number;
}

export class Streams {
  readonly #topics: readonly Topic[];
  readonly #open = new Set<Stream>();
  readonly #heartbeat: NodeJS.Timeout;
  #gathering: NodeJS.Timeout | undefined;

  /** @param topics  in the order in which a new reader is told of them */
  constructor(topics: readonly Topic[]) {
    this.#topics = topics;
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS).unref();
  }

  get isFull(): boolean {
    return this.#open.size >= MOST_STREAMS;
  }

  get isIdle(): boolean {
    return this.#open.size === 0;
  }

  /** Makes the response a stream. The headers that all responses have must have been set. */
  open(response: ServerResponse): void {
    const stream: Stream = { response, sent: new Map(), stalled: 0 };
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    // How long a browser waits before it tries again.
    response.write('retry: 1000\n\n');
    response.on('drain', () => {
      stream.stalled = 0;
      this.#write(stream);
    });
    response.on('close', () => this.#open.delete(stream));
    response.on('error', () => response.destroy());
    this.#open.add(stream);
    this.#write(stream);
  }

  /** Topics have changed: their readers are told soon. */
  tell(): void {
    if (this.isIdle) return;
    this.#gathering ??= setTimeout(() => this.#tellNow(), GATHER_MS).unref();
  }

  /** Tells every reader the newest, as far as it takes that at once, and that there is no more. */
  close(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#gathering);
    this.#tellNow();
    for (const { response } of this.#open) response.end();
  }

  #tellNow(): void {
    this.#gathering = undefined;
    for (const stream of this.#open) this.#write(stream);
  }

  /** As much as the reader takes: the rest when it has taken that. */
  #write({ response, sent }: Stream): void {
    for (const topic of this.#topics) {
      if (response.writableNeedDrain || response.destroyed) return;
      const { name, version } = topic;
      const since = sent.get(topic) ?? 0;
      if (since === version) continue;
      response.write(`event: ${name}\ndata: ${topic.text(since)}\n\n`);
      sent.set(topic, version);
    }
  }

  #beat(): void {
    for (const stream of this.#open) {
      const { response } = stream;
      if (!response.writableNeedDrain) response.write(':\n\n');
      else if (++stream.stalled >= MOST_STALLED_HEARTBEATS) response.destroy();
    }
  }
}
