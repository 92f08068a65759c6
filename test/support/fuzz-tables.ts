/** Damaged tables, read by the reader and by the slow parsers of reference-table.ts: both must find the same rows, or none. */
import { csvRows } from '../../src/data/table/csv.js';
import { delimiterNamed } from '../../src/data/table/dialect.js';
import { type ReadOptions, type ReadTable, readRawTableFrom } from '../../src/data/table/read-raw-table.js';
import type { Row } from '../../src/data/table/row.js';
import { Random } from '../../src/model/random.js';
import type { FuzzTask } from './fuzz-tensors.js';
import { Tally, verdictOf } from './judge.js';
import { mutateBytes, once, pick } from './mutate.js';
import { type ReferenceRow, referenceCsv, referenceJson } from './reference-table.js';
import type { Mark } from './watched.js';

type Format = 'csv' | 'objects' | 'arrays' | 'document';

const CELLS: readonly string[] = [
  ...[
    '0',
    '1',
    '-1',
    '+5',
    '0.5',
    '.5',
    '5.',
    '-0',
    '-0.0',
    '1e3',
    '1E-3',
    '2.5e+10',
    '1e400',
    '-1e400',
    '1e-400',
    '1e22',
    '1e23',
  ],
  ...[
    '123456789',
    '1234567890',
    '0.1234567890123456',
    '-0.98765432109876543',
    '12345678901234567.25',
    '9007199254740993',
  ],
  ...[
    '9007199254740991',
    '9007199254740992.0',
    '007',
    '00',
    '-01',
    '+',
    '-',
    '.',
    'e5',
    '1e',
    '1e+',
    '1.2.3',
    '1,5',
    '--1',
  ],
  ...['179769313486231580793728971405301e276', '2.2250738585072011e-308', '5e-324', '0.000000000000000000000001'],
  ...[
    '',
    'x',
    'NA',
    'nan',
    'inf',
    'true',
    'é',
    '😀',
    'two words',
    'a"b',
    '"',
    '""',
    'a,b',
    'a;b',
    'a|b',
    '#c',
    'line\nbreak',
  ],
  ...['cr\rlf\r\nend', '\ttab\t', ' blank ', '2026-01-05', '1 2', '[', '{', '\\', '\u00a0', '0x10', '1_000', '١'],
];
const NAMES = ['a', 'b', 'c d', 'é', '1', '"q"', 'x\\y'];
const SPELLING = [...Buffer.from('0123456789.-+e,;|#"\'{}[]: \n\r\ttruefalsn\\')];
const DELIMITERS = [',', ';', '\t', '|', ' '];

interface TableCase {
  readonly bytes: Uint8Array;
  readonly format: Format;
  readonly delimiter: string;
  readonly comment: string | undefined;
  /** Bytes of each chunk. */
  readonly chunk: number;
}

function tableCase(seed: number, index: number): TableCase {
  const random = new Random(seed, index);
  const format = pick<Format>(['csv', 'csv', 'objects', 'arrays', 'document'], random);
  const delimiter = pick(DELIMITERS, random);
  const text = Buffer.from(format === 'csv' ? csv(random, delimiter) : json(random, format));
  const kind = random.below(4);
  const bytes = kind === 0 ? text : kind === 1 ? mutateBytes(text, [text], random) : misspelt(text, random);
  return { bytes, format, delimiter, comment: once(3, random) ? '#' : undefined, chunk: 1 + random.below(40) };
}

/** Run by `watched`. */
export async function fuzzTables({ seed, from, to }: FuzzTask, mark: Mark): Promise<Tally[]> {
  const tally = new Tally('tables through the reader');
  const began = performance.now();
  for (let index = from; index < to; index++) {
    const table = tableCase(seed, index);
    mark(`seed ${seed}, case ${index}`);
    const verdict =
      (await verdictOfTable(table)) ?? (await verdictOfAutomatic(table)) ?? (await verdictOfStream(table));
    tally.cases++;
    if (verdict === undefined) continue;
    const shown = JSON.stringify(String(Buffer.from(table.bytes)));
    tally.violations.push(`seed ${seed}, case ${index}: ${verdict}: ${shown}`);
  }
  tally.seconds = (performance.now() - began) / 1000;
  return [tally];
}

