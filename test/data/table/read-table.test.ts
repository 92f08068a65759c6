/** Tables that can be read, in each form that people and programs write them. */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Header } from '../../../src/data/table/header.js';
import { readTable, readTableLike } from '../../../src/data/table/read-table.js';
import { namesOf } from '../../../src/data/table/table-metadata.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { csvOf, encodedRows, IRIS } from '../../support/tables.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const read = (text: string | Uint8Array, label = 'kind', header: Header = 'auto') =>
  readTable(folder.write('table', text), { label, header });

async function contentOf(text: string | Uint8Array, label?: string, header?: Header) {
  const table = await read(text, label, header);
  const { facts, samples } = table;
  const labels = [...samples.targets].map((label) => facts.classNames[label]);
  return { ...facts, columns: namesOf(facts), numbers: encodedRows(table).rows.flat(), labels };
}

const EXPECTED = { columns: ['a', 'b'], classNames: ['x', 'y'], numbers: [1, 2.5, -3, 0.25], labels: ['y', 'x'] };

describe('one table in many forms', () => {
  const text = 'a,b,kind\n1,2.5,y\n-3,.25,x\n';
  it.each<[string, string | Uint8Array]>([
    ['plain', text],
    ['gzipped, whatever its name', gzipSync(text)],
    ['in two gzip workers', Buffer.concat([gzipSync(text.slice(0, 20)), gzipSync(text.slice(20))])],
    ['with CRLF', text.replaceAll('\n', '\r\n')],
    ['with CR', text.replaceAll('\n', '\r')],
    ['without an end to the last line', text.trimEnd()],
    ['with a byte order mark', `\ufeff${text}`],
    ['with semicolons', text.replaceAll(',', ';')],
    ['with tabs', text.replaceAll(',', '\t')],
    ['quoted', '"a","b","kind"\n"1","2.5","y"\n"-3",".25","x"\n'],
    ['with spaces', ' a , b , kind \n 1 , 2.5 , y \n -3 , .25 , x \n'],
    ['with blank lines', `\n${text.replaceAll('\n', '\n\n')}\n`],
    ['with exponents and signs', 'a,b,kind\n+1.,25E-1,y\n-30e-1,+2.5e-01,x\n'],
    ['with the label first', 'kind,a,b\ny,1,2.5\nx,-3,.25\n'],
    ['as NDJSON objects', '{"a":1,"b":2.5,"kind":"y"}\n{"kind":"x","b":0.25,"a":-3}\n'],
    ['as NDJSON objects with numbers in quotes', '{"a":"1","b":2.5,"kind":"y"}\n{"kind":"x","b":0.25,"a":"-3"}'],
    ['as NDJSON arrays with a header', '["a","b","kind"]\r\n[1,2.5,"y"]\r\n\r\n[-3,0.25,"x"]\r\n'],
  ])('%s', async (_, form) => {
    expect(await contentOf(form)).toMatchObject(EXPECTED);
  });

  it('has the same hash in all of them, and another one if a number, a class or a name is another', async () => {
    const hashOf = async (form: string) => (await read(form)).samples.sha256;
    const hash = await hashOf(text);
    expect(await hashOf('{"a":1,"b":2.5,"kind":"y"}\n{"kind":"x","b":0.25,"a":-3}\n')).toBe(hash);
    for (const [from, to] of [
      ['2.5', '2.75'],
      [',x', ',z'],
      ['a,', 'c,'],
      ['1,2.5,y\n-3,.25,x', '-3,.25,x\n1,2.5,y'],
    ]) {
      expect(await hashOf(text.replace(from!, to!))).not.toBe(hash);
    }
  });
});

it('has no zero with a sign: it would be another input to no avail', async () => {
  expect((await contentOf('a,b,kind\n-0,1,y\n-0.0,2,x\n')).numbers).toEqual([0, 1, 0, 2]);
  expect((await contentOf('{"a":-0,"b":1,"kind":"y"}\n{"a":0,"b":-1e-50,"kind":"x"}\n')).numbers).toEqual([0, 1, 0, 0]);
});

