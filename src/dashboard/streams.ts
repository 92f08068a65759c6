/** The open event streams. Messages are not queued for slow readers; they get the newest state when they can take it. */
import type { ServerResponse } from 'node:http';
import type { Topic } from './topics.js';

/** A browser opens one per tab. */
const MOST_STREAMS = 32;
/** A comment in the stream keeps the connection alive. */
const HEARTBEAT_MS = 10_000;
/** A reader that accepts nothing for this many heartbeats is dropped; it may reconnect. */
const MOST_STALLED_HEARTBEATS = 3;
/** Changes are sent together, this many milliseconds after the first: at most twenty times per second. */
const GATHER_MS = 50;

interface Stream {
  readonly response: ServerResponse;
  /** The version written last, by topic. */
  readonly sent: Map<Topic, number>;
  /** Number of heartbeats since the reader accepted data. */
  stalled: number;
}

export class Streams {
  readonly #topics: readonly Topic[];
  readonly #open = new Set<Stream>();
  readonly #heartbeat: NodeJS.Timeout;
  #gathering: NodeJS.Timeout | undefined;

  /** @param topics  in the order in which a new reader gets them */
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

  /** Turns the response into a stream. The common headers must have been set. */
  open(response: ServerResponse): void {
    const stream: Stream = { response, sent: new Map(), stalled: 0 };
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    // Delay before the browser reconnects.
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

  /** Topics have changed; readers are notified soon. */
  tell(): void {
    if (this.isIdle) return;
    this.#gathering ??= setTimeout(() => this.#tellNow(), GATHER_MS).unref();
  }

  /** Sends the newest state to every reader that can take it at once, and ends the streams. */
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

  /** Writes as much as the reader accepts, and the rest when it is ready. */
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
