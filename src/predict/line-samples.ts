/** Samples from lines of NDJSON, wherever they come from. */
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { errors } from '../errors.js';
import { linesOf } from '../files/lines.js';
import type { Network } from '../network.js';
import { type GivenSample, parseSample } from './json-sample.js';

/** Of a sample. (JSON of a float64 takes 25 bytes at most, its comma included; some write it with spaces.) */
const LINE_BYTES = 1 << 20;
const LINE_BYTES_A_NUMBER = 64;

/** What names a file of lines; all others are told by what is in them. */
const EXTENSIONS = ['.ndjson', '.jsonl', '.json'];

export interface LineSample {
  /** From 1. */
  readonly number: number;
  /** Or what is wrong with the line. */
  readonly sample: GivenSample | { readonly error: unknown };
}

export function isLineFile(file: string): boolean {
  return EXTENSIONS.includes(path.extname(file).toLowerCase());
}

/**
 * Blank lines are passed over.
 *
 * @param isPixels  from 0 to 255, to be divided by 255
 */
export async function* samplesOfLines(
  chunks: AsyncIterable<Uint8Array>,
  network: Network,
  isPixels: boolean,
): AsyncGenerator<LineSample> {
  const mostBytes = Math.max(LINE_BYTES, LINE_BYTES_A_NUMBER * network.inputs);
  for await (const { number, text } of linesOf(chunks, mostBytes)) {
    if (typeof text === 'string' && text.trim() === '') continue;
    yield { number, sample: sampleIn(text, network, isPixels) };
  }
}

function sampleIn(text: string | Error, network: Network, isPixels: boolean): LineSample['sample'] {
  try {
    if (typeof text !== 'string') throw text;
    return parseSample(text, network, isPixels);
  } catch (error) {
    return { error };
  }
}

/**
 * A file's bytes, piece by piece; also a pipe's that has a name.
 *
 * @throws LockstepError if it cannot be read
 */
export async function* bytesOfFile(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(file) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw errors.unreadable(file, error);
  }
}
