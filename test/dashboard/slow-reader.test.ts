/** A reader who does not take what it is sent costs no memory, and gets the newest when it reads again. */
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { Streams } from '../../src/dashboard/streams.js';
import type { Topic } from '../../src/dashboard/topics.js';
import { linesOf } from '../support/child.js';
import { until } from '../support/until.js';

it('is told what is newest then, and not all that was in between', async () => {
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
}, 30_000);
