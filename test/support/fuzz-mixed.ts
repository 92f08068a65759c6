/**
 * Tables as people have them, with damaged cells and bytes, through everything that reads one: training, evaluation and
 * prediction. Each row is used, or reported, or the table is refused as the house refuses. Run by `watched`.
 */
import { gzipSync } from 'node:zlib';
import { unzippedIfZipped } from '../../src/data/table/bytes.js';
import { readRawTableFrom } from '../../src/data/table/read-raw-table.js';
import { readTable, readTableLike, type Table } from '../../src/data/table/read-table.js';
import { headed as headedRows, isJson } from '../../src/data/table/rows.js';
import { LockstepError } from '../../src/errors.js';
import { Random } from '../../src/model/random.js';
import { loadModel, type Network, type Sample } from '../../src/tools/network.js';
import { samplesOfLines } from '../../src/tools/predict/line-samples.js';
import { samplesOfTable } from '../../src/tools/predict/table-samples.js';
import { collect } from './events.js';
import type { FuzzTask } from './fuzz-tensors.js';
import { type Folder, temporaryFolder } from './idx-files.js';
import { Tally, verdictOf } from './judge.js';
import { mutateBytes, once, pick } from './mutate.js';
import { referenceCsv, referenceJson } from './reference-table.js';
import { csvOf, encodedRows } from './tables.js';
import type { Mark } from './watched.js';

const HEADER = ['length', 'island', 'when', 'wild', 'species'];
/** Numbers, categories, dates, truths and missing cells. */
export const MIXED: readonly (readonly string[])[] = [
  HEADER,
  ...Array.from({ length: 40 }, (_, i) => [
    i % 9 === 0 ? 'NA' : `${i % 7}.${i % 10}`,
    i % 8 === 0 ? '' : ['north', 'east', '12', 'south'][i % 4]!,
    i % 6 === 0 ? '?' : new Date(1.7e12 + 3.1e9 * i).toISOString().slice(0, i % 5 === 0 ? 10 : 19),
    i % 3 === 0 ? 'true' : 'false',
    i % 11 === 0 ? '' : ['setosa', 'virginica'][i % 2]!,
  ]),
];

const ODD_CELLS: readonly string[] = [
  ...['', ' ', 'NA', 'none', 'None', 'nan', '-nan', 'inf', '-Infinity', '1e308', '-1e308', '1e39', '1e400', '1e-400'],
  ...['5e-324', '-0', '+1', '007', '1_000', '1,5', '1.000,5', '0x1f', '1e5', '9007199254740993', '١٢', 'TRUE', 'True'],
  ...['0000-01-01', '0001-01-01', '9999-12-31T23:59:59.999999999Z', '1970-01-01', '1969-12-31T23:59:60Z', '2026-02-30'],
  ...[
    '2024-02-29',
    '2026-13-01',
    '2026-01-01T24:00',
    '2026-01-01T00:00+23:59',
    '2026-01-01T00:00-99:00',
    '10000-01-01',
  ],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', 'species', 'island', '"', '""', "'", '\\'],
  ...['a,b', 'a;b', 'a|b', 'a\tb', 'a\nb', 'a\r\nb', '# no', 'sep=;', '{', '[1]', '{"a":1}', '\u0001', '\u001b[31m'],
  ...['\u2028', '\ufeff', '\ufffd', '😀', 'e\u0301', '\u202etxt', 'x'.repeat(3000), '1'.repeat(400), '=1+1', '-', '.'],
];

const SPELLING = [...Buffer.from('0123456789.-+e,;"{}[]: \n\r\t')];
const FORMS = ['csv', 'semicolons', 'ndjson', 'document'] as const;
type Form = (typeof FORMS)[number];

interface Case {
  readonly form: Form;
  readonly bytes: Uint8Array;
  /** If it is well-formed: the number of its records, with the header of CSV. */
  readonly records: number | undefined;
  /** Whether it has no header. */
  readonly isBare: boolean;
  readonly label: string;
}

/** One to three characters are others, of those that tables are made of. */
function misspelt(text: Uint8Array, random: Random): Uint8Array {
  const changed = Uint8Array.from(text);
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    changed[random.below(changed.length)] = pick(SPELLING, random);
  }
  return changed;
}

/** Some cells, or a name, are others: the table is as well-formed as before. */
function withOddCells(random: Random): string[][] {
  const rows = MIXED.slice(0, 2 + random.below(MIXED.length - 1)).map((row) => [...row]);
  for (let changes = 1 + random.below(6); changes > 0; changes--) {
    const row = once(12, random) ? 0 : random.below(rows.length);
    // (In a column of numbers or dates, most of them are refused.)
    const column = once(3, random) ? random.below(HEADER.length) : pick([1, 3, 4], random);
    rows[row]![column] = pick(ODD_CELLS, random);
  }
  return rows;
}

