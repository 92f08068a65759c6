/** What the reader finds in a table: format, delimiter, header, cells. */
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it, vi } from 'vitest';
import {
  type ReadOptions,
  type ReadTable,
  readRawTable,
  readRawTableFrom,
} from '../../../src/data/table/read-raw-table.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { refusalOf } from '../../support/refusals.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

function read(text: string | Uint8Array, options: ReadOptions = {}): Promise<ReadTable> {
  return readRawTableFrom('T', inPieces(Buffer.from(text as string), 7), options);
}

/** A number, its text, or both. */
function rowsOf(table: ReadTable): unknown[][] {
  return Array.from({ length: table.count }, (_, row) =>
    table.columns.map(({ numbers, codes, texts }) => {
      const text = codes[row] === 0 ? undefined : texts.at(codes[row]! - 1);
      if (text === undefined) return numbers[row];
      return Number.isNaN(numbers[row]) ? text : [numbers[row], text];
    }),
  );
}

async function readable(text: string | Uint8Array, options: ReadOptions = {}) {
  const table = await read(text, options);
  return { header: table.hasHeader ? table.names : undefined, rows: rowsOf(table) };
}

async function refusal(text: string | Uint8Array, options: ReadOptions = {}): Promise<string> {
  const { message, status } = await refusalOf(() => read(text, options));
  return `${status} ${message.replace('T: ', '')}`;
}

describe('the delimiter', () => {
  it.each<[string, string, string | undefined, unknown[][]]>([
    ['commas', 'a,b\n1,x\n', ',', [[1, 'x']]],
    [
      'semicolons, and decimal commas',
      'a;b;c\n1,5;2;x\n-,5;3,25e1;y\n',
      ';',
      [
        [1.5, 2, 'x'],
        [-0.5, 32.5, 'y'],
      ],
    ],
    [
      'semicolons without a header',
      '1,5;2,5;x\n1,5;2,5;y\n',
      ';',
      [
        [1.5, 2.5, 'x'],
        [1.5, 2.5, 'y'],
      ],
    ],
    [
      'commas around lists',
      'Action;Drama,3,x\nComedy;War,4,y\n',
      ',',
      [
        ['Action;Drama', 3, 'x'],
        ['Comedy;War', 4, 'y'],
      ],
    ],
    [
      'tabs',
      'a\tb\n1 2\t\n\tx',
      '\t',
      [
        ['1 2', ''],
        ['', 'x'],
      ],
    ],
    [
      'pipes, beside commas in texts',
      'name|n\nDoe, J.|1\nRoe|2\n',
      '|',
      [
        ['Doe, J.', 1],
        ['Roe', 2],
      ],
    ],
    [
      'blanks',
      ' 1  2\tx \n 3 4 y\n',
      ' ',
      [
        [1, 2, 'x'],
        [3, 4, 'y'],
      ],
    ],
    [
      'commas, though the header has a semicolon',
      'h (cm; m),w\n1,2\n3,4\n',
      ',',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      'commas, where the rows are ragged in texts only',
      'a,b\n"x;y",1\nz;z;z,2\n',
      ',',
      [
        ['x;y', 1],
        ['z;z;z', 2],
      ],
    ],
    ['what a first line says', 'sep=|\r\na|b,c\r\n1|2,5\r\n', '|', [[1, '2,5']]],
    ['one column', 'a\n1\n2\n', ',', [[1], [2]]],
  ])('%s', async (_, text, delimiter, rows) => {
    const table = await read(text);
    expect(table.delimiter).toBe(delimiter);
    expect(rowsOf(table)).toEqual(rows);
  });

  it('is another if the caller says so', async () => {
    expect(await readable('a,b;c\n1,2;3\n', { delimiter: 'semicolon' })).toEqual({
      header: ['a,b', 'c'],
      rows: [[1.2, 3]],
    });
    expect(await readable('a:b\n1:2\n', { delimiter: ':' })).toEqual({ header: ['a', 'b'], rows: [[1, 2]] });
    expect(await refusal('a,b\n', { delimiter: 'x' })).toMatch(/^2 --delimiter x: expected a character/);
    expect(await refusal('[{"a":1}]', { delimiter: ';' })).toBe(
      '2 --delimiter: only for CSV, and T is JSON; omit this option',
    );
  });

  it('a column with decimal commas and decimal points is ambiguous', async () => {
    expect(await refusal('n;y\n1.234;x\n2,5;y\n')).toMatch(/^1 column 1 \(n\): some numbers have a decimal comma/);
    expect(rowsOf(await read('d;n;y\n1.2.2020;2,5;x\n1.3.2020;3,5;x\n'))[0]).toEqual(['1.2.2020', 2.5, 'x']);
  });
});

