/** Tables that cannot be used: each is refused with the row and the column, and in bounded memory. */
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { unzippedIfZipped } from '../../../src/data/table/bytes.js';
import type { Header } from '../../../src/data/table/header.js';
import { MOST_ROW_BYTES } from '../../../src/data/table/input.js';
import { readRawTableFrom } from '../../../src/data/table/read-raw-table.js';
import { readTable, readTableLike } from '../../../src/data/table/read-table.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { refusalOf } from '../../support/refusals.js';
import { csvOf } from '../../support/tables.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** Without the file's name. */
async function refusal(text: string | Uint8Array, label: string | undefined = 'kind', header: Header = 'auto') {
  const file = folder.write('table', text);
  const { message, status } = await refusalOf(() => readTable(file, { label, header }));
  return `${status} ${message.replace(`${file}: `, '').replace(file, 'T')}`;
}

/** A table of which nearly all cells of column b are numbers. */
const withCells = (...cells: readonly string[]) =>
  csvOf([
    ['a', 'b', 'kind'],
    ...Array.from({ length: 30 }, (_, i) => [i % 3, i, 'xy'[i % 2]!]),
    ...cells.map((cell) => [1, cell, 'x']),
  ]);

describe('cells', () => {
  const advice = (values: string) =>
    `if they are missing values, use --missing-values ${values}; if the column holds categories, use --types b=category; to leave it out, use --drop b`;
  const ONE = advice('two').replace('they are missing values', 'it is a missing value');
  it.each<[string, readonly string[], string]>([
    ['a text among numbers', ['two'], `1 column 2 (b): 1 of 31 cells is not a number (row 32: two); ${ONE}`],
    [
      'texts among numbers, of which three are shown',
      ['-', '7', 'x', '-', 'y'],
      `1 column 2 (b): 4 of 35 cells are not numbers (row 32: -; row 34: x; row 35: -; …); ${advice('-,x')}`,
    ],
    [
      'missing cells are no others',
      ['', 'NA', 'n/a', 'NaN', 'null', 'None', '?', '-'],
      `1 column 2 (b): 1 of 38 cells is not a number (row 39: -); ${ONE.replace('two', '-')}`,
    ],
    [
      'not decimal',
      ['0x10'],
      `1 column 2 (b): 1 of 31 cells is not a number (row 32: 0x10); ${ONE.replace('two', '0x10')}`,
    ],
    [
      'not finite',
      ['-Inf'],
      `1 column 2 (b): 1 of 31 cells is not a number (row 32: -Inf, not finite); ${ONE.replace('two', '-Inf')}`,
    ],
    ['too large', ['1e39'], '1 row 32, column 2 (b): 1e+39, too large for float32 (maximum 3.4e38); expected a number'],
    [
      'texts that are no list',
      ['1,5'],
      `1 column 2 (b): 1 of 31 cells is not a number (row 32: 1,5); write numbers as 1234.5; ${ONE.replace('two', '<text>,…')}`,
    ],
  ])('%s', async (_, cells, expected) => {
    expect(await refusal(withCells(...cells))).toBe(expected);
  });

  it('in a column that is said to be numbers or dates', async () => {
    const refused = async (types: readonly string[]) => {
      const file = folder.write('table', 'a,b,kind\n1,u,x\n2,v,y\n2026-02-30,5,y');
      return (await refusalOf(() => readTable(file, { label: 'kind', types }))).message.replace(`${file}: `, '');
    };
    expect(await refused(['a=category', 'b=number'])).toBe(
      'column 2 (b): 2 of 3 cells are not numbers (row 2: u; row 3: v); expected numbers',
    );
    expect(await refused(['b=category', 'a=number'])).toBe('row 4, column 1 (a): 2026-02-30; expected a number');
    expect(await refused(['b=category', 'a=date'])).toBe(
      'column 1 (a): 3 of 3 cells are not dates (row 2: 1; row 3: 2; row 4: 2026-02-30); expected dates',
    );
  });

  it('without a header, columns have numbers', async () => {
    const rows = withCells('z').split('\n').slice(1).join('\n');
    expect(await refusal(rows, '3')).toContain('1 column 2: 1 of 31 cells is not a number (row 31: z); ');
    expect(await refusal(rows, '3')).toContain('use --types 2=category');
  });

  it('labels that are missing', async () => {
    expect(await refusal('a,b,kind\n1,2,x\n1,3, ')).toBe(
      '1 column 3 (kind) holds only one class, x; expected at least two',
    );
    expect(await refusal('a,b,kind\n1,2,\n1,3,NA')).toBe(
      '1 column 3 (kind): the label is missing in every row; choose another --label',
    );
  });

  it('behind cells of several lines and blank lines, the row is where an editor shows it', async () => {
    const text = 'a,b,kind\r\n1,2,"x\r\ny\r\n"\r\n\r\n1,2,"x\ny"\r\n1,1e40,z\r\n';
    expect(await refusal(text)).toContain('1 row 8, column 2 (b): 1e+40, too large');
  });
});

