/**
 * The HTTP server of the page: a fixed table of files, a stream of events, and the classification of drawings. It listens
 * only on the loopback address, and limits the size of requests: see docs/dashboard.md, "Security".
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
/** Streams, plus the same number of other requests. */
const MOST_CONNECTIONS = 128;

export interface Classifier {
  /** Number of bytes of a drawing, one per pixel; undefined if there is no network for images (yet). */
  readonly inputs: number | undefined;
  /** Undefined after too many requests. */
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
    // Requests with `Expect: 100-continue` are handled like all others.
    this.#server.on('checkContinue', handle);
    this.#server.on('clientError', (_, socket) => socket.destroy());
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /**
   * @param port  0 for any free port
   * @throws the system error
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
    // Lets pending responses finish, up to a time limit.
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

  /** Answers, perhaps later. @returns the reason for a refusal */
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
    if (inputs === undefined) return { status: 503, why: 'no network for images yet' };
    // Forms and pages of other sites cannot send this type without a preflight request.
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
      } else refuse(request, response, { status: 429, why: 'too many requests; wait a moment' });
    } catch {
      // The client has gone, or the run has diverged.
      refuse(request, response, { status: 500, why: 'the network cannot classify the drawing' });
    }
  }
}

interface Refusal {
  readonly status: number;
  readonly why: string;
  /** For the Allow header. */
  readonly allow?: string;
}

function wrongLength(found: number, expected: number): Refusal {
  return { status: found > expected ? 413 : 400, why: `expected ${expected} bytes, one per pixel` };
}

/** Sends the reason, and closes the connection without reading the rest of the request. */
function refuse(request: IncomingMessage, response: ServerResponse, { status, why, allow }: Refusal): void {
  request.pause();
  const { socket } = request;
  const headers = { 'content-type': 'text/plain; charset=utf-8', connection: 'close', ...(allow && { allow }) };
  response.writeHead(status, headers).end(`${why}\n`, () => socket.destroySoon());
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
}

/** The body; if it is longer than `most` bytes, only its beginning, which is longer than `most`. */
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
