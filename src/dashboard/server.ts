/**
 * The HTTP server of the page: a fixed table of files, a stream of events, the classification of drawings, and answers about the
 * network. It listens only on the loopback address, and limits the size of requests: see docs/dashboard.md, "Security".
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseJson } from '../files/json.js';
import { BadAsk } from '../tools/explain/checked-ask.js';
import { HEADERS, refusalOf } from './guard.js';
import type { Classification } from './messages.js';
import type { PageFile } from './page-files.js';
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

export interface Answerer {
  /** Maximum bytes of a question; undefined if there is no network (yet). */
  readonly mostBytes: number | undefined;
  /**
   * Undefined after too many requests.
   *
   * @param ask  anything that is JSON
   * @throws BadAsk if it is no question about the network
   */
  answer(ask: unknown): Promise<object | undefined>;
}

/** What a server offers. Paths of the others are not found. */
export interface Services {
  /** By path. */
  readonly files: ReadonlyMap<string, PageFile>;
  readonly streams?: Streams;
  readonly classifier?: Classifier;
  readonly answerer: Answerer;
}

export class PageServer {
  readonly #server: Server;
  readonly #services: Services;

  private constructor(services: Services) {
    this.#services = services;
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
  static async listen(port: number, services: Services): Promise<PageServer> {
    const page = new PageServer(services);
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
    const { files, streams, classifier } = this.#services;
    if (url === '/classify' && classifier) return routeDrawing(classifier, request, response);
    if (url === '/explain') return routeQuestion(this.#services.answerer, request, response);
    if (hasBody(request)) return { status: 413, why: 'expected no body' };
    const file = files.get(url);
    if (!file && !(url === '/events' && streams)) return { status: 404, why: 'no such page' };
    if (file && (method === 'GET' || method === 'HEAD')) {
      response.writeHead(200, { 'content-type': file.type, 'content-length': file.bytes.length });
      response.end(method === 'HEAD' ? undefined : file.bytes);
      return undefined;
    }
    if (file || method !== 'GET') return { status: 405, why: 'expected GET', allow: file ? 'GET, HEAD' : 'GET' };
    if (streams!.isFull) return { status: 503, why: 'too many streams are open' };
    streams!.open(response);
    return undefined;
  }
}

function routeDrawing(classifier: Classifier, request: IncomingMessage, response: ServerResponse): Refusal | undefined {
  const { inputs } = classifier;
  const refusal = refusalOfPost(request, 'application/octet-stream', inputs, 'no network for images yet');
  if (refusal) return refusal;
  const announced = request.headers['content-length'];
  if (announced !== undefined && Number(announced) !== inputs) return wrongLength(Number(announced), inputs!);
  if (request.headers.expect !== undefined) response.writeContinue();
  void classify(classifier, request, response, inputs!);
  return undefined;
}

async function classify(
  classifier: Classifier,
  request: IncomingMessage,
  response: ServerResponse,
  inputs: number,
): Promise<void> {
  try {
    const pixels = await bodyOf(request, inputs);
    if (pixels.length !== inputs) {
      refuse(request, response, wrongLength(pixels.length, inputs));
      return;
    }
    const answer = classifier.classify(pixels);
    if (answer) sendJson(response, answer);
    else refuse(request, response, TOO_MANY);
  } catch {
    // The client has gone, or the run has diverged.
    refuse(request, response, { status: 500, why: 'the network cannot classify the drawing' });
  }
}

function routeQuestion(answerer: Answerer, request: IncomingMessage, response: ServerResponse): Refusal | undefined {
  const { mostBytes } = answerer;
  const refusal = refusalOfPost(request, 'application/json', mostBytes, 'no network yet');
  if (refusal) return refusal;
  if (Number(request.headers['content-length'] ?? 0) > mostBytes!) return TOO_LONG;
  if (request.headers.expect !== undefined) response.writeContinue();
  void answerQuestion(answerer, request, response, mostBytes!);
  return undefined;
}

async function answerQuestion(
  answerer: Answerer,
  request: IncomingMessage,
  response: ServerResponse,
  mostBytes: number,
): Promise<void> {
  try {
    const body = await bodyOf(request, mostBytes);
    if (body.length > mostBytes) {
      refuse(request, response, TOO_LONG);
      return;
    }
    const answer = await answerer.answer(jsonIn(body));
    if (answer) sendJson(response, answer);
    else refuse(request, response, TOO_MANY);
  } catch (error) {
    const refusal =
      error instanceof BadAsk
        ? { status: 400, why: error.message }
        : { status: 500, why: 'the question cannot be answered' };
    refuse(request, response, refusal);
  }
}

/** @throws BadAsk */
function jsonIn(body: Uint8Array): unknown {
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new BadAsk('expected JSON');
  }
}

/** @param offered  undefined if there is nothing to post to yet */
function refusalOfPost(
  { method, headers }: IncomingMessage,
  type: string,
  offered: number | undefined,
  notYet: string,
): Refusal | undefined {
  if (method !== 'POST') return { status: 405, why: 'expected POST', allow: 'POST' };
  if (offered === undefined) return { status: 503, why: notYet };
  // Forms and pages of other sites cannot send these types without a preflight request.
  return headers['content-type'] === type ? undefined : { status: 415, why: `expected ${type}` };
}

function sendJson(response: ServerResponse, answer: object): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer));
}

const TOO_MANY: Refusal = { status: 429, why: 'too many requests; wait a moment' };
const TOO_LONG: Refusal = { status: 413, why: 'the question is too long' };

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