describe('rows', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['too short', 'a,b,kind\n1,2,x\n1,y\n', '1 row 3: 2 columns; expected 3, as in the first row'],
    ['too long', 'a,b,kind\n1,2,x\n1,2,y,\n', '1 row 3: 4 columns; expected 3, as in the first row'],
    ['an array that is too short', '[1,2,"x"]\n[1,2]', '1 row 2: 2 columns; expected 3, as in the first row'],
    [
      'an array among objects',
      '{"a":1,"kind":"x"}\n[1,"y"]',
      '1 row 2: an array; expected an object, as in the first row',
    ],
    ['no JSON', '{"a":1,"kind":"x"}\n{"a":1,', '1 row 2: invalid JSON ('],
    ['JSON of a value that is no row', '[\n  {"a":1},2\n]', '1 row 2: invalid JSON ('],
    ['a quote that is not closed', 'a,b,kind\n1,2,x\n1,2,"y\n1,2,z\n', '1 row 3: an unclosed quote ("); '],
    ['a quote that ends too early', 'a,b,kind\n1,2,x\n1,2,"y"z\n', '1 row 3: text after a closing quote; '],
    [
      'no UTF-8',
      Buffer.concat([Buffer.from('a,b,kind\r\n1,2,x\r\n1,2,'), Buffer.from([0xe9, 0x0a])]),
      '1 row 3: invalid UTF-8 or UTF-16; ',
    ],
    [
      'half a character at the end',
      Buffer.concat([Buffer.from('a,b,kind\n1,2,'), Buffer.from([0xc3])]),
      '1 row 2: invalid UTF-8 or UTF-16; ',
    ],
    [
      'no UTF-8 in JSON',
      Buffer.concat([Buffer.from('{"a":1,"kind":"x"}\n{"a":2,"kind":"'), Buffer.from([0xff])]),
      '1 row 2: invalid UTF-8 or UTF-16; ',
    ],
    ['UTF-16 that does not say so', Buffer.from('a,kind\n1,x', 'utf16le'), '1 not a table (it contains null bytes); '],
  ])('%s', async (_, text, expected) => {
    expect((await refusal(text)).slice(0, expected.length)).toBe(expected);
  });

  it('found row by row: those before do not matter, nor in which chunk they come', async () => {
    const rows = csvOf(Array.from({ length: 40_000 }, (_, i) => [i, i % 3 === 0 ? 'é' : 'z']));
    expect(await refusal(`${rows}x,y\n`, '2', 'no')).toContain(
      '1 column 1: 1 of 40,001 cells is not a number (row 40001: x)',
    );
    const bad = Buffer.concat([Buffer.from(rows), Buffer.from([0xc3, 0x28])]);
    expect(await refusal(bad, '2', 'no')).toContain('1 row 40001: invalid UTF-8');
  });
});

