/**
 * Topics: a reader of any version gets what makes it the newest, and nothing is made that nobody reads; one that does not take
 * what it is sent costs no memory.
 */
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListMessage } from '../../src/dashboard/messages.js';
import { grown } from '../../src/dashboard/page/chart-data.js';
import { Streams } from '../../src/dashboard/streams.js';
import { Growing, Latest, type Topic } from '../../src/dashboard/topics.js';
import { linesOf } from '../support/child.js';
import { until } from '../support/until.js';

describe('a list that grows', () => {
  it('is the same for readers who come and go as they like, and never longer than it may be', () => {
    const most = 8;
    const reads = fc.array(fc.array(fc.nat({ max: 5 }), { minLength: 3, maxLength: 3 }), { maxLength: 100 });
    fc.assert(
      fc.property(reads, (rounds) => {
        const list = new Growing<number>('epochs', most);
        const readers = [0, 1, 2].map(() => ({ version: 0, items: [] as readonly number[] }));
        let next = 0;
        for (const round of rounds) {
          list.push(next++);
          for (const [r, reader] of readers.entries()) {
            if (round[r]! > r) continue;
            reader.items = grown(reader.items, JSON.parse(list.text(reader.version)) as ListMessage<number>);
            reader.version = list.version;
          }
        }
        const whole = (JSON.parse(list.text(0)) as ListMessage<number>).items;
        expect(whole.length).toBeLessThanOrEqual(most);
        expect(whole.at(-1)).toBe(next === 0 ? undefined : next - 1);
        expect([...whole].sort((a, b) => a - b)).toEqual(whole);
        for (const reader of readers) {
          if (reader.version === 0) continue;
          expect(grown(reader.items, JSON.parse(list.text(reader.version)) as ListMessage<number>)).toEqual(whole);
        }
      }),
    );
  });
});

describe('a topic that is told as a whole', () => {
  it('is made once a version, and only if it is read', () => {
    let made = 0;
    const topic = new Latest('progress', () => {
      made++;
      return { epoch: 1, epochs: 1, step: 0, stepsPerEpoch: 1, loss: 0, error: 0, samplesPerSecond: 0, secondsLeft: 0 };
    });
    expect(topic.version).toBe(0);
    for (let i = 0; i < 5; i++) topic.changed();
    expect(made).toBe(0);
    expect(topic.text()).toBe(topic.text());
    expect(made).toBe(1);
    topic.changed();
    topic.text();
    expect(made).toBe(2);
  });
});

it('a slow reader is told what is newest when it reads on, and not all that was in between', async () => {
  let version = 0;
  let made = 0;
  const padding = 'x'.repeat(1_000_000);
  const topic: Topic = {
    name: 'weights',
    get version() {
      return version;
    },
    text: () => {
      made++;
      return JSON.stringify({ version, padding });
    },
  };
  const streams = new Streams([topic]);
  const server = createServer((_, response) => streams.open(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const response = await new Promise<IncomingMessage>((resolve) => {
    request({ port, agent: false }, resolve).end();
  });
  // As long as the system's buffers take it, each version is written; then none.
  let before = -1;
  while (made !== before) {
    before = made;
    for (let i = 0; i < 5; i++) {
      version++;
      streams.tell();
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  }
  const written = made;
  for (let i = 0; i < 1000; i++) {
    version++;
    streams.tell();
  }
  expect(made).toBe(written);

  const versions: number[] = [];
  const reading = (async () => {
    for await (const line of linesOf(response)) {
      if (line.startsWith('data: ')) versions.push((JSON.parse(line.slice(6)) as { version: number }).version);
    }
  })();
  await until(() => versions.at(-1) === version);
  expect(versions).toHaveLength(written + 1);
  streams.close();
  await reading;
  server.close();
});
