/** Samples from lines of NDJSON, and from JSON documents. */
import path from 'node:path';
import { errors } from '../../errors.js';
import { JsonLimitError } from '../../files/json.js';
import { linesOf } from '../../files/lines.js';
import { openStream } from '../../files/open-stream.js';
import { readWhole } from '../../files/read-whole.js';
import type { Network } from '../network.js';
import { type GivenSample, parseRows, parseSample, sampleOf } from './json-sample.js';

/** Maximum length of a line. (A float64 in JSON takes at most 25 bytes with its comma; spaces may be added.) */
const LINE_BYTES = 1 << 20;
const LINE_BYTES_A_NUMBER = 64;

/** Extensions of files with samples as JSON. */
const EXTENSIONS = ['.ndjson', '.jsonl', '.json'];
const DOCUMENT = '.json';
/** A document is parsed as one string. The limit is below Node's maximum length of a string. */
const MOST_DOCUMENT_BYTES = 2 ** 28;

export interface LineSample {
  /** Such as `line 3`, counted from 1. */
  readonly place: string;
  readonly sample: GivenSample | { readonly error: unknown };
}

/** Whether the file holds samples as JSON, by its extension. */
export function isLineFile(file: string): boolean {
  return EXTENSIONS.includes(path.extname(file).toLowerCase());
}

/**
 * Samples of a file of lines, or of a .json document with a sample or an array of samples. If the document is not valid
 * JSON, it is read as lines.
 *
 * @throws LockstepError if it cannot be read
 */
export async function* samplesOfJsonFile(
  file: string,
  network: Network,
  isPixels: boolean,
): AsyncGenerator<LineSample> {
  if (path.extname(file).toLowerCase() !== DOCUMENT) {
    yield* samplesOfLines(bytesOfFile(file), network, isPixels);
    return;
  }
  const bytes = await readWhole(file, MOST_DOCUMENT_BYTES);
  const document = documentIn(file, bytes, network);
  if (document === undefined) yield* samplesOfLines([bytes], network, isPixels);
  else if (!holdsSamples(document))
    yield { place: 'the document', sample: attempt(() => sampleOf(document, network, isPixels)) };
  else {
    for (const [i, value] of document.entries()) {
      yield { place: `sample ${i + 1}`, sample: attempt(() => sampleOf(value, network, isPixels)) };
    }
  }
}

/** @throws LockstepError if the document is too large */
function documentIn(file: string, bytes: Uint8Array, network: Network): unknown {
  try {
    return parseRows(new TextDecoder('utf-8', { fatal: true }).decode(bytes), network);
  } catch (error) {
    if (error instanceof JsonLimitError) throw errors.largeDocument(file, error);
    return undefined;
  }
}

/** An array of numbers is one itself. */
function holdsSamples(document: unknown): document is unknown[] {
  return Array.isArray(document) && document.some((each) => typeof each === 'object' && each !== null);
}

/**
 * Blank lines are passed over.
 *
 * @param isPixels  from 0 to 255, to be divided by 255
 */
export async function* samplesOfLines(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  network: Network,
  isPixels: boolean,
): AsyncGenerator<LineSample> {
  const mostBytes = Math.min(Math.max(LINE_BYTES, LINE_BYTES_A_NUMBER * network.inputs), MOST_DOCUMENT_BYTES);
  for await (const { number, text } of linesOf(chunks, mostBytes)) {
    if (typeof text === 'string' && text.trim() === '') continue;
    const sample = typeof text === 'string' ? attempt(() => parseSample(text, network, isPixels)) : { error: text };
    yield { place: `line ${number}`, sample };
  }
}

function attempt(parse: () => GivenSample): LineSample['sample'] {
  try {
    return parse();
  } catch (error) {
    return { error };
  }
}

/**
 * A file's bytes, piece by piece; also a pipe's that has a name.
 *
 * @throws LockstepError if it cannot be read
 */
async function* bytesOfFile(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* (await openStream(file)) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw errors.unreadable(file, error);
  }
}
