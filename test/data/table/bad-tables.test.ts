/** Tables that cannot be used: each is refused with the row and the column, and in bounded memory. */
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { unzippedIfZipped } from '../../../src/data/table/bytes.js';
import type { Header } from '../../../src/data/table/columns.js';
import { ndjsonRows } from '../../../src/data/table/ndjson.js';
import { readTable, readTableLike } from '../../../src/data/table/read-table.js';
import { checkedText, MOST_ROW_BYTES } from '../../../src/data/table/text.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { refusalOf } from '../../support/refusals.js';
import { csvOf } from '../../support/tables.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** Without the file's name. */
async function refusal(text: string | Uint8Array, label: string | undefined = 'kind', header: Header = 'auto') {
  const file = folder.write('table', text);
  const { message, status } = await refusalOf(() => readTable(file, label, header));
  return `${status} ${message.replace(`${file}: `, '').replace(file, 'T')}`;
}

describe('cells', () => {
  const COLUMN = 'row 3, column 2 (b)';
  it.each<[string, string, string]>([
    ['missing', 'a,b,kind\n1,2,x\n1,,y', `1 ${COLUMN}: missing; expected a number`],
    ['blank', 'a,b,kind\n1,2,x\n1,"  ",y', `1 ${COLUMN}: missing; expected a number`],
    ['missing in words', 'a,b,kind\n1,2,x\n1,N/A,y', `1 ${COLUMN}: missing (N/A); expected a number`],
    ['text', 'a,b,kind\n1,2,x\n1,two,y', `1 ${COLUMN}: text two; expected a number`],
    ['not decimal', 'a,b,kind\n1,2,x\n1,0x10,y', `1 ${COLUMN}: text 0x10; expected a number`],
    ['a decimal comma', 'a;b;kind\n1;2;x\n1;2,5;y', `1 ${COLUMN}: text 2,5; expected a number`],
    ['not finite', 'a,b,kind\n1,2,x\n1,-Inf,y', `1 ${COLUMN}: -Inf, which is not finite; expected a number`],
    [
      'too large',
      'a,b,kind\n1,2,x\n1,1e39,y',
      `1 ${COLUMN}: too large for float32 (maximum 3.4e38); expected a number`,
    ],
    [
      'too large for JSON',
      '{"a":1,"b":1,"kind":"x"}\n\n{"a":1,"b":1e999,"kind":"y"}',
      `1 ${COLUMN}: Infinity, which is not finite; expected a number`,
    ],
    ['null', '{"a":1,"b":1,"kind":"x"}\n\n{"a":1,"b":null,"kind":"y"}', `1 ${COLUMN}: missing; expected a number`],
    [
      'a list',
      '{"a":1,"b":1,"kind":"x"}\n\n{"a":1,"b":[2],"kind":"y"}',
      `1 ${COLUMN}: not a number (2); expected a number`,
    ],
    ['no class', 'a,b,kind\n1,2,x\n1,3, ', '1 row 3, column 3 (kind): missing; expected a class'],
    ['no class in JSON', '{"a":1,"kind":"x"}\n{"a":1,"kind":{}}', '1 row 2, column 2 (kind): {}; expected a class'],
  ])('%s', async (_, text, expected) => {
    expect(await refusal(text)).toBe(expected);
  });

  it('without a header, columns have numbers', async () => {
    expect(await refusal('1,x\nz,y', '2')).toBe('1 row 2, column 1: text z; expected a number');
  });

  it('behind cells of several lines and blank lines, the row is where an editor shows it', async () => {
    const text = 'a,b,kind\r\n1,2,"x\r\ny\r\n"\r\n\r\n1,2,"x\ny"\r\n1,?,z\r\n';
    expect(await refusal(text)).toBe('1 row 8, column 2 (b): missing (?); expected a number');
  });
});

