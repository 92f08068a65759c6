/** Tables in memory, against the same tables in files: the same columns, classes and cells, whatever form they have. */
import { afterAll, describe, expect, it } from 'vitest';
import { type TableData, tableInMemory } from '../../../src/data/table/memory-table.js';
import { readTable } from '../../../src/data/table/read-table.js';
import { Random } from '../../../src/model/random.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { refusalOf } from '../../support/refusals.js';
import { valuesOf } from '../../support/thoroughness.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

type Value = string | number | boolean | null;

/** Cells that mean something special in files: codes, huge numbers, notations of missing values, dates, … */
const NUMBERS = [0, -0, 1, 0.1, -3.25e-7, 1e30, 2 ** 53, -(2 ** 60), 5e-324, 123456789.125];
const TEXTS = [
  'a',
  'b c',
  '007',
  '1.0',
  '1',
  '1e3',
  'NA',
  '',
  '?',
  'True',
  'none',
  '2020-02-29',
  '-',
  ' padded ',
  'é',
  '"q",;',
];

function randomTable(random: Random): { names: string[]; rows: Value[][] } {
  const width = 2 + random.below(5);
  const pools = Array.from({ length: width }, (): readonly Value[] => {
    const kind = random.below(5);
    if (kind === 0) return NUMBERS;
    if (kind === 1) return [...NUMBERS, null];
    if (kind === 2) return TEXTS;
    return kind === 3 ? [true, false, null] : ['2020-01-01', '1999-12-31', '2024-02-29', null];
  });
  const rows = Array.from({ length: 12 + random.below(30) }, () =>
    pools.map((pool) => pool[random.below(pool.length)]!),
  );
  // A label that has classes.
  for (const [i, row] of rows.entries()) row.push(i % 3 === 0 ? 'x' : i % 3 === 1 ? 7 : true);
  return { names: [...Array.from({ length: width }, (_, i) => `c${i}`), 'kind'], rows };
}

async function verdict(read: () => ReturnType<typeof readTable>) {
  try {
    const { facts, samples, leftOut } = await read();
    return { facts, sha256: samples.sha256, leftOut };
  } catch (error) {
    // The names and places of files differ.
    return (error as { code: string }).code;
  }
}

const inMemory = (data: TableData, types: string[] | undefined) => {
  const { table, goals } = tableInMemory('data', data);
  return verdict(() => readTable(table, { ...goals, types }));
};

describe('a table in memory', () => {
  it('is the table of a file with the same cells, as objects, arrays or columns, in random cases', async () => {
    const codes: string[] = [];
    const cases = valuesOf(200, 80);
    for (let index = 0; index < cases; index++) {
      const random = new Random(1, index);
      const { names, rows } = randomTable(random);
      // Undecided columns would be refused too often.
      const types = random.below(4) === 0 ? undefined : names.slice(0, -1).map((name) => `${name}=category`);
      const objects = rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]!])));
      const text = rows
        .map((row) => `${JSON.stringify(Object.fromEntries(names.map((name, i) => [name, row[i]])))}\n`)
        .join('');
      const file = folder.write('table.ndjson', text);
      const expected = await verdict(() => readTable(file, { label: 'kind', types }));
      const label = 'kind';
      const before = JSON.stringify(objects);
      const columns = Object.fromEntries(names.map((name, i) => [name, rows.map((row) => row[i]!)]));
      expect(await inMemory({ rows: objects, label }, types), `case ${index}`).toEqual(expected);
      expect(await inMemory({ rows, columns: names, label }, types), `case ${index}`).toEqual(expected);
      expect(await inMemory({ columns, label }, types), `case ${index}`).toEqual(expected);
      const apart = { rows: rows.map((row) => row.slice(0, -1)), columns: names.slice(0, -1), label: columns.kind! };
      const { kind: renamed, ...others } = { ...columns };
      expect(await inMemory(apart, types), `case ${index}`).toEqual(
        await inMemory({ columns: { ...others, label: renamed! }, label: 'label' }, types),
      );
      expect(JSON.stringify(objects)).toBe(before);
      codes.push(typeof expected === 'string' ? expected : 'read');
    }
    expect(codes.filter((code) => code === 'read').length).toBeGreaterThan(0.6 * cases);
  });

  it.each([Float64Array, Float32Array, Int16Array])('may be a matrix of %o', async (Numbers) => {
    const matrix = Numbers.from([1, 2, 0, 3.5, -4, 1, 5, 6, 0]);
    const rows = [0, 1, 2].map((row) => [...matrix.subarray(3 * row, 3 * row + 3)]);
    const file = folder.write('matrix.csv', `a,b,kind\n${rows.map((row) => row.join()).join('\n')}\n`);
    const expected = await verdict(() => readTable(file, { label: 'kind' }));
    expect(await inMemory({ rows: matrix, columns: ['a', 'b', 'kind'], label: 'kind' }, undefined)).toEqual(expected);
    const unnamed = folder.write('unnamed.csv', rows.map((row) => row.join()).join('\n'));
    expect(await inMemory({ rows: matrix, columns: 3, label: '3' }, undefined)).toEqual(
      await verdict(() => readTable(unnamed, { label: '3', header: 'no' })),
    );
  });

  it('uses a Float64Array where it stands, unless a cell means something else', async () => {
    const columns = {
      kept: Float64Array.of(1, Number.NaN, 3),
      negative: Float64Array.of(1, -0, 3),
      huge: Float64Array.of(2 ** 60, 1, 2),
    };
    const raw = await tableInMemory('data', { columns, label: 'kept' }).table.read();
    expect(raw.columns.map(({ numbers }, i) => numbers === Object.values(columns)[i])).toEqual([true, false, false]);
    expect(raw.columns.map(({ codes }) => [...codes])).toEqual([
      [0, 1, 0],
      [0, 0, 0],
      [1, 0, 0],
    ]);
    expect(raw.columns.map(({ texts }) => texts)).toEqual([[''], [], [String(2 ** 60)]]);
    expect(Object.is(raw.columns[1]!.numbers[1], 0)).toBe(true);
    expect(Object.is(columns.negative[1], -0)).toBe(true);
  });

  it('may have dates, big integers and fields that only some rows have', async () => {
    const rows = [
      { day: new Date('2020-02-29T12:30:00Z'), id: 2n ** 70n, kind: 'x' },
      { extra: 1, day: new Date(Number.NaN), kind: 'y', id: 5n },
      { kind: 'x', id: null, day: undefined },
    ];
    const { names, columns } = await tableInMemory('data', { rows, label: 'kind' }).table.read();
    expect(names).toEqual(['day', 'id', 'kind', 'extra']);
    const cells = columns.map(({ numbers, codes, texts }) =>
      [...codes].map((code, row) => (code === 0 ? numbers[row] : texts.at(code - 1))),
    );
    expect(cells).toEqual([
      ['2020-02-29T12:30:00.000Z', '', ''],
      [String(2n ** 70n), 5, ''],
      ['x', 'y', 'x'],
      ['', 1, ''],
    ]);
  });

  it('lets others run while many rows are read', async () => {
    const rows = Array.from({ length: 400_000 }, (_, i) => ({ a: i, b: `t${i % 7}`, c: i / 3, kind: i % 2 }));
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    });
    const began = performance.now();
    await tableInMemory('data', { rows, label: 'kind' }).table.read();
    const taken = performance.now() - began;
    clearInterval(timer);
    expect(longest).toBeGreaterThan(0);
    expect(longest).toBeLessThan(Math.max(100, 0.75 * taken));
  });

  it('stops reading when the signal is aborted', async () => {
    const abort = new AbortController();
    const last = {
      get a(): number {
        abort.abort(new Error('enough'));
        return 1;
      },
    };
    const rows = Array.from({ length: 50_000 }, (_, i) => (i === 20_000 ? last : { a: i }));
    const reading = tableInMemory('data', { rows, label: 'a' }).table.read(abort.signal);
    await expect(reading).rejects.toThrow('enough');
  });
});

