/** Columns become the inputs that docs/tables.md describes: compared with an encoding that is written down without any cleverness. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { NO_SAMPLES, type Samples, takeSamples } from '../../../src/data/samples.js';
import { chooseColumns } from '../../../src/data/table/columns.js';
import { encodedBy, encodeParts } from '../../../src/data/table/encode-parts.js';
import { MOST_LEVELS, medianOf } from '../../../src/data/table/encoding.js';
import { kindOf, profileOf } from '../../../src/data/table/kinds.js';
import { remarksOn } from '../../../src/data/table/load.js';
import { matchColumns } from '../../../src/data/table/match-columns.js';
import { MissingValues } from '../../../src/data/table/missing.js';
import type { RawColumn, RawTable } from '../../../src/data/table/raw-table.js';
import { type ReadOptions, readTable, readTableLike } from '../../../src/data/table/read-table.js';
import { RowEncoder } from '../../../src/data/table/row-encoder.js';
import { atOnce } from '../../../src/data/table/steps.js';
import { type TableFacts, tableIn, tableMetadata } from '../../../src/data/table/table-metadata.js';
import { typeColumn } from '../../../src/data/table/typed-table.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { refusalOf } from '../../support/refusals.js';
import { csvOf, denseRows, encodedRows, sparseRows } from '../../support/tables.js';
import { valuesOf } from '../../support/thoroughness.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

type Text = string | number;

const read = (rows: readonly (readonly Text[])[], options: ReadOptions = {}) =>
  readTable(folder.write('table.csv', csvOf(rows)), { label: 'kind', header: 'yes', ...options });

/** One column beside a label. */
async function columnOf(cells: readonly Text[], options?: ReadOptions) {
  const rows = cells.map((cell, i): Text[] => [cell, 'xy'[i % 2]!]);
  const table = await read([['c', 'kind'], ...rows], options);
  const encoded = encodedRows(table);
  return { ...encoded, kind: table.facts.columns[0]!.kind, summary: encoded.summaries[0]! };
}

describe('kinds', () => {
  it.each<[string, readonly Text[], string]>([
    ['numbers', [1, -2.5, '1e3', '.5', '+7'], 'number'],
    ['numbers with missing cells', [1, '', 'NA', '?', 3], 'number'],
    ['codes of digits', ['007', '123'], 'number'],
    ['integers beyond 2^53', ['9007199254740993', '1'], 'number'],
    ['dates', ['2026-01-31', '', '2024-02-29'], 'date'],
    ['dates and times', ['2026-01-31 12:30', '2024-02-29T01:02:03.5+02:00', '2020/12/31'], 'date'],
    ['days that do not exist', ['2026-02-29', '2026-02-28'], 'category'],
    ['texts', ['a', 'b', 'a', 'NA'], 'category'],
    ['booleans', ['true', 'False', 'TRUE'], 'category'],
    ['few numbers and a text, often', [2, 3, 4, '5more', 2, 3, 4, '5more', 2, 3, 4, 2, 3, 4, 2, 3, 4, 2], 'category'],
    ['numbers and as many texts', [1, 2, 3, 'A1', 'A2', 'A3'], 'category'],
  ])('%s', async (_, cells, kind) => {
    expect((await columnOf(cells)).kind).toBe(kind);
  });

  it('mostly dates are refused, with what helps', async () => {
    const days = Array.from({ length: 19 }, (_, i) => `2026-03-${String(i + 1).padStart(2, '0')}`);
    const { message } = await refusalOf(() => columnOf([...days, 'unknown']));
    expect(message).toContain('column 1 (c): 1 of 20 cells is not a date (row 21: unknown); if it is a missing value');
    expect((await columnOf([...days, 'unknown'], { missingValues: ['unknown'] })).kind).toBe('date');
    expect((await columnOf([...days, 'unknown'], { types: ['c=category'] })).kind).toBe('category');
  });
});

