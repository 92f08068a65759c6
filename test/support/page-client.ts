/** Requests to a dashboard, some of which no browser would make. */
import { type ClientRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Messages } from '../../src/dashboard/messages.js';
import { linesOf } from './child.js';

export interface Answer {
  /** Undefined where the connection was closed without any. */
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array | string;
  /** Whether the body is written over and over, until the other side has closed. */
  readonly isEndless?: boolean;
}

/** @param path  as it is to be sent: nothing in it is resolved */
export function ask(
  url: string,
  path: string,
  { method = 'GET', headers, body, isEndless }: Ask = {},
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const sent = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      let text = '';
      const finish = () => resolve({ status: response.statusCode, headers: response.headers, body: text });
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', finish).on('error', finish);
    });
    sent.on('error', () => resolve({ status: undefined, headers: {}, body: '' }));
    if (isEndless && body) writeOn(sent, body);
    else sent.end(body);
  });
}

function writeOn(sent: ClientRequest, body: Uint8Array | string): void {
  const write = () => {
    if (!sent.destroyed) sent.write(body, () => setImmediate(write));
  };
  write();
}

export type StreamMessage = {
  readonly [Name in keyof Messages]: { readonly name: Name; readonly data: Messages[Name] };
}[keyof Messages];

export interface Stream {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly messages: AsyncIterable<StreamMessage>;
  readonly close: () => void;
}

/** Opens the event stream. */
export function openStream(url: string): Promise<Stream> {
  return new Promise((resolve) => {
    const refused = { headers: {}, messages: noMessages(), close: () => undefined };
    const sent = request(new URL('/events', url), { agent: false }, (response) => {
      response.on('error', () => undefined);
      resolve({
        status: response.statusCode,
        headers: response.headers,
        messages: messagesOf(linesOf(response)),
        close: () => sent.destroy(),
      });
    });
    sent.on('error', () => resolve({ status: undefined, ...refused }));
    sent.end();
  });
}

export interface Held {
  /** Undefined where the connection was closed without any. */
  readonly status: number | undefined;
  readonly close: () => void;
}

/** Opens the event stream and holds it, without reading on: the cheapest way to have a thousand. */
export function holdStream(url: string): Promise<Held> {
  const { host, port } = new URL(url);
  return new Promise((resolve) => {
    const socket: Socket = connect(Number(port), '127.0.0.1', () => {
      socket.write(`GET /events HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
    });
    const close = () => socket.destroy();
    socket.once('data', (chunk) => {
      socket.pause();
      resolve({ status: Number(chunk.toString('latin1').split(' ', 2)[1]), close });
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ status: undefined, close }));
  });
}

async function* messagesOf(lines: AsyncIterable<string>): AsyncGenerator<StreamMessage, void, undefined> {
  let name = '';
  for await (const line of lines) {
    if (line.startsWith('event: ')) name = line.slice('event: '.length);
    else if (line.startsWith('data: ')) yield { name, data: JSON.parse(line.slice('data: '.length)) } as StreamMessage;
  }
}

async function* noMessages(): AsyncGenerator<StreamMessage, void, undefined> {}