describe('the header', () => {
  it.each<[string, string, readonly string[] | undefined]>([
    ['names above numbers', 'a,b\n1,2\n', ['a', 'b']],
    ['names above texts that are others', 'size,color\nbig,red\nsmall,red\n', ['size', 'color']],
    ['texts that occur again are data', 'p,x,s\ne,x,s\np,b,y\n', undefined],
    ['nor does one number among them make them names', 'p,x,s\ne,x,s\np,5,y\ne,x,y\n', undefined],
    ['numbers beside one odd cell are data', '5,-,1,x\n3,4,2,z\n5,6,3,x\n', undefined],
    ['a row without numbers that lacks all of its cells is data', '-,?,x\n3,4,x\n5,6,z\n', undefined],
    ['0, 1, 2', '0,1,2\n0.5,1.5,7\n', ['0', '1', '2']],
    ['0, 1 behind row names', ',0,1\n0,0.5,7\n1,0.2,8', ['', '0', '1']],
    ['0, 1 where they occur again are data', '0,1\n1,0\n', undefined],
    ['0, 1 where they do not', '0,1\n0.5,7\n0.1,8\n', ['0', '1']],
    ['years', 'country,1990,1991,1992\nMali,1,2,3\n', ['country', '1990', '1991', '1992']],
    ['two years are too few', 'Mali,1990,1991\nTogo,1,2\n', undefined],
    ['a number as a name, above texts', 'a,b,1\n1,2,x\n1,2,y\n', ['a', 'b', '1']],
    ['a number above texts, and no name above numbers', 'x,1\ny,z\n', undefined],
    ['a date above texts', 'a,2026-01-05\n1,x\n', undefined],
    ['dates are data', '2026-01-05,x\n2026-01-06,z\n', undefined],
    ['names with digits', '1stFlr,b2\n3,4\n', ['1stFlr', 'b2']],
    ['names above missing cells', 'a,b\nNA,\n', ['a', 'b']],
    ['true and false are data', 'true,x\nfalse,x\n', undefined],
    ['one column less than the rows: row names, as R writes them', 'a b\nr1 1 x\nr2 2 y\n', ['', 'a', 'b']],
    ['arrays of JSON', '["a","b"]\n[1,"x"]\n', ['a', 'b']],
    ['arrays of JSON without names', '[[1,"x"],[2,"y"]]', undefined],
  ])('%s', async (_, text, names) => {
    expect((await readable(text)).header).toEqual(names);
  });

  it('is found by a name that the caller knows, or as the caller says', async () => {
    const text = 'x,1990\nz,1\nx,2\n';
    expect((await readable(text)).header).toBeUndefined();
    expect((await readable(text, { label: 'x' })).header).toEqual(['x', '1990']);
    expect((await readable(text, { label: '1990', names: ['q'] })).header).toBeUndefined();
    expect((await readable(text, { header: 'yes' })).header).toEqual(['x', '1990']);
    expect((await readable('a,b\n1,2\n', { header: 'no' })).rows).toEqual([
      ['a', 'b'],
      [1, 2],
    ]);
    expect(await refusal('{"a":1}', { header: 'no' })).toMatch(/^2 --header no: the rows of T are objects/);
  });

  it('without one, the first row is a row like the others', async () => {
    const table = await read('\n\n007,a\n1,b\n\n2,a\n', { header: 'no' });
    expect(rowsOf(table)).toEqual([
      [[7, '007'], 'a'],
      [1, 'b'],
      [2, 'a'],
    ]);
    expect([0, 1, 2].map((row) => table.lineOf(row))).toEqual([3, 4, 6]);
    expect(table.names).toEqual(['1', '2']);
  });

  it('has no name twice, but may have several unnamed columns', async () => {
    expect(await refusal('a,b,a\n1,2,3\n')).toBe('1 columns 1 and 3 have the same name, a; rename one of them');
    expect((await readable(',a,\n1,2,\n')).header).toEqual(['', 'a', '']);
  });

  it('alone has no rows', async () => {
    expect(await readable('a,b\n')).toEqual({ header: ['a', 'b'], rows: [] });
  });
});