function textOf(rows: readonly (readonly string[])[], form: Form, random: Random): string {
  if (form === 'csv') return csvOf(rows);
  if (form === 'semicolons') return csvOf(rows, { quoteAll: true, end: '\r\n', delimiter: ';' });
  const [names = [], ...others] = rows;
  // (No object has a key twice; JSON may.)
  const value = (cell: string) => {
    const isRaw = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$|^(true|false)$/.test(cell);
    return isRaw ? cell : cell === '' && once(2, random) ? 'null' : JSON.stringify(cell);
  };
  const objects = others.map((row) => `{${row.map((cell, i) => `${JSON.stringify(names[i])}:${value(cell)}`).join()}}`);
  return form === 'ndjson' ? objects.join('\n') : `[${objects.join(',\n')}]`;
}

export function mixedCase(seed: number, index: number): Case {
  const random = new Random(seed, index);
  const form = pick(FORMS, random);
  const label = once(4, random) ? '5' : 'species';
  const kind = random.below(3);
  if (kind === 0) {
    const isBare = form === 'csv' && once(2, random);
    const rows = withOddCells(random).slice(Number(isBare));
    const records = form === 'csv' || form === 'semicolons' ? rows.length : rows.length - 1;
    return { form, label: isBare ? '5' : label, bytes: Buffer.from(textOf(rows, form, random)), records, isBare };
  }
  const original = Buffer.from(textOf(MIXED, form, random));
  const bytes = kind === 1 ? mutateBytes(original, [original], random) : misspelt(original, random);
  return { form, label, bytes: once(8, random) ? gzipSync(bytes) : bytes, records: undefined, isBare: false };
}

/** With the slow parsers. @returns undefined if they cannot tell: such a table is refused, or its rows are ragged */
function recordsIn(bytes: Uint8Array, delimiter: string | undefined): number | undefined {
  const plain = bytes[0] === 0x1f ? undefined : bytes;
  if (!plain) return undefined;
  const rows = delimiter === undefined ? referenceJson(plain) : referenceCsv(plain, delimiter);
  return typeof rows === 'string' ? undefined : rows.length;
}

/** (A file takes longer to open than to read.) */
async function* bytesOf({ bytes }: Case): AsyncGenerator<Uint8Array> {
  const source = (async function* () {
    yield bytes;
  })();
  yield* unzippedIfZipped('T', source);
}

/** What is wrong with how the rows were counted. */
async function wrongCount(each: Case, taken: number, label: string, what: string) {
  const { delimiter, hasHeader, count } = await readRawTableFrom('T', bytesOf(each), { label });
  if (taken !== count) return `${what}: ${taken} rows, and the reader has ${count}`;
  const { bytes } = each;
  const isMarked = bytes[0] === 0xef || /^"?sep=/i.test(Buffer.from(bytes).toString('latin1', 0, 8));
  const records = isMarked ? undefined : recordsIn(bytes, delimiter);
  if (records === undefined) return undefined;
  const expected = hasHeader && delimiter !== undefined ? records - 1 : records;
  const ofArrays = hasHeader && delimiter === undefined && taken === records - 1;
  return taken === expected || ofArrays ? undefined : `${what}: ${taken} rows; expected ${expected}`;
}

function all({ samples, leftOut }: Table): number {
  return samples.count + leftOut.unlabeled + leftOut.incomplete;
}

const REFUSED = 'refused';

/** @returns what is wrong, or REFUSED */
async function wrongInTraining(file: string, each: Case): Promise<string | undefined> {
  const { label, records } = each;
  const { value, violation } = await verdictOf(() => readTable(file, { label }), '', 8000);
  if (violation !== undefined || !value) return violation ?? REFUSED;
  const { facts, samples } = value;
  const { value: encoded, violation: other } = await verdictOf(() => encodedRows(value, 'standard'), '', 8000);
  if (other !== undefined) return other;
  if (encoded) {
    const { rows, inputs } = encoded;
    if (!rows.every((row) => row.length === inputs && row.every(Number.isFinite))) return 'inputs that are not finite';
  }
  if (!samples.targets.every((target) => target < facts.classNames.length)) return 'a class without a name';
  if (new Set(facts.classNames).size !== facts.classNames.length) return 'two classes of the same name';
  const lost = records === undefined ? 0 : records - all(value);
  if (lost < 0 || lost > 1) return `${all(value)} rows of ${records} records`;
  return await wrongCount(each, all(value), label, 'training');
}