/** @returns what is wrong */
async function verdictOfTable(each: TableCase): Promise<string | undefined> {
  const { bytes, format, delimiter, comment } = each;
  if (bytes.includes(0)) return undefined;
  const begin = Buffer.from(bytes)
    .toString()
    .replace(/^[ \t\r\n]+/, '')[0];
  const isJson = begin === '{' || begin === '[';
  const isCsv = format === 'csv' && !isJson;
  // (A byte order mark, and a line that declares the delimiter, have tests of their own.)
  if (bytes[0] === 0xef || bytes[0] === 0xfe || bytes[0] === 0xff || (format !== 'csv' && !isJson)) return undefined;
  const options: ReadOptions = isCsv ? { header: 'no', delimiter, comment } : { header: 'auto' };
  const expected = isCsv ? referenceCsv(bytes, delimiter, comment) : referenceJson(bytes);
  const { value, message, violation } = await verdictOf(() => readRawTableFrom('T', chunksOf(each), options), 'T');
  if (violation !== undefined) return violation;
  if (value) return typeof expected === 'string' ? `taken; expected: ${expected}` : differences(value, expected);
  const mayDiffer =
    /decimal comma|null bytes|same name/.test(message!) || expected === 'two fields that differ by blanks';
  return typeof expected === 'string' || mayDiffer ? undefined : `refused: ${message}`;
}

/** CSV as it comes, row by row. */
async function verdictOfStream(each: TableCase): Promise<string | undefined> {
  const { bytes, format, delimiter, comment } = each;
  if (format !== 'csv' || bytes.includes(0)) return undefined;
  const expected = referenceCsv(bytes, delimiter, comment);
  const options = {
    delimiter: delimiterNamed(delimiter),
    comment: comment === undefined ? undefined : delimiterNamed(comment),
  };
  const { value, violation } = await verdictOf(async () => {
    const rows: Row[] = [];
    for await (const batch of csvRows('T', chunksOf(each), options)) rows.push(...batch);
    return rows;
  }, 'T');
  if (violation !== undefined) return violation;
  const isRagged = expected === 'ragged';
  if (isRagged || typeof expected === 'string') {
    return (value === undefined) === !isRagged || expected === 'empty'
      ? undefined
      : `${value?.length} rows; expected: ${expected}`;
  }
  if (value?.length !== expected.length) return `${value?.length} rows; expected ${expected.length}`;
  // Names are texts, whatever they are.
  for (const [i, { row, cells }] of value.entries()) {
    const texts = [...expected[i]!.cells.values()].map(({ number, text }) => text ?? number);
    const isSame = i === 0 || JSON.stringify(cells) === JSON.stringify(texts);
    if (row !== expected[i]!.line || cells.length !== texts.length || !isSame) {
      return `row ${i}: ${row} ${JSON.stringify(cells)}; expected ${expected[i]!.line} ${JSON.stringify(texts)}`;
    }
  }
  return undefined;
}

