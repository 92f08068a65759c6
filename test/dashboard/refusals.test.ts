/** The page is for this machine's browsers: what else asks is refused, and a run that is asked so goes on as if nobody did. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import { Dashboard } from '../../src/dashboard/index.js';
import { errors } from '../../src/errors.js';
import type { Passes } from '../../src/tools/explain/asks.js';
import { collect } from '../support/events.js';
import { type Ask, ask, type Held, holdStream, openStream } from '../support/page-client.js';
import { scratchWith } from '../support/scratch.js';
import { inFull, TRIES_ALL } from '../support/thoroughness.js';

const scratch = scratchWith(300, 100);
const options = (): TrainOptions => ({ data: scratch.data, hidden: [10], epochs: 1, threads: 2 });
const HUGE_BYTES = 100_000_000;

let dashboard: Dashboard;
let port: string;
beforeAll(async () => {
  dashboard = await Dashboard.open(0);
  ({ port } = new URL(dashboard.url));
  await collect({ ...options(), ...dashboard.controls }, (event) => dashboard.show(event));
});
afterAll(() => dashboard.close());

const statusOf = async (path: string, how?: Ask) => (await ask(dashboard.url, path, how)).status;
/** To a request that is sent as it is, and goes no further: what comes until the other side closes. */
function answerTo(request: string | Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    let read = '';
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(request));
    socket.on('data', (chunk) => {
      read += chunk;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(read));
  });
}
/** Sends requests while the clock stands still: a busy machine would spread them over more time than the limits on them are for. */
async function atOneMoment(count: number, send: () => Promise<number | undefined>): Promise<(number | undefined)[]> {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
  try {
    return await Promise.all(Array.from({ length: count }, send));
  } finally {
    clock.mockRestore();
  }
}
const drawing = new Uint8Array(784);
const asDrawing = { 'content-type': 'application/octet-stream' };
const question = JSON.stringify({ ask: 'passes', sample: { split: 'test', index: 3 } });
const asJson = { 'content-type': 'application/json' };

describe('a request', () => {
  it('is answered to this machine by its names, with a policy that lets nothing in or out', async () => {
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`]) {
      expect(await statusOf('/', { headers: { host } })).toBe(200);
    }
    const { headers, body } = await ask(dashboard.url, '/');
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; /);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(body).toMatch(/^<!doctype html>/);
    // What the policy would not let the browser do, the page does not have.
    expect(body).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=/);
  });

  it.each(['evil.example', 'evil.example:80', '127.0.0.1', '127.0.0.1:1', '127.0.0.1.evil.example', '[::1]'])(
    'for another host, %o, is refused',
    async (host) => {
      for (const path of ['/', '/events', '/classify', '/explain', '/style.css']) {
        expect(await statusOf(path, { headers: { host } })).toBe(403);
      }
    },
  );

  it.each(['GET / HTTP/1.0\r\n\r\n', 'GET / HTTP/1.1\r\nHost:\r\n\r\n'])(
    'without a host, %o, is refused',
    async (text) => {
      expect(await answerTo(text)).toMatch(/^HTTP\/1\.1 403 /);
    },
  );

  it.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:1' },
    { origin: 'https://localhost' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', origin: 'null' },
  ])('of another page, %o, is refused', async (headers) => {
    for (const path of ['/', '/events']) expect(await statusOf(path, { headers })).toBe(403);
    expect(await statusOf('/classify', { method: 'POST', headers: { ...asDrawing, ...headers }, body: drawing })).toBe(
      403,
    );
    expect(await statusOf('/explain', { method: 'POST', headers: { ...asJson, ...headers }, body: question })).toBe(
      403,
    );
  });

  it('of this page, or of a link to it, is answered', async () => {
    expect(
      await statusOf('/', { headers: { origin: `http://localhost:${port}`, 'sec-fetch-site': 'same-origin' } }),
    ).toBe(200);
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    expect(await statusOf('/', { headers: link })).toBe(200);
  });

  it.each([
    ...[
      '/../package.json',
      '/%2e%2e/package.json',
      '/..%2f..%2fpackage.json',
      '/.',
      '//',
      '/index.html',
      '/main.js/..',
    ],
    ...['/style.css/', '/style.css?x', '/%2Fetc%2Fpasswd', '/main.js%00', '/server.js', '/../server.js', '*'],
    ...['/constructor', '/__proto__', `http://127.0.0.1/`, '/classify/', '/events/', '/explain/', '/explain?'],
  ])('for a path that is not in the table, %s, finds nothing', async (path) => {
    expect(await statusOf(path)).toBe(404);
  });

  it('that would change something is refused', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE']) {
      expect([method, await statusOf('/', { method })]).toEqual([method, 405]);
      expect([method, await statusOf('/events', { method })]).toEqual([method, 405]);
    }
    for (const path of ['/classify', '/explain']) expect(await statusOf(path)).toBe(405);
    expect((await ask(dashboard.url, '/style.css', { method: 'HEAD' })).body).toBe('');
  });

  it('with headers that are too long is refused, and its connection closed', async () => {
    const request = `GET / HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nx-long: ${'x'.repeat(20_000)}\r\n\r\n`;
    expect(await answerTo(request)).toMatch(/^(HTTP\/1\.1 431 .*)?$/s);
  });
});

