/** Samples, from images or a table. */
import { createHash } from 'node:crypto';
import { atOnce, inParts, type Steps } from './table/steps.js';
import type { TableRows } from './table/table-rows.js';

export interface Samples {
  readonly count: number;
  /** (count, inputs) Pixels, one byte each, or float32. Empty for a table. */
  readonly values: Uint8Array | Float32Array;
  /** Rows of a table, in place of values. */
  readonly table?: TableRows;
  /** (count) The class of each sample; or (count, targets) the regression targets. */
  readonly targets: Uint8Array | Uint32Array | Float64Array;
  /** Numbers of a sample's target. @default 1 */
  readonly targetWidth?: number;
  /** (count) Weights of the samples. @default 1 each */
  readonly weights?: Float64Array | undefined;
  /** (count) Samples of a group stay together in every split. @default each sample on its own */
  readonly groups?: Uint32Array | undefined;
  /** (count) Which images of the source they are, unless they are its first. For rows of a table, `table` says it. */
  readonly positions?: Uint32Array;
  /** SHA-256 of the uncompressed source, to tell whether samples are the same. */
  readonly sha256: string;
}

export const NO_SAMPLES: Samples = { count: 0, values: new Uint8Array(0), targets: new Uint8Array(0), sha256: '' };

/** Copies some samples, in the order of `positions`. */
export function takeSamples(samples: Samples, inputs: number, positions: Uint32Array): Samples {
  return atOnce(taking(samples, inputs, positions));
}

/** `takeSamples` in steps. */
export function* taking(samples: Samples, inputs: number, positions: Uint32Array): Steps<Samples> {
  const { values, targets, targetWidth = 1, weights, groups, table, positions: of } = samples;
  const taken = new (values instanceof Uint8Array ? Uint8Array : Float32Array)(table ? 0 : positions.length * inputs);
  for (const [to, from] of table ? [] : positions.entries()) {
    taken.set(values.subarray(from * inputs, (from + 1) * inputs), to * inputs);
  }
  const some = table && (yield* table.take(positions));
  const someTargets = yield* takeRows(targets, targetWidth, positions);
  const someWeights = weights && (yield* takeRows(weights, 1, positions));
  const someGroups = groups && (yield* takeRows(groups, 1, positions));
  return {
    count: positions.length,
    values: taken,
    ...(some ? { table: some } : { positions: of ? positions.map((at) => of[at]!) : positions }),
    targets: someTargets,
    targetWidth,
    ...(someWeights && { weights: someWeights }),
    ...(someGroups && { groups: someGroups }),
    sha256: createHash('sha256').update(samples.sha256).update(bytesOf(positions)).digest('hex'),
  };
}

/** The numbers of the samples in their source: of a row of a table as in messages, of an image from 0. */
export function numbersOf({ count, table, positions }: Samples): Uint32Array {
  if (table) return Uint32Array.from(table.rows.subarray(0, count), (row) => table.lineOf(row));
  return positions?.slice(0, count) ?? Uint32Array.from({ length: count }, (_, i) => i);
}

/** @param rows  (samples, width) */
function* takeRows<T extends Samples['targets']>(rows: T, width: number, positions: Uint32Array): Steps<T> {
  const taken = new (rows.constructor as new (length: number) => T)(positions.length * width);
  yield* inParts(positions.length, (first, end) => {
    for (let s = first, to = first * width; s < end; s++) {
      for (let from = positions[s]! * width, k = 0; k < width; k++) taken[to++] = rows[from++]!;
    }
  });
  return taken;
}

/** The memory of a typed array, which is little-endian wherever Lockstep runs. */
export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