describe('inputs', () => {
  it('of a number with missing cells: the median, and an indicator', async () => {
    const { rows, summary } = await columnOf([1, '', 4, 10, 'NA']);
    expect(rows).toEqual([
      [1, 0],
      [4, 1],
      [4, 0],
      [10, 0],
      [4, 1],
    ]);
    expect(summary).toMatchObject({ inputs: 2, missing: 2, fill: 4, levels: null });
  });

  it('of a category: a level each, in order of their text, and the missing level', async () => {
    const { rows, summary } = await columnOf(['b', 'a', '', '1.0', '1']);
    expect(summary).toMatchObject({ kind: 'category', inputs: 4, missing: 1, fill: null, levels: ['1', 'a', 'b'] });
    expect(rows).toEqual([
      [0, 0, 1, 0],
      [0, 1, 0, 0],
      [0, 0, 0, 1],
      [1, 0, 0, 0],
      [1, 0, 0, 0],
    ]);
  });

  it('of booleans: whatever their case, and in JSON', async () => {
    const file = folder.write('b.ndjson', '{"b":true,"kind":"x"}\n{"b":false,"kind":"y"}\n{"b":null,"kind":"y"}');
    const table = await readTable(file, { label: 'kind' });
    const { rows, summaries, table: model } = encodedRows(table);
    expect(summaries[0]!.levels).toEqual(['false', 'true']);
    expect(rows).toEqual([
      [0, 1, 0],
      [1, 0, 0],
      [0, 0, 1],
    ]);
    const encoder = new RowEncoder(model);
    for (const cell of [true, 'true', 'TRUE', 'True']) expect([...encoder.encode([cell], String).index]).toContain(1);
  });

  it('of a date: seconds, month, weekday and hour in UTC', async () => {
    // A Saturday in January and a Thursday in February.
    const { rows, summary } = await columnOf(['2026-01-31T23:30-01:00', '2026-02-26 01:15:00Z', '']);
    const first = Date.UTC(2026, 1, 1, 0, 30) / 1000;
    const second = Date.UTC(2026, 1, 26, 1, 15) / 1000;
    // One month: no input. Weekdays 4 and 7; hours 0 and 1.
    expect(rows).toEqual([
      [Math.fround(first), 0, 0, 1, 1, 0],
      [Math.fround(second), 0, 1, 0, 0, 1],
      [Math.fround((first + second) / 2), 1, 0, 0, 0, 0],
    ]);
    expect(summary).toMatchObject({ kind: 'date', inputs: 6, fill: '2026-02-13T12:52:30Z' });
  });

  it('of more than a thousand levels: the rarest share an input, and so do unseen ones', async () => {
    // Twice each, but for the last ones.
    const cells = Array.from({ length: 2 * MOST_LEVELS }, (_, i) => `a${String(i % MOST_LEVELS).padStart(4, '0')}`);
    const { summary, table, rows } = await columnOf([...cells, 'a0', 'z1', 'z2']);
    expect(summary).toMatchObject({ inputs: MOST_LEVELS + 1 });
    expect(summary.levels).toHaveLength(MOST_LEVELS);
    expect(rows.slice(-3).map((row) => row.indexOf(1))).toEqual(new Array(3).fill(MOST_LEVELS));
    const encoder = new RowEncoder(table);
    const { index, length } = encoder.encode(['never'], String);
    expect([length, index[0]]).toEqual([1, MOST_LEVELS]);
  });
});

describe('columns that only identify the rows', () => {
  const CASES: [string, string, (i: number) => Text, boolean][] = [
    ['unnamed, from 1', '', (i) => i + 1, true],
    ['Id, from 1000', 'Id', (i) => 1000 + i, true],
    ['index, in any order', 'index', (i) => (i * 7) % 20, true],
    ['of pandas', 'Unnamed: 0', (i) => i, true],
    ['id that is measured', 'id', (i) => (i * 7) % 10, false],
    ['a year', 'year', (i) => 1990 + i, false],
    ['names', 'name', (i) => `n${i}`, true],
    ['colors', 'name', (i) => `n${i % 10}`, false],
    ['nothing', 'note', () => '', true],
  ];
  it.each(CASES)('%s', async (_, name, cell, isLeftOut) => {
    const rows = Array.from({ length: 20 }, (_, i): Text[] => [cell(i), i % 3, 'xy'[i % 2]!]);
    const { facts, leftOut } = await read([[name, 'a', 'kind'], ...rows]);
    expect(facts.columns.map((column) => column.name)).toEqual(isLeftOut ? ['a'] : [name, 'a']);
    expect(leftOut.columns).toHaveLength(Number(isLeftOut));
    const wanted = await read([[name, 'a', 'kind'], ...rows], { columns: ['1', 'a'] });
    expect(wanted.facts.columns).toHaveLength(2);
  });

  it('of fewer than five rows, none is one', async () => {
    const rows = [1, 2, 3, 4, 5].map((i): Text[] => [i, i % 3, 'xy'[i % 2]!]);
    expect((await read([['id', 'a', 'kind'], ...rows])).leftOut.columns).toHaveLength(1);
    expect((await read([['id', 'a', 'kind'], ...rows.slice(1)])).leftOut.columns).toHaveLength(0);
  });

  it('without a header, only a count in order is one; and it is used if there is nothing else', async () => {
    const rows = Array.from({ length: 9 }, (_, i): Text[] => [i, (i * 4) % 9, 'xy'[i % 2]!]);
    const { facts, leftOut } = await read(rows, { header: 'no', label: '3' });
    expect(facts.columns.map(({ position }) => position)).toEqual([1]);
    expect(remarksOn('T', leftOut)).toEqual([
      {
        code: 'columns_left_out',
        message: 'T: left out: column 1 counts the rows; to use such a column, name it in --types',
      },
    ]);
    const alone = await read(
      rows.map(([count, , kind]) => [count!, kind!]),
      { header: 'no', label: '2' },
    );
    expect([alone.facts.columns.length, alone.leftOut.columns]).toEqual([1, []]);
  });
});

