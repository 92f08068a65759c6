import { afterAll, describe, expect, it } from 'vitest';
import { csvRows } from '../../../src/data/table/csv.js';
import { namesForModel } from '../../../src/data/table/model-header.js';
import { dialectOf, readRawTable } from '../../../src/data/table/read-raw-table.js';
import { readTable } from '../../../src/data/table/read-table.js';
import { inUtf8 } from '../../../src/data/table/utf8.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { encodedRows } from '../../support/tables.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const shapes = ['round', 'flat', 'flat', 'round', 'long', 'flat'];
const labels = ['yes', 'no', 'no', 'yes', 'yes', 'no'];
const texts = shapes.map((shape, i) => `${shape},${i % 2 ? 'red' : 'blue'},${labels[i]}`);
const numbers = shapes.map((_, i) => `${i * i},${i / 8},${labels[i]}`);
const european = numbers.map((line) => line.replaceAll(',', ';').replaceAll('.', ','));

const TABLES: Readonly<Record<string, { text: string; label: string; comment?: string }>> = {
  'texts without a header': { text: texts.join('\n'), label: '3' },
  'texts with a header': { text: ['shape,color,ok', ...texts].join('\n'), label: 'ok' },
  'numbers without a header': { text: numbers.join('\n'), label: '3' },
  'numbers with a header': { text: ['a,b,ok', ...numbers].join('\n'), label: '3' },
  'the header that pandas gives': { text: ['0,1,2', ...numbers].join('\n'), label: '3' },
  'a header as R writes it': {
    text: ['a b y', ...numbers.map((row, i) => `"${i}" ${row.replaceAll(',', ' ')}`)].join('\n'),
    label: 'y',
  },
  'sep=; behind a byte order mark, and decimal commas': {
    text: ['\ufeffsep=;', 'a;b;y', ...european].join('\r\n'),
    label: 'y',
  },
  'decimal commas without a header': { text: european.join('\n'), label: '3' },
  'quoted names that contain the delimiter': {
    text: ['"a,1"|"b|2"|y', ...numbers.map((row) => row.replaceAll(',', '|'))].join('\n'),
    label: 'y',
  },
  comments: { text: ['# a,b', 'a,b,y', '# c', ...numbers].join('\n'), label: 'y', comment: '#' },
  'two unnamed columns': { text: [',,y', ...numbers].join('\n'), label: 'y' },
};

describe('predict takes the same first row for a header as training does', () => {
  it.each(Object.entries(TABLES))('%s', async (_, { text, label, comment }) => {
    const file = folder.write('table.csv', text);
    const raw = await readRawTable(file, { label, comment });
    const { table } = encodedRows(await readTable(file, { label, comment }));
    async function* chunks() {
      yield Buffer.from(text);
    }
    const rows = [];
    for await (const batch of csvRows(file, inUtf8(chunks()), dialectOf({ comment }))) rows.push(...batch);
    const names = namesForModel(file, rows[0]!.cells.map(String), table);
    expect(names).toEqual(raw.hasHeader ? raw.names : undefined);
    expect(rows.length).toBe(raw.count + Number(raw.hasHeader));
    expect(rows.every(({ cells }) => cells.length === raw.columns.length)).toBe(true);
  });
});

it('a row of texts is data for a model without names, known or not: none may be lost', async () => {
  const { table } = encodedRows(await readTable(folder.write('table.csv', texts.join('\n')), { label: '3' }));
  expect(namesForModel('T', ['flat', 'red', 'no'], table)).toBeUndefined();
  expect(namesForModel('T', ['flat', 'red'], table)).toBeUndefined();
  expect(namesForModel('T', ['shape', 'color'], table)).toBeUndefined();
});