async function wrongInEvaluation(file: string, each: Case, { table }: Network): Promise<string | undefined> {
  const { value, violation } = await verdictOf(() => readTableLike(file, table!, undefined, 'auto'), '', 8000);
  if (violation !== undefined || !value) return violation;
  const { violation: other } = await verdictOf(() => encodedRows(value), '', 8000);
  const label = table!.label.name ?? String(table!.label.position + 1);
  return other ?? (await wrongCount(each, all(value), label, 'evaluation'));
}

interface Predicted {
  /** Rows that are predicted, or reported. */
  readonly rows: number;
  readonly hasHeader: boolean;
}

async function predict(each: Case, network: Network): Promise<Predicted> {
  let rows = 0;
  let header: readonly string[] | undefined;
  const use = (x: Sample) => {
    const { probabilities } = network.predict(x);
    const sum = probabilities.reduce((total, p) => total + p, 0);
    if (!(Math.abs(sum - 1) < 1e-6)) throw new TypeError(`probabilities of ${sum}`);
  };
  const samples = headedRows(bytesOf(each), async function* (bytes): AsyncGenerator<Sample | LockstepError> {
    if (isJson(bytes.head)) {
      for await (const { sample } of samplesOfLines(bytes.chunks, network, false)) {
        if (!('error' in sample)) yield sample.x;
        else if (sample.error instanceof LockstepError) yield sample.error;
        else throw sample.error;
      }
    } else {
      for await (const { x, table } of samplesOfTable('T', bytes, network)) {
        header = table.header;
        yield x;
      }
    }
  });
  for await (const x of samples) {
    rows++;
    try {
      if (!(x instanceof LockstepError)) use(x);
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error;
    }
  }
  return { rows, hasHeader: header !== undefined };
}

async function wrongInPrediction(each: Case, network: Network): Promise<string | undefined> {
  const { records, bytes } = each;
  const { value, violation } = await verdictOf(() => predict(each, network), '', 8000);
  if (violation !== undefined || !value) return violation;
  const { rows, hasHeader } = value;
  let expected = records;
  if (isJson(bytes)) {
    // (A document's lines are reported, unless it is in a file called .json.)
    const lines = Buffer.from(bytes).toString().split('\n');
    expected = lines.filter((line) => line.trim() !== '').length;
  } else if (records !== undefined && hasHeader) expected = records - 1;
  return expected === undefined || rows === expected ? undefined : `prediction: ${rows} rows; expected ${expected}`;
}

export interface Models {
  readonly headed: string;
  /** Without names of columns. */
  readonly bare: string;
}

/** Trains on `MIXED`. @returns the files of the models */
export async function modelsOfMixed(folder: Folder): Promise<Models> {
  const job = { hidden: [4], epochs: 1, threads: 1 };
  const models = { headed: `${folder.path}/headed.safetensors`, bare: `${folder.path}/bare.safetensors` };
  const data = folder.write('headed.csv', csvOf(MIXED));
  await collect({ ...job, data, label: 'species', save: models.headed });
  const bare = folder.write('bare.csv', csvOf(MIXED.slice(1)));
  await collect({ ...job, data: bare, label: '5', header: 'no', save: models.bare });
  return models;
}

/** @param models  that were trained on `MIXED` */
export async function fuzzMixed(
  { models, seed, from, to }: FuzzTask & { models: Models },
  mark: Mark,
): Promise<Tally[]> {
  const folder = temporaryFolder();
  const [headed, bare] = [await loadModel(models.headed), await loadModel(models.bare)];
  const tally = new Tally('tables through training, evaluation and prediction');
  const began = performance.now();
  for (let index = from; index < to; index++) {
    const each = mixedCase(seed, index);
    const file = folder.write('damaged', each.bytes);
    const network = each.isBare ? bare : headed;
    mark(`seed ${seed}, case ${index}`);
    const trained = await wrongInTraining(file, each);
    if (trained === REFUSED) tally.refused++;
    const wrong =
      (trained === REFUSED ? undefined : trained) ??
      (await wrongInEvaluation(file, each, network)) ??
      (await wrongInPrediction(each, network));
    tally.cases++;
    if (wrong === undefined) continue;
    const shown = JSON.stringify(String(Buffer.from(each.bytes))).slice(0, 2000);
    tally.violations.push(`seed ${seed}, case ${index}: ${wrong}: ${shown}`);
  }
  tally.seconds = (performance.now() - began) / 1000;
  folder.remove();
  return [tally];
}