it('a reader may give a code both a number and a text: 007 is 7 in a column of numbers', () => {
  const column: RawColumn = {
    numbers: Float64Array.of(7, 8, Number.NaN, 12.5),
    codes: Uint8Array.of(1, 0, 2, 3),
    // (The last has a decimal comma.)
    texts: ['007', 'NA', '12,5'],
  };
  const missing = new MissingValues();
  expect(atOnce(kindOf(column, atOnce(profileOf(column, missing))))).toBe('number');
  expect(atOnce(typeColumn(column, 'number', missing))).toEqual({
    kind: 'number',
    numbers: Float64Array.of(7, 8, Number.NaN, 12.5),
  });
  const without = atOnce(typeColumn(column, 'number', new MissingValues(['007'])));
  expect(without).toEqual({ kind: 'number', numbers: Float64Array.of(Number.NaN, 8, Number.NaN, 12.5) });
  expect(atOnce(typeColumn(column, 'category', missing))).toMatchObject({ levels: ['007', '12,5', '8'] });
});

it('several unnamed columns are told apart by their numbers', () => {
  const numbers = Float64Array.of(1, 3);
  const columns = Array.from({ length: 4 }, () => ({ numbers, codes: Uint8Array.of(0, 0), texts: [] }));
  const raw: RawTable = { names: ['', 'kind', '', 'a'], hasHeader: true, count: 2, columns, lineOf: (row) => row + 2 };
  const { inputs } = atOnce(chooseColumns('T', raw, [1], {}, new MissingValues()));
  expect(inputs.map(({ name }) => name)).toEqual(['1', '3', 'a']);
  const facts: TableFacts = {
    ...{ label: { name: 'kind', position: 1 }, columns: inputs, hasNames: true, width: 4, classNames: ['x', 'y'] },
    missing: { mode: 'fill', values: [] },
  };
  expect(matchColumns('T', raw, facts, undefined, true)).toEqual({ positions: [0, 2, 3], label: 1 });
});