describe('cells of CSV', () => {
  it.each<[string, string, unknown[][]]>([
    [
      'blanks around quotes',
      'a,b\n1, "x"\n2 ,\t"z" \n',
      [
        [1, 'x'],
        [2, 'z'],
      ],
    ],
    ['quotes, delimiters and line breaks within quotes', 'a,b\n"x, ""y""","1\r\n2"\n', [['x, "y"', '1\r\n2']]],
    ['numbers within quotes', 'a,b\n"1.5"," 2 "\n', [[1.5, 2]]],
    [
      'a quote within a cell that has none around it',
      'a,b\n6\'2",1\n5" x,2\n',
      [
        ['6\'2"', 1],
        ['5" x', 2],
      ],
    ],
    [
      'carriage returns',
      'a,b\r1,2\r\r3,4',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      'CRLF',
      'a,b\r\n1,2\r\n\r\n3,4\r\n',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      'integers beyond 2^53, and codes',
      'a,b\n9007199254740993,01\n-9007199254740991,0\n',
      [
        [
          [9007199254740992, '9007199254740993'],
          [1, '01'],
        ],
        [-9007199254740991, 0],
      ],
    ],
    [
      'too large, and almost numbers',
      'a,b\n1e400,1e\n1-2,+\n',
      [
        ['1e400', '1e'],
        ['1-2', '+'],
      ],
    ],
    ['an empty cell in quotes is a row', 'a\n""\n\n1\n', [[''], [1]]],
    ['names of objects', 'a\n__proto__\nconstructor\n', [['__proto__'], ['constructor']]],
  ])('%s', async (_, text, rows) => {
    expect((await readable(text, { header: 'yes' })).rows).toEqual(rows);
  });

  it('comments are lines, where they are asked for', async () => {
    const text = '# "a comment\n a,b \n#\n1,#2\n  # x\n';
    expect((await readable(text, { comment: '#' })).rows).toEqual([[1, '#2']]);
    expect((await readable('#,b\n1,2\n')).header).toEqual(['#', 'b']);
  });
});

describe('JSON', () => {
  const rows = [
    [1, 'true', 'u'],
    ['', 'false', 'v'],
    [0.25, '', 'u'],
  ];
  it.each<[string, string, 'json' | 'ndjson']>([
    [
      'a document',
      '\ufeff[\n {"a": 1, "b": true, "y": "u"},\r\n {"b": false, "a": null, "y": " v "}, {"y":"u","a":25e-2}\n]\n',
      'json',
    ],
    ['lines', '{"a":1,"b":true,"y":"u"}\n\n{"b":false,"y":"v"}\n{"y":"\\u0075","\\u0061":"0.25"}', 'ndjson'],
    [
      'objects over several lines',
      '{\n"a":1,"b":true,"y":"u"}\n{"y":"v",\n"b":false}\n{"a":0.25,\n"y":"u"\n}\n',
      'ndjson',
    ],
    ['lines of arrays', '[1,true,"u"]\n[null,false,"v"]\n["0.25",null,"u"]\n', 'ndjson'],
    ['a document of arrays', '[["a","b","y"],[1,true,"u"],["",false,"v"],[0.25,"","u"]]', 'json'],
  ])('%s', async (_, text, format) => {
    const table = await read(text);
    expect(table.format).toBe(format);
    expect(rowsOf(table)).toEqual(rows);
  });

  it('fields that come later are columns, too', async () => {
    const { header, rows } = await readable('{"a":1}\n{}\n{"c":2,"b":"x","a":3}\n{"b":"y"}\n');
    expect(header).toEqual(['a', 'c', 'b']);
    expect(rows).toEqual([
      [1, '', ''],
      ['', '', ''],
      [3, 2, 'x'],
      ['', '', 'y'],
    ]);
  });

  it('of a field that occurs twice, the last one counts', async () => {
    expect((await readable('{"a":"x","a":1,"b":2}\n{"a":1,"a":"x"}\n')).rows).toEqual([
      [1, 2],
      ['x', ''],
    ]);
  });

  it('integers keep their digits, in numbers and in texts', async () => {
    const { rows } = await readable('{"y":9007199254740993}\n{"y":"9007199254740993"}\n{"y":9007199254740992.0}\n');
    const both = [9007199254740992, '9007199254740993'];
    expect(rows).toEqual([[both], [both], [9007199254740992]]);
  });

  it('what Python writes for numbers that are not finite is a text', async () => {
    expect((await readable('[{"a": NaN}, {"a": Infinity}, {"a": -Infinity}, {"a": -1}]')).rows).toEqual([
      ['NaN'],
      ['Infinity'],
      ['-Infinity'],
      [-1],
    ]);
  });

  it.each<[string, string, string]>([
    [
      'two on a line',
      '{"a":1}\n{"a":2} {"a":3}\n',
      '1 row 2: invalid JSON (text after a row; expected one object or array per line)',
    ],
    ['a comma after a line', '{"a":1},\n{"a":2}', '1 row 1: invalid JSON (text after a row; '],
    ['an end that is missing', '{"a":1}\n{"a":2', '1 row 2: invalid JSON (the file ends within the row)'],
    ['an array that is missing its end', '[{"a":1},{"a":2}', '1 row 3: invalid JSON (the file ends within the array)'],
    ['a comma too many', '[{"a":1},]', '1 row 2: invalid JSON (]; expected an object or an array)'],
    ['an array among objects', '{"a":1}\n[1]\n', '1 row 2: an array; expected an object, as in the first row'],
    [
      'a value within a cell',
      '{"a":1}\n{"a":[1]}\n',
      '1 row 2: an array in a cell; expected a text, a number, true, false or null',
    ],
    ['a number of CSV', '{"a":01}\n', '1 row 1: invalid JSON (01}; expected a number of JSON)'],
    ['a word', '{"a":yes}\n', '1 row 1: invalid JSON (yes}; expected a value)'],
    ['no row', '[[1],2]', '1 row 2: invalid JSON (2]; expected an object or an array)'],
    ['an escape', '{"a":"\\x"}', '1 row 1: invalid JSON ('],
    [
      'a line break in a text',
      '{"a":"x\ny"}',
      '1 row 1: invalid JSON (a line break or another control character in a string',
    ],
    ['ragged arrays', '[1,2]\n[1]\n', '1 row 2: 1 column; expected 2, as in the first row'],
    ['nothing', '[]', '1 empty; '],
    ['objects without fields', '{}\n{}\n', '1 empty; '],
  ])('refused: %s', async (_, text, expected) => {
    expect((await refusal(text)).slice(0, expected.length)).toBe(expected);
  });

  it('many fields that are mostly absent are refused before they fill the memory', async () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `{"f${i}":1}`).join('\n');
    const { message } = await refusalOf(() => readRawTableFrom('T', inPieces(Buffer.from(text), 1 << 16)));
    expect(message).toMatch(/^T: row [\d,]+: with [\d,]+ numbers per row, the table exceeds the available memory/);
  });
});