/** With everything found by the reader: nothing is expected but that it neither fails nor loses a row. */
async function verdictOfAutomatic(each: TableCase): Promise<string | undefined> {
  const { value, violation } = await verdictOf(() => readRawTableFrom('T', chunksOf(each)));
  if (violation !== undefined || !value || value.delimiter === undefined) return violation;
  const { bytes } = each;
  if (bytes[0]! >= 0xef || /^"?sep=/i.test(Buffer.from(bytes).toString())) return undefined;
  const expected = referenceCsv(bytes, value.delimiter);
  const isShort = expected === 'ragged' && value.names[0] === '';
  if (typeof expected === 'string') return isShort ? undefined : `taken; expected: ${expected}`;
  return value.hasHeader ? differences(value, expected.slice(1)) : differences(value, expected);
}

function differences(table: ReadTable, expected: readonly ReferenceRow[]): string | undefined {
  const isHeaderOfArrays = table.hasHeader && table.count === expected.length - 1;
  const rows = isHeaderOfArrays ? expected.slice(1) : expected;
  if (table.count !== rows.length) return `${table.count} rows; expected ${rows.length}`;
  for (const [i, { line, cells }] of rows.entries()) {
    if (table.lineOf(i) !== line) return `row ${i}: line ${table.lineOf(i)}; expected ${line}`;
    if (table.columns.length !== cells.size) return `${table.columns.length} columns; expected ${cells.size}`;
    for (const [k, { numbers, codes, texts }] of table.columns.entries()) {
      const cell = cells.get(`#${k}`) ?? cells.get(table.names[k]!);
      const code = codes[i]!;
      const text = code === 0 ? undefined : texts.at(code - 1);
      if (!cell || !Object.is(numbers[i], cell.number) || text !== cell.text) {
        return `row ${i}, column ${k}: ${numbers[i]} ${JSON.stringify(text)}; expected ${JSON.stringify(cell)}`;
      }
    }
  }
  return undefined;
}

async function* chunksOf({ bytes, chunk }: TableCase): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += chunk) yield bytes.subarray(from, from + chunk);
}

function cellsOf(random: Random): string[][] {
  const [rows, width] = [1 + random.below(6), 1 + random.below(5)];
  return Array.from({ length: rows }, () => Array.from({ length: width }, () => pick(CELLS, random)));
}

function csv(random: Random, delimiter: string): string {
  const end = pick(['\n', '\n', '\r\n', '\r'], random);
  const blanks = () => (once(4, random) ? pick([' ', '  ', '\t'], random) : '');
  const lines = cellsOf(random).map((row) => {
    const cells = row.map((cell) => {
      const isQuoted = once(4, random) || /["\r\n,;|\t ]/.test(cell) || (delimiter === ' ' && cell === '');
      return isQuoted ? `"${cell.replaceAll('"', '""')}"` : cell;
    });
    return cells.map((cell) => `${blanks()}${cell}${blanks()}`).join(delimiter);
  });
  const comment = once(6, random) ? `# a "comment"${end}` : '';
  return `${comment}${lines.join(once(8, random) ? end + end : end)}${once(2, random) ? end : ''}`;
}

function json(random: Random, format: Format): string {
  const value = (cell: string) => {
    const isRaw =
      once(2, random) && /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$|^(true|false|null|NaN|-?Infinity)$/i.test(cell);
    return isRaw || once(30, random) ? cell : JSON.stringify(cell);
  };
  const space = () => (once(4, random) ? pick([' ', '\n', '\t', '\r\n'], random) : '');
  const rows = cellsOf(random).map((row) => {
    const cells = row.map((cell, i) => {
      const name = format === 'arrays' ? '' : `${JSON.stringify(NAMES[i])}${space()}:`;
      return `${space()}${name}${space()}${value(cell)}${space()}`;
    });
    const kept = format === 'arrays' ? cells : cells.filter(() => !once(8, random));
    if (once(3, random) && format !== 'arrays') kept.reverse();
    return format === 'arrays' ? `[${kept.join(',')}]` : `{${kept.join(',')}}`;
  });
  if (format !== 'document') return `${rows.join('\n')}${once(2, random) ? '\n' : ''}`;
  return `${space()}[${space()}${rows.join(`${space()},${space()}`)}${space()}]${space()}`;
}

/** One to three characters are others, of those that tables are made of. */
function misspelt(text: Uint8Array, random: Random): Uint8Array {
  const changed = Uint8Array.from(text);
  for (let changes = 1 + random.below(3); changes > 0 && changed.length > 0; changes--) {
    changed[random.below(changed.length)] = pick(SPELLING, random);
  }
  return changed;
}