describe('options', () => {
  const rows = [
    ['a', 'b', 'x=y', 'kind'],
    [1, 'u', 3, 'x'],
    [2, 'v', 4, 'y'],
  ];
  const names = async (options: ReadOptions) =>
    (await read(rows, options)).facts.columns.map(({ name, kind }) => `${name} ${kind}`);

  it('choose columns by name and number, in the order of the table', async () => {
    expect(await names({})).toEqual(['a number', 'b category', 'x=y number']);
    expect(await names({ columns: ['3', 'a'] })).toEqual(['a number', 'x=y number']);
    expect(await names({ drop: ['b', '1'] })).toEqual(['x=y number']);
    expect(await names({ types: ['x=y=category', '1=category'] })).toEqual([
      'a category',
      'b category',
      'x=y category',
    ]);
  });

  it.each<[ReadOptions, string]>([
    [{ columns: ['a', 'q'] }, '--columns q: '],
    [{ drop: ['5'] }, '--drop 5: '],
    [{ types: ['q=number'] }, '--types q: '],
    [{ types: ['a'] }, '--types a: expected name=kind'],
    [{ types: ['a=number', '1=category'] }, '--types a=number,1=category: expected one kind for column 1 (a)'],
    [{ types: ['a=number', '1=number'] }, '--types: column 1 (a) is given twice; give it once'],
    [{ columns: ['x=y', 'a', 'x=y'] }, '--columns: column 3 (x=y) is given twice; give it once'],
    [{ columns: ['x=y', '3'] }, '--columns: column 3 (x=y) is given twice; give it once'],
    [{ drop: ['2', 'a', 'b'] }, '--drop: column 2 (b) is given twice; give it once'],
    [{ columns: ['kind', 'a'] }, 'column 4 (kind) is the label'],
    [{ types: ['kind=number'] }, 'column 4 (kind) is the label'],
    [{ drop: ['a', 'b', '3'] }, 'no input columns; expected at least one'],
  ])('%j are refused', async (options, expected) => {
    expect((await refusalOf(() => read(rows, options))).message).toContain(expected);
  });

  it('missing values: numbers and texts, in all columns but the label', async () => {
    const given = [
      ['a', 'b', 'kind'],
      [1, '-', 'x'],
      [-999, 'v', '-'],
      ['-999.0', 'u', 'x'],
    ];
    const { facts, samples } = await read(given, { missingValues: ['-', '-999'] });
    expect(facts.classNames).toEqual(['-', 'x']);
    expect(encodedRows({ facts, samples, leftOut: { columns: [], unlabeled: 0, incomplete: 0 } }).rows).toEqual([
      [1, 0, 0, 0, 1],
      [1, 1, 0, 1, 0],
      [1, 1, 1, 0, 0],
    ]);
  });

  it('missing cells: refused, or their rows dropped and counted', async () => {
    const given = [
      ['a', 'b', 'kind'],
      [1, 'u', 'x'],
      ['', 'v', 'y'],
      [2, '', 'y'],
      [3, 'v', 'y'],
      [3, 'v', ''],
    ];
    const dropped = await read(given, { missing: 'drop' });
    expect(dropped.samples.count).toBe(2);
    expect(encodedRows(dropped).rows).toEqual([
      [1, 1, 0],
      [3, 0, 1],
    ]);
    expect(remarksOn('T', dropped.leftOut)).toEqual([
      { code: 'rows_left_out', message: 'T: left out: 1 row without a label, 2 rows with missing cells' },
    ]);
    const { message } = await refusalOf(() => read(given, { missing: 'refuse' }));
    expect(message).toContain(
      '2 missing cells (row 3, column a; row 4, column b); use --missing fill or --missing drop',
    );
  });
});