describe('a drawing', () => {
  it('of as many bytes as the network has inputs is classified', async () => {
    const { status, body } = await ask(dashboard.url, '/classify', {
      method: 'POST',
      headers: asDrawing,
      body: drawing,
    });
    expect(status).toBe(200);
    const { label, probabilities } = JSON.parse(body) as { label: number; probabilities: number[] };
    expect(probabilities).toHaveLength(10);
    expect(probabilities.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12);
    expect(probabilities[label]).toBe(Math.max(...probabilities));
  });

  it('of another length or type is refused', async () => {
    const post = (body: Uint8Array, headers = {}) =>
      statusOf('/classify', { method: 'POST', headers: { ...asDrawing, ...headers }, body });
    expect(await post(new Uint8Array(783))).toBe(400);
    expect(await post(new Uint8Array(785))).toBe(413);
    expect(await post(new Uint8Array(0))).toBe(400);
    expect(await post(new Uint8Array(783), { 'transfer-encoding': 'chunked' })).toBe(400);
    expect(await post(new Uint8Array(785), { 'transfer-encoding': 'chunked' })).toBe(413);
    expect(await post(drawing, { 'transfer-encoding': 'chunked' })).toBe(200);
    expect(await post(drawing, { 'content-type': 'text/plain' })).toBe(415);
    expect(await post(drawing, { 'content-type': 'application/x-www-form-urlencoded' })).toBe(415);
  });

  it('of 100 MB is refused before it is read, and so is a body where none belongs', async () => {
    for (const path of ['/classify', '/explain', '/', '/events', '/nowhere']) {
      const headers = { ...(path === '/explain' ? asJson : asDrawing), 'content-length': HUGE_BYTES };
      const method = path === '/classify' || path === '/explain' ? 'POST' : 'GET';
      // Its sender may find the connection closed before it reads why.
      expect([413, undefined]).toContain(
        await statusOf(path, { method, headers, body: new Uint8Array(65_536), isEndless: true }),
      );
      expect(await statusOf(path, { method, headers: { ...headers, expect: '100-continue' } })).toBe(413);
    }
    const chunked = { ...asDrawing, 'transfer-encoding': 'chunked' };
    expect([413, undefined]).toContain(
      await statusOf('/classify', { method: 'POST', headers: chunked, body: new Uint8Array(65_536), isEndless: true }),
    );
  });

  it('that is too large is refused though nothing more comes of it', async () => {
    const head = (length: string) =>
      `POST /classify HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/octet-stream\r\n${length}\r\n\r\n`;
    expect(await answerTo(head(`content-length: ${HUGE_BYTES}`))).toMatch(/^HTTP\/1\.1 413 /);
    const piece = Buffer.concat([Buffer.from('311\r\n'), new Uint8Array(0x311), Buffer.from('\r\n')]);
    const begun = Buffer.concat([Buffer.from(head('transfer-encoding: chunked')), piece]);
    expect(await answerTo(begun)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('is refused where there are too many of them', async () => {
    const statuses = await atOneMoment(60, () =>
      statusOf('/classify', { method: 'POST', headers: asDrawing, body: drawing }),
    );
    expect([...new Set(statuses)].sort()).toEqual([200, 429]);
  });
});

describe('a question', () => {
  const post = (body: Uint8Array | string, headers = {}) =>
    ask(dashboard.url, '/explain', { method: 'POST', headers: { ...asJson, ...headers }, body });

  it('about the network is answered', async () => {
    const { status, headers, body } = await post(question);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json');
    const { layers } = JSON.parse(body) as Passes;
    expect(layers.map(({ delta }) => delta.length)).toEqual([10, 10]);
  });

  it('that is none, is too long, or is of another type, is refused with one short line', async () => {
    const long = JSON.stringify({ ask: 'facts', more: 'x'.repeat(3000) });
    const deep = '['.repeat(700) + ']'.repeat(700);
    const bad: [number, string | Uint8Array, object?][] = [
      ...['', '{', 'null', '[]', '{"ask":"files"}', '{"ask":"passes","sample":{"split":"test","index":100}}'].map(
        (body): [number, string] => [400, body],
      ),
      [400, new Uint8Array([0x22, 0xff, 0x22])],
      [400, deep],
      [413, long],
      [413, long, { 'transfer-encoding': 'chunked' }],
      ...['text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream'].map(
        (type): [number, string, object] => [415, question, { 'content-type': type }],
      ),
    ];
    for (const [expected, body, headers] of bad) {
      const answer = await post(body, headers);
      expect([String(body).slice(0, 30), answer.status]).toEqual([String(body).slice(0, 30), expected]);
      expect(answer.body).toMatch(/^[^\n]{1,100}\n$/);
    }
  });

  it('is refused where there are too many of them', async () => {
    const cheap = JSON.stringify({ ask: 'facts' });
    const statuses = await atOneMoment(90, async () => (await post(cheap)).status);
    expect([...new Set(statuses)].sort()).toEqual([200, 429]);
  });

  it.runIf(TRIES_ALL)(`about training samples of a private run is refused${inFull}`, async () => {
    const secret = await Dashboard.open(0);
    const given: TrainOptions = {
      ...options(),
      private: true,
      dpSeed: 7,
      dpDelta: 0.001,
      dpClipNorm: 1,
      dpNoiseMultiplier: 1.5,
    };
    await collect({ ...given, ...secret.controls }, (event) => secret.show(event));
    const asked = async (body: object) => {
      const answer = await ask(secret.url, '/explain', { method: 'POST', headers: asJson, body: JSON.stringify(body) });
      return { status: answer.status, body: answer.body };
    };
    const [sample, batch] = [
      { split: 'test', index: 0 },
      { first: 0, count: 1 },
    ];
    const refused = { status: 400, body: 'the training samples of a private run are secret\n' };
    for (const question of [
      { ask: 'batch', unit: 0, ...batch },
      { ask: 'step', ...batch },
      { ask: 'taught', sample },
    ]) {
      expect(await asked(question)).toEqual(refused);
    }
    const own = { ask: 'passes', sample: { split: 'train', index: 0 } };
    expect(await asked(own)).toEqual({ status: 400, body: 'index: there is none\n' });
    expect(await asked({ ask: 'passes', sample })).toMatchObject({ status: 200 });
    await secret.close();
  });

  it('that takes long does not keep the page from being closed', async () => {
    const other = await Dashboard.open(0);
    await collect({ ...options(), ...other.controls }, (event) => other.show(event));
    const step = JSON.stringify({ ask: 'step', first: 0, count: 100 });
    const asked = Array.from({ length: 3 }, () =>
      ask(other.url, '/explain', { method: 'POST', headers: asJson, body: step }),
    );
    await other.close();
    for (const { status } of await Promise.all(asked)) expect([200, 429, undefined]).toContain(status);
  });
});

describe('a run', () => {
  it('that a thousand streams, bodies of 100 MB and strangers ask ends in the weights of one that nobody asks', async () => {
    const job = { ...options(), epochs: 10 };
    const undisturbed = await collect(job);
    const besieged = await Dashboard.open(0);
    const asked: Promise<unknown>[] = [];
    const streams: Promise<Held>[] = [];
    const { end } = await collect({ ...job, ...besieged.controls }, (event) => {
      besieged.show(event);
      if (event.event !== 'epoch') return;
      for (let i = 0; i < 100; i++) streams.push(holdStream(besieged.url));
      const headers = { ...asDrawing, 'content-length': HUGE_BYTES };
      asked.push(
        ask(besieged.url, '/classify', { method: 'POST', headers, body: new Uint8Array(65_536), isEndless: true }),
      );
      asked.push(ask(besieged.url, '/', { headers: { host: 'evil.example' } }), ask(besieged.url, '/..'));
      for (const body of [question, JSON.stringify({ ask: 'step', first: 0, count: 100 })]) {
        asked.push(ask(besieged.url, '/explain', { method: 'POST', headers: asJson, body }));
      }
    });
    const opened = await Promise.all(streams);
    await Promise.all(asked);
    // (Whose connection was not even taken has no status.)
    expect(opened).toHaveLength(1000);
    expect(opened.filter(({ status }) => status === 200)).toHaveLength(32);
    expect(opened.filter(({ status }) => status !== 200 && status !== 503 && status !== undefined)).toEqual([]);
    expect(await ask(besieged.url, '/')).toMatchObject({ status: 200 });
    for (const { close } of opened) close();
    await besieged.close();
    expect(end.status).toBe('completed');
    expect(end.weights_sha256).toBe(undisturbed.end.weights_sha256);
  });

  it('whose page nobody closes does not keep it from being closed, and its port is free then', async () => {
    const first = await Dashboard.open(0);
    const taken = Number(new URL(first.url).port);
    const stream = await openStream(first.url);
    await expect(Dashboard.open(taken)).rejects.toThrow(
      errors.dashboardPort(taken, Object.assign(new Error(), { code: 'EADDRINUSE' })).message,
    );
    await first.close();
    stream.close();
    const second = await Dashboard.open(taken);
    await second.close();
  });
});
