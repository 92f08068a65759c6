/** Parses samples from JSON: an array of numbers, an object with an array and an id, or a row of a table. */
import { errors, reason, shown } from '../../errors.js';
import { parseJson } from '../../files/json.js';
import { isRecord } from '../../files/type-guards.js';
import type { Network, Sample } from '../network.js';

export type SampleId = string | number | null;

export interface GivenSample {
  readonly id?: SampleId;
  readonly x: Sample;
}

const WHITE = 255;

/**
 * @param text  one JSON text, as `sampleOf` takes it
 * @throws LockstepError
 */
export function parseSample(text: string, network: Network, isPixels: boolean): GivenSample {
  return sampleOf(valueIn(text, network), network, isPixels);
}

/**
 * @param value     `[…]` or `{"id": …, "x": […]}`; if the network knows column names, also `{"id": …, "x": {row}}` or a row.
 *                  Other fields are ignored. In a row, `id` is the id unless a column has this name
 * @param isPixels  whether the numbers are 0 to 255, to be divided by 255
 * @throws LockstepError
 */
export function sampleOf(value: unknown, network: Network, isPixels: boolean): GivenSample {
  const { columns } = network;
  const arrayOf = (values: readonly unknown[]) =>
    network.table ? cellsOf(values, network) : numbersOf(values, network.inputs, isPixels);
  if (Array.isArray(value)) return { x: arrayOf(value) };
  if (!isRecord(value)) throw errors.notASample(value);
  const { x } = value;
  const numbers = Array.isArray(x) ? arrayOf(x) : columns && network.sampleOf(isRecord(x) ? x : value);
  if (!numbers) throw errors.notASample(value);
  const isWholeRow = !Array.isArray(x) && !isRecord(x);
  const id = isWholeRow && columns?.includes('id') ? undefined : value.id;
  if (id === undefined) return { x: numbers };
  if (!isId(id)) throw errors.sampleId(id);
  return { id, x: numbers };
}

function valueIn(text: string, network: Network): unknown {
  try {
    return parseRows(text, network);
  } catch (error) {
    throw errors.notJson(reason(error));
  }
}

/** Integers that may be beyond 2^53; texts, too, so that what looks like one in them is left alone. */
const LONG_INTEGERS = /"(?:[^"\\]|\\.)*"|(?<![\w.+-])-?\d{16,}(?![\d.eE])/g;
const LONG_INTEGER = /(?<![\w.+])\d{16,}(?![\d.eE])/;

/**
 * Parses JSON. For a table, integers beyond 2^53 become texts with all their digits, which names of categories need; but ids do
 * not.
 *
 * @throws SyntaxError or JsonLimitError
 */
export function parseRows(text: string, network: Network): unknown {
  const value = parseJson(text);
  if (!network.table || !LONG_INTEGER.test(text)) return value;
  const exact = parseJson(
    text.replaceAll(LONG_INTEGERS, (token) => {
      return token.startsWith('"') || Number.isSafeInteger(Number(token)) ? token : `"${token}"`;
    }),
  );
  if (network.columns?.includes('id')) return exact;
  const rows = (of: unknown): unknown[] => (Array.isArray(of) ? (of as unknown[]) : [of]);
  for (const [i, row] of rows(exact).entries()) {
    const given = rows(value)[i];
    if (isRecord(row) && isRecord(given) && Object.hasOwn(row, 'id')) Object.assign(row, { id: given.id });
  }
  return exact;
}

/** Integers beyond 2^53 have been rounded while parsing, so the id in the answer would be wrong. */
function isId(id: unknown): id is SampleId {
  if (typeof id !== 'number') return typeof id === 'string' || id === null;
  return Number.isInteger(id) ? Number.isSafeInteger(id) : Number.isFinite(id);
}

/** Checked here, so that the message names the line. */
function cellsOf(cells: readonly unknown[], { encoder, table }: Network): Sample {
  const { columns } = table!;
  if (cells.length !== columns.length) throw errors.rowLength(cells.length, columns.length);
  return encoder!.encode(cells, (i) => `column ${shown(columns[i]!.name)}`);
}

function numbersOf(values: readonly unknown[], inputs: number, isPixels: boolean): Float32Array {
  if (values.length !== inputs) throw errors.sampleLength(values.length, inputs);
  const x = new Float32Array(inputs);
  for (let i = 0; i < inputs; i++) {
    const value = values[i];
    // Assignment would convert null to 0 and "5" to 5.
    if (typeof value !== 'number') throw errors.sampleValue(i, value);
    if (isPixels && !(value >= 0 && value <= WHITE)) throw errors.pixelValue(i, value);
    x[i] = isPixels ? value / WHITE : value;
    if (!Number.isFinite(x[i])) throw errors.sampleValue(i, value);
  }
  return x;
}