describe('rows', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['too short', 'a,b,kind\n1,2,x\n1,y\n', '1 row 3: 2 columns; expected 3, as in the first row'],
    ['too long', 'a,b,kind\n1,2,x\n1,2,y,\n', '1 row 3: 4 columns; expected 3, as in the first row'],
    [
      'an array that is too short',
      '[1,2,"x"]\n[1,2]',
      '2 --label kind: T has no such column; its columns are 1 to 3, without names (if the first row holds column names, add --header yes)',
    ],
    [
      'another field',
      '{"a":1,"kind":"x"}\n{"a":1,"kind":"y","c":5}',
      '1 row 2: unexpected field c; expected only the fields of the first row',
    ],
    ['a field less', '{"a":1,"kind":"x"}\n{"kind":"y"}', '1 row 2, column 1 (a): missing; expected a number'],
    [
      'an array among objects',
      '{"a":1,"kind":"x"}\n[1,"y"]',
      "1 row 2: [ 1, 'y' ]; expected an object, as in the first row",
    ],
    ['no JSON', '{"a":1,"kind":"x"}\n{"a":1,', '1 row 2: invalid JSON ('],
    ['JSON over several lines', '[\n  {"a":1}\n]', '1 row 1: invalid JSON ('],
    ['a quote that is not closed', 'a,b,kind\n1,2,x\n1,2,"y\n1,2,z\n', '1 row 3: an unclosed quote ("); '],
    ['a quote within', 'a,b,kind\n1,2,x\n1,2"5,y\n', '1 row 3: a quote (") inside an unquoted cell; '],
    ['a quote that ends too early', 'a,b,kind\n1,2,x\n1,2,"y"z\n', '1 row 3: text after a closing quote; '],
    [
      'no UTF-8',
      Buffer.concat([Buffer.from('a,b,kind\r\n1,2,x\r\n1,2,'), Buffer.from([0xe9, 0x0a])]),
      '1 row 3: invalid UTF-8; ',
    ],
    [
      'half a character at the end',
      Buffer.concat([Buffer.from('a,b,kind\n1,2,'), Buffer.from([0xc3])]),
      '1 row 2: invalid UTF-8; ',
    ],
    [
      'no UTF-8 in JSON',
      Buffer.concat([Buffer.from('{"a":1,"kind":"x"}\n{"a":2,"kind":"'), Buffer.from([0xff])]),
      '1 row 2: invalid UTF-8; ',
    ],
    ['UTF-16', Buffer.from('\ufeffa,kind\n1,x', 'utf16le'), '1 not a table (it contains null bytes); '],
  ])('%s', async (_, text, expected) => {
    expect((await refusal(text)).slice(0, expected.length)).toBe(expected);
  });

  it('found row by row: those before do not matter, nor in which chunk they come', async () => {
    const rows = csvOf(Array.from({ length: 40_000 }, (_, i) => [i, i % 3 === 0 ? 'é' : 'z']));
    expect(await refusal(`${rows}x,y\n`, '2', 'no')).toBe('1 row 40001, column 1: text x; expected a number');
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
      '2 requires --label, the name or number of the class column, or --target, the columns of numbers to estimate; its columns are 1 a, 2 b, 3 kind',
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
    const { message, status } = await refusalOf(() => readTable(file, label, header));
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
    const { message } = await refusalOf(() => readTable(`${folder.path}/none.csv`, 'kind', 'auto'));
    expect(message).toContain('none.csv: cannot be read (ENOENT');
    const ofFolder = await refusalOf(() => readTable(folder.path, 'kind', 'auto'));
    expect(ofFolder.message).toBe(
      `${folder.path}: cannot be read (EISDIR: illegal operation on a directory, read); check the path and its permissions`,
    );
  });

  it('for a network that knows other columns or classes', async () => {
    const { facts } = await readTable(folder.write('own', 'a,b,kind\n1,2,x\n3,4,y'), 'kind', 'auto');
    const like = async (text: string) => {
      const file = folder.write('other', text);
      const { message } = await refusalOf(() => readTableLike(file, facts, 2, undefined, 'auto'));
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
    const { message } = await refusalOf(async () => {
      for await (const _ of checkedText('T', endless(',', taken)));
    });
    expect(message).toBe('T: row 1: longer than 16,777,216 bytes; expected one row per line');
    expect(taken.bytes).toBeLessThan(most);
  });

  it('of gzipped zeros and a few bytes is, too', async () => {
    const taken = { bytes: 0 };
    async function* once() {
      yield gzipSync(Buffer.alloc(1 << 25, '1'));
    }
    const { message } = await refusalOf(async () => {
      for await (const chunk of checkedText('T', unzippedIfZipped('T', once()))) taken.bytes += chunk.length;
    });
    expect(message).toContain('row 1: longer than');
    expect(taken.bytes).toBeLessThan(most);
  });

  it('of JSON is refused, although its end is looked for', async () => {
    async function* large() {
      for (let i = 0; i < 40; i++) yield Buffer.alloc(1 << 19, '[');
      yield Buffer.from('\n');
    }
    const { message } = await refusalOf(async () => {
      for await (const _ of ndjsonRows('T', large()));
    });
    expect(message).toContain('T: row 1: longer than 16,777,216 bytes');
  });
});