describe('refused', () => {
  it.each<[string, string | Uint8Array, string]>([
    [
      'ragged rows, all counted',
      'a,b\n1\n1,2\n1,2,3\n1\n\n1,2,3,4\n',
      '1 row 2: 1 column; expected 2, as in the first row; 4 such rows: also row 4 (3), row 5 (1), …; quote cells',
    ],
    ['a quote that is not closed', 'a,b\n1,2\n1,"x\n\n1,2\n', '1 row 3: an unclosed quote ("); close it'],
    ['in the first row', 'a,"b\n1,2\n', '1 row 1: an unclosed quote ("); close it'],
    ['text after a quote', 'a,b\n1,"x"y\n', '1 row 2: text after a closing quote; '],
    ['text after a quote in the first row', '"a"b,c\n1,2\n', '1 row 1: text after a closing quote; '],
    [
      'two fields that differ by a blank',
      '{"a":1,"b":2}\n{"a":1," a":2}',
      '1 row 2: two fields whose names differ only in',
    ],
    [
      'two new fields that do',
      '{"a":1}\n{"a":1,"b":1,"b\\t":2}',
      '1 row 2: two fields whose names differ only in white',
    ],
    ['no UTF-8', Buffer.from('a,b\r\n1,2\r\n\xe9,3\n', 'latin1'), '1 row 3: invalid UTF-8 or UTF-16; '],
    ['no UTF-8 in the header', Buffer.from('a,\xe9\n1,2\n', 'latin1'), '1 row 1: invalid UTF-8 or UTF-16; '],
    [
      'half a character at the end',
      Buffer.concat([Buffer.from('a,b\n1,2\n1,'), Buffer.from([0xc3])]),
      '1 row 3: invalid UTF-8 or UTF-16; ',
    ],
    [
      'half a code unit of UTF-16',
      Buffer.from('\ufeffa,b\n1,2\n3,4', 'utf16le').subarray(0, -1),
      '1 row 3: invalid UTF-8 or ',
    ],
    [
      'half a pair of UTF-16',
      Buffer.from('\ufeffa,b\n1,\ud800\n3,4\n', 'utf16le'),
      '1 row 2: invalid UTF-8 or UTF-16; ',
    ],
    ['zeros', 'a,b\n1,\0\n', '1 not a table (it contains null bytes)'],
    ['UTF-16 that does not say so', Buffer.from('a,b\n1,2\n', 'utf16le'), '1 not a table (it contains null bytes)'],
    ['nothing', '', '1 empty; '],
    ['blanks', ' \n\r\n\t', '1 empty; '],
  ])('%s', async (_, text, expected) => {
    expect((await refusal(text)).slice(0, expected.length)).toBe(expected);
  });

  it('only comments', async () => {
    expect(await refusal('# a\n#b\n', { comment: '#' })).toMatch(/^1 empty; /);
  });

  it('a row of 16 MB, and a quote that is not closed for so long, in bounded memory', async () => {
    async function* endless() {
      yield Buffer.from('a,b\n1,2\n1,"');
      for (;;) yield Buffer.alloc(1 << 20, 'x\n');
    }
    const { message } = await refusalOf(() => readRawTableFrom('T', endless()));
    expect(message).toBe(
      'T: row 3: longer than 16,777,216 bytes; expected one row per line (check for an unclosed quote)',
    );
  });
});