describe('property: any table', () => {
  const MISSING = ['', 'NA', 'null', '?'];
  const missing = fc.constantFrom(...MISSING);
  const columns = {
    number: fc.oneof({ arbitrary: fc.integer({ min: -5, max: 5 }).map((x) => String(x / 4)), weight: 4 }, missing),
    category: fc.oneof({ arbitrary: fc.constantFrom('a', 'b', 'B', 'é', 'c d', '"q"', '1'), weight: 4 }, missing),
    date: fc.oneof(
      { arbitrary: fc.integer({ min: -9e8, max: 3e9 }).map((s) => new Date(1000 * s).toISOString()), weight: 4 },
      missing,
    ),
  };
  const someKinds = fc.array(fc.constantFrom('number' as const, 'category' as const, 'date' as const), {
    minLength: 1,
    maxLength: 4,
  });
  const someTable = someKinds.chain((kinds) =>
    fc.record({
      kinds: fc.constant(kinds),
      rows: fc.array(fc.tuple(fc.tuple(...kinds.map((kind) => columns[kind])), fc.constantFrom('x', 'y', '')), {
        minLength: 4,
        maxLength: 25,
      }),
      seed: fc.nat(),
    }),
  );

  /** The inputs of a column in given rows, if it is fitted on `train`. */
  function naively(kind: string, train: readonly string[], rows: readonly string[]): number[][] {
    const present = train.filter((cell) => !MISSING.includes(cell));
    const lacks = present.length < train.length;
    if (kind === 'category') {
      const levels = [...new Set(present)].sort((a, b) => (a < b ? -1 : 1));
      return rows.map((cell) => [
        ...levels.map((level) => Number(cell === level)),
        ...(lacks ? [Number(MISSING.includes(cell))] : []),
      ]);
    }
    const numberOf = (cell: string) => (kind === 'date' ? Date.parse(cell) / 1000 : Number(cell));
    const sorted = present.map(numberOf).sort((a, b) => a - b);
    const [low, high] = [sorted[(sorted.length - 1) >> 1] ?? 0, sorted[sorted.length >> 1] ?? 0];
    const parts: ((date: Date) => number)[] =
      kind === 'date' ? [(d) => d.getUTCMonth() + 1, (d) => d.getUTCDay() || 7, (d) => d.getUTCHours()] : [];
    const known = parts.map((part) => [...new Set(present.map((cell) => part(new Date(cell))))].sort((a, b) => a - b));
    return rows.map((cell) => {
      const isMissing = MISSING.includes(cell);
      return [
        Math.fround(isMissing ? (low + high) / 2 : numberOf(cell)),
        ...(lacks ? [Number(isMissing)] : []),
        ...parts.flatMap((part, i) =>
          known[i]!.length > 1 ? known[i]!.map((value) => Number(!isMissing && value === part(new Date(cell)))) : [],
        ),
      ];
    });
  }

  it('is encoded as described; alike row by row, from a file, and by a model that was stored', async () => {
    await fc.assert(
      fc.asyncProperty(someTable, async ({ kinds, rows, seed }) => {
        const labeled = rows.filter(([, label]) => label !== '');
        fc.pre(new Set(labeled.map(([, label]) => label)).size === 2);
        const header = [...kinds.map((_, i) => `c${i}`), 'kind'];
        const text = csvOf([header, ...rows.map(([cells, label]) => [...cells, label])]);
        const file = folder.write('any.csv', text);
        const types = kinds.map((kind, i) => `c${i}=${kind}`);
        const { facts, samples, leftOut } = await readTable(file, { label: 'kind', types });
        expect(samples.count + leftOut.unlabeled).toBe(rows.length);

        // A random half is trained on.
        const positions = labeled.map((_, i) => i);
        const trained = positions.filter((i) => ((seed >> (i % 31)) & 1) === 1 || i === 0);
        const others = positions.filter((i) => !trained.includes(i));
        const part = (of: readonly number[]): Samples => takeSamples(samples, 0, Uint32Array.from(of));
        const parts = { train: part(trained), validation: NO_SAMPLES, test: part(others) };
        const { used, table } = atOnce(encodeParts(parts, facts, 'none'));
        const denseOf = (samples: Samples) => {
          const dense = denseRows(samples, used.inputs);
          expect(sparseRows(samples, used.inputs)).toEqual(dense);
          return dense;
        };
        const cellsOf = (of: readonly number[], i: number) => of.map((s) => labeled[s]![0][i]!);
        const expected = (of: readonly number[]) => {
          const byColumn = kinds.map((kind, i) => naively(kind, cellsOf(trained, i), cellsOf(of, i)));
          return of.map((_, s) => byColumn.flatMap((inputs) => inputs[s]!));
        };
        expect(denseOf(used.train)).toEqual(expected(trained));
        expect(denseOf(used.test)).toEqual(expected(others));

        const layers = [used.inputs, 2];
        const stored = tableIn(tableMetadata(table), layers);
        if (typeof stored !== 'object') throw new Error(String(stored));
        expect(stored).toEqual(table);
        const encoder = new RowEncoder(stored);
        const single = labeled.map(([cells]) => {
          const { index, value, length } = encoder.encode(cells, String);
          const row = new Array<number>(used.inputs).fill(0);
          for (let k = 0; k < length; k++) row[index[k]!] = value[k]!;
          return row;
        });
        expect(single).toEqual(expected(positions));

        const again = await readTableLike(file, stored, undefined, 'auto');
        expect(again.samples.sha256).toBe(samples.sha256);
        const encoded = atOnce(encodedBy(encoder, again.samples, stored));
        expect(denseOf(encoded)).toEqual(expected(positions));
        let nonzeros = 0;
        for (const row of single) nonzeros += row.filter((x) => x !== 0).length;
        expect(atOnce(encoded.table.countNonzeros(encoded.count))).toBe(nonzeros);
      }),
      { numRuns: valuesOf(150, 60) },
    );
  });
});

it('the median is that of the sorted numbers', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true, min: -1e30, max: 1e30 })), {
        minLength: 1,
        maxLength: 200,
      }),
      (numbers) => {
        const sorted = [...numbers].sort((a, b) => a - b);
        const expected = (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
        expect(atOnce(medianOf(Float64Array.from(numbers))) + 0).toBe(expected + 0);
      },
    ),
    { numRuns: valuesOf(300, 120) },
  );
});
