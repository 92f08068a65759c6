/**
 * The HTTP server behind the page: a fixed table of files, one stream of events, and one question, what a drawing is. It is
 * bound to this machine's own address, and every request is small: see docs/dashboard.md, "Security".
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HEADERS, refusalOf } from './guard.js';
import type { Classification } from './messages.js';
import { type PageFile, readPageFiles } from './page-files.js';
import type { Streams } from './streams.js';

const ADDRESS = '127.0.0.1';

const LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
} as const;
/** Streams, and as many requests again besides. */
const MOST_CONNECTIONS = 128;

export interface Classifier {
  /** Bytes of a drawing, one a pixel; undefined as long as there is no network that takes pictures. */
  readonly inputs: number | undefined;
  /** Undefined where it has been asked too often. */
  classify(pixels: Uint8Array): Classification | undefined;
}

export class PageServer {
  readonly #server: Server;
  readonly #streams: Streams;
  readonly #classifier: Classifier;
  readonly #files: ReadonlyMap<string, PageFile>;

  private constructor(streams: Streams, classifier: Classifier) {
    this.#streams = streams;
    this.#classifier = classifier;
    this.#files = readPageFiles();
    const handle = (request: IncomingMessage, response: ServerResponse) => this.#handle(request, response);
    this.#server = createServer(LIMITS, handle);
    // Who asks before it sends a body is answered as everybody is.
    this.#server.on('checkContinue', handle);
    this.#server.on('clientError', (_, socket) => socket.destroy());
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /**
   * @param port  0 for any that is free
   * @throws Error of the system's if it cannot be had
   */
  static async listen(port: number, streams: Streams, classifier: Classifier): Promise<PageServer> {
    const page = new PageServer(streams, classifier);
    await new Promise<void>((resolve, reject) => {
      page.#server.once('error', reject);
      page.#server.listen({ port, host: ADDRESS, exclusive: true }, () => {
        page.#server.off('error', reject);
        resolve();
      });
    });
    return page;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://${ADDRESS}:${this.port}/`;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    // What has been written leaves; who does not take it in time is left.
    const timer = setTimeout(() => this.#server.closeAllConnections(), 500);
    await closed;
    clearTimeout(timer);
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value!);
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const why = refusalOf(request.headers, this.port);
    const refusal = why === undefined ? this.#route(request, response) : { status: 403, why };
    if (refusal) refuse(request, response, refusal);
  }

  /** Answers, now or later. @returns why not */
  #route(request: IncomingMessage, response: ServerResponse): Refusal | undefined {
    const { method, url = '' } = request;
    if (url === '/classify') return this.#routeDrawing(request, response);
    if (hasBody(request)) return { status: 413, why: 'expected no body' };
    const file = this.#files.get(url);
    if (!file && url !== '/events') return { status: 404, why: 'no such page' };
    if (file && (method === 'GET' || method === 'HEAD')) {
      response.writeHead(200, { 'content-type': file.type, 'content-length': file.bytes.length });
      response.end(method === 'HEAD' ? undefined : file.bytes);
      return undefined;
    }
    if (file || method !== 'GET') return { status: 405, why: 'expected GET', allow: file ? 'GET, HEAD' : 'GET' };
    if (this.#streams.isFull) return { status: 503, why: 'too many streams are open' };
    this.#streams.open(response);
    return undefined;
  }

  #routeDrawing(request: IncomingMessage, response: ServerResponse): Refusal | undefined {
    const { method, headers } = request;
    if (method !== 'POST') return { status: 405, why: 'expected POST', allow: 'POST' };
    const { inputs } = this.#classifier;
    if (inputs === undefined) return { status: 503, why: 'there is no network yet that takes pictures' };
    // (A form, or a page elsewhere, cannot send this type without asking first.)
    if (headers['content-type'] !== 'application/octet-stream') {
      return { status: 415, why: 'expected application/octet-stream' };
    }
    const announced = headers['content-length'];
    if (announced !== undefined && Number(announced) !== inputs) return wrongLength(Number(announced), inputs);
    if (headers.expect !== undefined) response.writeContinue();
    void this.#classify(request, response, inputs);
    return undefined;
  }

  async #classify(request: IncomingMessage, response: ServerResponse, inputs: number): Promise<void> {
    try {
      const pixels = await bodyOf(request, inputs);
      if (pixels.length !== inputs) {
        refuse(request, response, wrongLength(pixels.length, inputs));
        return;
      }
      const answer = this.#classifier.classify(pixels);
      if (answer) {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer));
      } else refuse(request, response, { status: 429, why: 'too many drawings: wait a moment' });
    } catch {
      // Whoever asked has gone; or these weights are of a run that has diverged, and say nothing.
      refuse(request, response, { status: 500, why: 'the network gives no answer' });
    }
  }
}

interface Refusal {
  readonly status: number;
  readonly why: string;
  /** The methods that there are. */
  readonly allow?: string;
}

function wrongLength(found: number, expected: number): Refusal {
  return { status: found > expected ? 413 : 400, why: `expected ${expected} bytes, one a pixel` };
}

/** Says why, and closes the connection: what else is on its way is not read. */
function refuse(request: IncomingMessage, response: ServerResponse, { status, why, allow }: Refusal): void {
  request.pause();
  const { socket } = request;
  const headers = { 'content-type': 'text/plain; charset=utf-8', connection: 'close', ...(allow && { allow }) };
  response.writeHead(status, headers).end(`${why}\n`, () => socket.destroySoon());
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
}

/** All of it; or, of one that is longer than `most` bytes, so much that it is longer. */
function bodyOf(request: IncomingMessage, most: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = () => resolve(Buffer.concat(chunks));
    request.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length <= most) return;
      request.removeAllListeners('data');
      finish();
    });
    request.on('end', finish);
    request.on('error', reject);
    request.on('close', () => reject(new Error('gone')));
  });
}