describe('columns', () => {
  it.each<[string, string, string, Header, readonly string[] | undefined, number]>([
    ['a header is seen by its names', 'a,b,1\n1,2,x\n1,2,y', '3', 'auto', ['a', 'b'], 2],
    ['numbers alone are a row', '1,2,x\n1,2,y', '3', 'auto', undefined, 2],
    ['a class is no sign of a header', 'x,1,2\ny,1,2', '1', 'auto', undefined, 2],
    ['a missing name is none either', ',b,kind\n1,2,x\n1,2,y', 'kind', 'auto', ['', 'b'], 2],
    ['a name that is asked for is a header of numbers, too', '0,1,kind\n1,2,x\n3,4,y', 'kind', 'auto', ['0', '1'], 2],
    ['a name goes before a number', '2,a,1\n1,2,x\n3,4,y', '1', 'yes', ['2', 'a'], 2],
    ['a header of numbers, by order', '0,1,2\n1,2,x\n3,4,y', '3', 'yes', ['0', '1'], 2],
    ['a label by its number beside names', 'a,b,kind\n1,2,x\n1,2,y', '3', 'auto', ['a', 'b'], 2],
  ])('%s', async (_, text, label, header, columns, rows) => {
    const { facts, samples } = await read(text, label, header);
    expect(namesOf(facts)).toEqual(columns);
    expect(samples.count).toBe(rows);
  });

  it('of CSV are cut as the caller says, in both tables', async () => {
    const csv = { delimiter: ':', comment: '%' };
    const file = folder.write('colons', '% by hand\na:b,c:kind\n1:2:x\n%3:4:y\n5:6:y\n');
    const { facts, samples } = await readTable(file, { label: 'kind', ...csv });
    expect(namesOf(facts)).toEqual(['a', 'b,c']);
    expect(samples.count).toBe(2);
    const other = await readTableLike(file, facts, undefined, 'auto', undefined, csv);
    expect(encodedRows(other).rows).toEqual([
      [1, 2],
      [5, 6],
    ]);
  });

  it('of another table are found by their names, and what the network does not know is passed over', async () => {
    const { facts } = await read('a,b,kind\n1,2,x\n3,4,y');
    const other = folder.write('other', '{"new":"?","kind":"y","b":2,"a":1}\n{"new":5,"kind":"x","b":4,"a":3}');
    const table = await readTableLike(other, facts, undefined, 'auto');
    expect(encodedRows(table).rows).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect([...table.samples.targets]).toEqual([1, 0]);
  });

  it('of another table without names are found by their order', async () => {
    const { facts } = await read('a,b,kind\n1,2,x\n3,4,y');
    const { samples } = await readTableLike(folder.write('other', '1,2,y\n3,4,x'), facts, undefined, 'auto');
    expect([...samples.targets]).toEqual([1, 0]);
    const first = await readTableLike(folder.write('other', 'y,1,2\nx,3,4'), facts, '1', 'auto');
    expect(encodedRows(first).rows.flat()).toEqual([1, 2, 3, 4]);
  });
});

describe('classes', () => {
  it.each<[string, string[], readonly (string | number)[]]>([
    ['numbers in their order', ['10', '9', '-1.5', '9.0'], [-1.5, 9, 10]],
    ['texts by code unit', ['b', 'Z', 'a', 'é'], ['Z', 'a', 'b', 'é']],
    ['one text makes all of them texts', ['2', '10', 'x'], ['10', '2', 'x']],
    ['codes with leading zeros are texts', ['007', '01'], ['007', '01']],
    [
      'numbers that would lose digits are texts',
      ['9007199254740993', '9007199254740992'],
      ['9007199254740992', '9007199254740993'],
    ],
  ])('%s', async (_, labels, names) => {
    const { facts } = await read(csvOf(labels.map((label) => [1, label])), '2', 'no');
    expect(facts.classNames).toEqual(names);
  });

  it('of JSON may be numbers, texts or truths', async () => {
    expect((await read('[1,true]\n[2,false]', '2')).facts.classNames).toEqual(['false', 'true']);
    expect((await read('[1,1]\n[2,"0"]', '2')).facts.classNames).toEqual([0, 1]);
  });

  it('of another table are known in either spelling', async () => {
    const { facts } = await read('1,0\n2,1', '2');
    const { samples } = await readTableLike(folder.write('other', '1,1.0\n2,0.0'), facts, undefined, 'auto');
    expect([...samples.targets]).toEqual([1, 0]);
  });
});

it('what is written is read back: any numbers, and any classes that CSV can hold', async () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => `c${text.replaceAll('\0', '')}c`);
  const numbers = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 3, maxLength: 3 });
  const rows = fc.array(fc.tuple(numbers, name), { minLength: 2, maxLength: 20 });
  const form = fc.record({
    delimiter: fc.constantFrom(',', ';', '\t'),
    end: fc.constantFrom('\n', '\r\n'),
    quoteAll: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(rows, form, async (given, how) => {
      fc.pre(new Set(given.map(([, label]) => label)).size > 1);
      const header = ['p', 'q', 'r', 'kind'];
      const { columns, numbers, labels } = await contentOf(csvOf([header, ...given.map((r) => r.flat())], how));
      expect(columns).toEqual(['p', 'q', 'r']);
      expect(numbers).toEqual(given.flatMap(([row]) => row.map((x) => x + 0)));
      expect(labels).toEqual(given.map(([, label]) => label));
    }),
    { numRuns: 60 },
  );
});

it('a table that people have measured', async () => {
  const table = await readTable(IRIS, { label: 'species' });
  expect(table.samples.count).toBe(150);
  const names = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'];
  expect(table.facts).toEqual({
    label: { name: 'species', position: 4 },
    columns: names.map((name, position) => ({ name, position, kind: 'number' })),
    hasNames: true,
    width: 5,
    missing: { mode: 'fill', values: [] },
    classNames: ['setosa', 'versicolor', 'virginica'],
  });
  expect(encodedRows(table).rows[0]).toEqual([5.1, 3.5, 1.4, 0.2].map(Math.fround));
});