describe('tables', () => {
  it.each<[string, string | Uint8Array, string | undefined, Header, string]>([
    ['empty', '', 'kind', 'auto', '1 empty; expected rows of numbers and a class'],
    ['blank', ' \n\n', 'kind', 'auto', '1 empty; expected rows of numbers and a class'],
    ['an empty gzip', gzipSync(''), 'kind', 'auto', '1 empty; expected rows of numbers and a class'],
    ['a header only', 'a,b,kind\n', 'kind', 'auto', '1 a header but no rows; expected rows of numbers and a class'],
    ['a row that is taken for a header', '1,2,x\n', '3', 'yes', '1 a header but no rows; expected rows'],
    ['one column', 'kind\nx\ny\n', 'kind', 'auto', '1 the first row has one column; '],
    [
      'one class',
      'a,kind\n1,x\n2,x\n',
      'kind',
      'auto',
      '1 column 2 (kind) holds only one class, x; expected at least two',
    ],
    ['columns of one name', 'a,b,a,kind\n', 'kind', 'auto', '1 columns 1 and 3 have the same name, a; '],
    [
      'no label',
      'a,b,kind\n1,2,x',
      undefined,
      'auto',
      '2 requires --label, the name or number of the class column, or --target, the columns of regression targets; its columns are 1 a, 2 b, 3 kind',
    ],
    [
      'a label that is not there',
      'a,b,kind\n1,2,x',
      'sort',
      'auto',
      '2 --label sort: T has no such column; its columns are 1 a, 2 b, 3 kind',
    ],
    [
      'a number that is none',
      'a,b,kind\n1,2,x',
      '4',
      'auto',
      '2 --label 4: T has no such column; its columns are 1 a, 2 b, 3 kind',
    ],
    [
      'a label by name without names',
      '1,2,x',
      'kind',
      'no',
      '2 --label kind: T has no such column; its columns are 1 to 3, without names',
    ],
    ['objects without names', '{"a":1,"kind":"x"}', 'kind', 'no', '2 --header no: the rows of T are objects'],
    [
      'truncated gzip',
      gzipSync('a,kind\n1,x\n2,y\n').subarray(0, 30),
      'kind',
      'auto',
      '1 invalid gzip data (unexpected end of file); ',
    ],
    [
      'more behind gzip',
      Buffer.concat([gzipSync('a,kind\n1,x\n2,y\n'), Buffer.from('more')]),
      'kind',
      'auto',
      '1 invalid gzip data (',
    ],
  ])('%s', async (_, text, label, header, expected) => {
    expect((await refusalOfTable(text, label, header)).slice(0, expected.length)).toBe(expected);
  });

  const refusalOfTable = async (text: string | Uint8Array, label: string | undefined, header: Header) => {
    const file = folder.write('table', text);
    const { message, status } = await refusalOf(() => readTable(file, { label, header }));
    return `${status} ${message.replace(`${file}: `, '').replace(file, 'T')}`;
  };

  it('many columns are not all listed', async () => {
    const header = Array.from({ length: 30 }, (_, i) => `c${i}`);
    expect(await refusal(csvOf([header]), 'kind')).toContain('1 c0, 2 c1, ');
    expect(await refusal(csvOf([header]), 'kind')).toContain(', 20 c19, … 30 c29');
  });

  it('more classes than classes can be', async () => {
    const rows = csvOf(Array.from({ length: 65_537 }, (_, i) => [1, i]));
    expect(await refusal(rows, '2')).toMatch(/^1 column 2 holds more than 65,536 classes; it may be a numeric target/);
  });

  it('a file that is not there, and one that cannot be read', async () => {
    const { message } = await refusalOf(() => readTable(`${folder.path}/none.csv`, { label: 'kind' }));
    expect(message).toContain('none.csv: cannot be read (ENOENT');
    const ofFolder = await refusalOf(() => readTable(folder.path, { label: 'kind' }));
    expect(ofFolder.message).toBe(
      `${folder.path}: cannot be read (EISDIR: illegal operation on a directory, read); check the path and its permissions`,
    );
  });

  it('for a network that knows other columns or classes', async () => {
    const { facts } = await readTable(folder.write('own', 'a,b,kind\n1,2,x\n3,4,y'), { label: 'kind' });
    const like = async (text: string) => {
      const file = folder.write('other', text);
      const { message } = await refusalOf(() => readTableLike(file, facts, undefined, 'auto'));
      return message.replace(`${file}: `, '').replace(file, 'T');
    };
    expect(await like('a,c,kind\n1,2,x')).toBe(
      'no column b, which the training table has; its columns are 1 a, 2 c, 3 kind',
    );
    expect(await like('a,b,sort\n1,2,x')).toContain('--label kind: T has no such column');
    expect(await like('1,2,3,x')).toBe('4 columns; expected 3, as in the training table');
    expect(await like('a,b,kind\n1,2,x\n1,2,z')).toBe(
      'row 3, column 3 (kind): z; expected a class of the training table: x, y',
    );
  });
});

describe('a line of two gigabytes', () => {
  /** Counts what is taken of it. */
  async function* endless(text: string, taken: { bytes: number }) {
    const chunk = Buffer.from(text.repeat(1 << 16));
    for (;;) {
      taken.bytes += chunk.length;
      if (taken.bytes > 2 ** 31) return;
      yield chunk;
    }
  }
  const most = MOST_ROW_BYTES + 4 * (1 << 18);

  it('of commas is refused after 16 MiB', async () => {
    const taken = { bytes: 0 };
    const { message } = await refusalOf(() => readRawTableFrom('T', endless(',', taken)));
    expect(message).toBe(
      'T: row 1: longer than 16,777,216 bytes; expected one row per line (check for an unclosed quote)',
    );
    expect(taken.bytes).toBeLessThan(most);
  });

  it('of gzipped zeros and a few bytes is, too', async () => {
    const taken = { bytes: 0 };
    async function* once() {
      yield gzipSync(Buffer.alloc(1 << 25, '1'));
    }
    async function* unzipped() {
      for await (const chunk of unzippedIfZipped('T', once())) {
        taken.bytes += chunk.length;
        yield chunk;
      }
    }
    const { message } = await refusalOf(() => readRawTableFrom('T', unzipped()));
    expect(message).toContain('row 1: longer than');
    expect(taken.bytes).toBeLessThan(most);
  });

  it('of JSON is refused, although its end is looked for', async () => {
    async function* large() {
      yield Buffer.from('["');
      for (let i = 0; i < 40; i++) yield Buffer.alloc(1 << 19, 'x');
      yield Buffer.from('\n');
    }
    const { message } = await refusalOf(() => readRawTableFrom('T', large()));
    expect(message).toContain('T: row 1: longer than 16,777,216 bytes');
  });
});