it('fields by name: without the blanks around it, but not without other spaces', async () => {
  const text = '{"a":1,"b":2}\n{" b":3,"a\\u00a0":4," c ":5,"a":6}\n{"a":7,"a":8,"c":9}';
  const expected = [
    [1, 2, '', ''],
    [6, 3, 4, 5],
    [8, '', '', 9],
  ];
  expect(await readable(text)).toEqual({ header: ['a', 'b', 'a\u00a0', 'c'], rows: expected });
});

describe('files', () => {
  it('gzip, and byte order marks of UTF-8 and UTF-16', async () => {
    const text = 'a\té\n1\tü😀\n';
    const expected = { header: ['a', 'é'], rows: [[1, 'ü😀']] };
    const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le');
    expect(await readable(`\ufeff${text}`)).toEqual(expected);
    expect(await readable(utf16)).toEqual(expected);
    expect(await readable(Buffer.from(utf16).swap16())).toEqual(expected);
    // (A replacement character may be in the table itself.)
    const replaced = Buffer.from('\ufeffa,b\n1,\ufffd\n', 'utf16le');
    expect(await readable(replaced)).toEqual({ header: ['a', 'b'], rows: [[1, '\ufffd']] });
    const table = await readRawTable(folder.write('t.gz', gzipSync(text)));
    expect(rowsOf(table)).toEqual(expected.rows);
  });

  it('many rows: every block, code width and line', async () => {
    const count = 70_000;
    const line = (i: number) => `${i}.5,t${i},${i % 300},${i % 1000 === 7 ? '' : i},c${i % 300}`;
    const text = `n,id,m,s,c\n${Array.from({ length: count }, (_, i) => line(i) + (i % 500 === 3 ? '\n\n' : '\n')).join('')}`;
    const table = await readRawTableFrom('T', inPieces(Buffer.from(text), 100_003));
    expect(table.count).toBe(count);
    const wrong: number[] = [];
    let at = 2;
    for (const [i, row] of rowsOf(table).entries()) {
      const expected = [i + 0.5, `t${i}`, i % 300, i % 1000 === 7 ? '' : i, `c${i % 300}`];
      if (JSON.stringify(row) !== JSON.stringify(expected) || table.lineOf(i) !== at) wrong.push(i);
      at += i % 500 === 3 ? 2 : 1;
    }
    expect(wrong).toEqual([]);
    expect(table.columns.map(({ codes }) => codes.BYTES_PER_ELEMENT)).toEqual([1, 4, 1, 1, 2]);
  });

  it('others run meanwhile, although the bytes are all there', async () => {
    let chunks = 0;
    async function* source() {
      yield Buffer.from('a,b\n');
      for (; chunks < 40; chunks++) yield Buffer.from('1.5,x\n'.repeat(40_000));
    }
    // So that the load of the machine does not matter, time passes only when it is asked for.
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 6;
      return now;
    });
    let [last, most, isOver] = [0, 0, false];
    const turn = () => {
      most = Math.max(most, chunks - last);
      last = chunks;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    const { count } = await readRawTableFrom('T', source());
    isOver = true;
    clock.mockRestore();
    expect(count).toBe(1_600_000);
    expect(Math.max(most, chunks - last)).toBeLessThan(4);
  });

  it('a signal ends it, and the source is closed', async () => {
    let isClosed = false;
    async function* source() {
      try {
        yield Buffer.from('a,b\n');
        for (;;) yield Buffer.from('1,2\n'.repeat(10_000));
      } finally {
        isClosed = true;
      }
    }
    const controller = new AbortController();
    const reading = readRawTableFrom('T', source(), {}, controller.signal);
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(reading).rejects.toThrow('enough');
    expect(isClosed).toBe(true);
  });
});