describe('what is not a table', () => {
  const matrix = new Float64Array(7);
  const cases: [unknown, string][] = [
    [null, '`data`: expected an object with rows, such as { rows, label }'],
    [[{ a: 1 }], '`data`: expected an object with rows, such as { rows, label }'],
    [{}, '`data`: expected rows: an array of objects or arrays, or a typed array; or columns: an object of arrays'],
    [{ rows: 5 }, '`data`: rows: expected an array of objects or arrays, or a typed array'],
    [{ rows: [], label: 'a' }, 'memory: empty; expected rows of numbers and a class'],
    [{ rows: [{}, {}] }, 'memory: empty; expected rows of numbers and a class'],
    [{ rows: [[1, 2], [3]] }, 'memory: row 2: 1 column; expected 2, as in the first row'],
    [{ rows: [[1, 2]], columns: ['a'] }, 'memory: row 1: 2 columns; expected 1, as in the first row'],
    [{ rows: [[1, 2]], columns: ['a', 'a'] }, 'memory: columns 1 and 2 have the same name, a; rename one of them'],
    [{ rows: [{ a: 1 }, [1]] }, 'memory: row 2: the array [ 1 ]; expected an object'],
    [{ rows: [[1], { a: 1 }] }, 'memory: row 2: the object { a: 1 }; expected an array, as the first row is'],
    [{ rows: [{ a: 1 }, null] }, 'memory: row 2: null; expected an object'],
    [
      { rows: [{ a: { b: 1 } }] },
      'memory: row 1, column 1 (a): the object { b: 1 }; expected a number, string, boolean, Date, bigint, null or undefined',
    ],
    [{ rows: [{ a: 1 }], columns: ['a'] }, '`data`: columns: only for rows that are arrays; fields have names already'],
    [{ rows: matrix }, '`data`: rows: a typed array requires columns: the names of the columns, or their number'],
    [{ rows: matrix, columns: 2 }, '`data`: rows: 7 numbers; expected a multiple of 2, the columns'],
    [
      { rows: matrix, columns: 0 },
      '`data`: rows: a typed array requires columns: the names of the columns, or their number',
    ],
    [{ rows: new Float64Array(0), columns: 2 }, 'memory: empty; expected rows of numbers and a class'],
    [{ columns: { a: [1], b: [1, 2] } }, '`data`: columns: b has 2 values, and a 1; expected the same number'],
    [{ columns: { a: 5 } }, '`data`: columns: a: expected an array'],
    [{ rows: [[1]], lable: 'a' }, '`data`: no such field: lable; expected rows, columns, label, target, weight'],
    [{ rows: [[1], [2]], label: [1] }, '`data`: label: 1 values; expected one for each of the 2 rows'],
    [
      { rows: [[1], [2]], label: 1 },
      '`data`: label: expected the name of a column, or an array with one value for each row',
    ],
    [
      { rows: [[1], [2]], columns: ['label'], label: [1, 2] },
      '`data`: label: given as an array, but there is also a column label; rename it',
    ],
    [{ rows: [{ label: 1 }], label: [1] }, 'memory: columns 1 and 2 have the same name, label; rename one of them'],
  ];

  it.each(cases)('is refused: %o', async (data, expected) => {
    const { error } = await refusalOf(() => tableInMemory('data', data).table.read());
    expect(error.message).toBe(expected);
  });
});
