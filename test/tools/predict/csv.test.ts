/** `predict --format csv`: the columns of the input come back, cell by cell, with what the library predicts beside them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fit as fitted, loadClassifier, loadRegressor } from '../../../src/index.js';
import { Random } from '../../../src/model/random.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { tensorFile } from '../../support/plain-model.js';
import { runHere } from '../../support/run-here.js';
import { csvOf } from '../../support/tables.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const COLORS = ['red', 'a "quoted", one', 'two\nlines', ' blank ', 'é;x'];
const random = new Random(5, 1);
const ROWS = Array.from({ length: 60 }, (_, i) => {
  const color = COLORS[random.below(COLORS.length)]!;
  return { color, size: random.below(1000) / 8, note: `n,${i}`, kind: ['x', 'y, z', 'w'][i % 3]!, price: i * 1.5 };
});
const NAMES = ['color', 'size', 'note', 'kind', 'price'] as const;
const CELLS = ROWS.map((row) => NAMES.map((name) => row[name]));

const [classes, numbers] = ['classes', 'numbers'].map((name) => `${folder.path}/${name}.safetensors`) as [
  string,
  string,
];
beforeAll(async () => {
  const job = { hidden: [6], epochs: 3, threads: 1, scale: 'standard', drop: ['note'] } as const;
  await (await fitted({ ...job, data: { rows: ROWS, label: 'kind' } })).save(classes);
  await (await fitted({ ...job, data: { rows: ROWS, target: 'price' } })).save(numbers);
});

/** A reader of RFC 4180 of its own. */
function parse(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === '\n') rows.push([]);
    if (end === '') break;
  }
  return rows.slice(0, -1);
}

const run = async (args: readonly string[], input = '') => {
  const { status, stdout, stderr } = await runHere(['predict', ...args, '--format', 'csv'], input);
  return { status, rows: parse(stdout), stderr };
};
const trimmed = (cells: readonly (string | number)[]) => cells.map((cell) => String(cell).trim());

describe('the CSV of predict', () => {
  it('has the cells of the table, the class and its probabilities', async () => {
    const file = folder.write('table.csv', csvOf([[...NAMES], ...CELLS]));
    const { status, rows, stderr } = await run([classes, file]);
    expect([status, stderr]).toEqual([0, '']);
    const [header, ...lines] = rows;
    const added = ['predicted_kind', 'probability', 'probability_w', 'probability_x', 'probability_y, z'];
    expect(header).toEqual([...NAMES, ...added]);
    const expected = (await loadClassifier(classes)).predict(ROWS);
    expect(lines).toEqual(
      expected.map(({ className, label, probabilities }, i) => [
        ...trimmed(CELLS[i]!),
        ...[className, probabilities[label]!, ...probabilities].map(String),
      ]),
    );
  });

  it('is the same for a table in Windows-1252, which evaluate reads, too', async () => {
    const text = csvOf([[...NAMES], ...CELLS]);
    const utf8 = folder.write('table.csv', text);
    const other = folder.write('other.csv', Buffer.from(text, 'latin1'));
    const { stdout } = await runHere(['predict', classes, utf8, '--format', 'csv']);
    const found = await runHere(['predict', classes, other, '--format', 'csv', '--encoding', 'windows-1252']);
    expect(found.stdout).toBe(stdout);
    const model = await loadClassifier(classes);
    const expected = await model.evaluate(utf8);
    expect(await model.evaluate(other, { encoding: 'latin1' })).toEqual(expected);
    await expect(model.evaluate(other)).rejects.toThrow('save the table as UTF-8, or use `encoding` windows-1252');
    const args = ['evaluate', classes, '--data', other, '--encoding', 'latin1', '--split', 'all', '--format', 'ndjson'];
    expect(JSON.parse((await runHere(args)).stdout)).toMatchObject({ log_loss: expected.log_loss });
  });

  it('has the most probable classes with --top, and no header if the table has none', async () => {
    const input = csvOf(CELLS, { delimiter: ';', quoteAll: true });
    const { rows } = await run([classes, '--top', '2', '-'], input.replace(/^/, `${NAMES.join(';')}\n`));
    expect(rows[0]!.slice(5)).toEqual(['predicted_kind', 'probability', 'predicted_kind_2', 'probability_2']);
    expect(rows).toHaveLength(61);
    for (const row of rows.slice(1)) expect(Number(row[6])).toBeGreaterThanOrEqual(Number(row[8]));
    const bare = folder.write(
      'bare.csv',
      csvOf([
        [1, 2],
        [3, 4],
        [5, 6],
        [7, 8],
      ]),
    );
    const plain = `${folder.path}/plain.safetensors`;
    const data = {
      rows: [
        [1, 2],
        [3, 4],
        [5, 6],
        [7, 8],
      ],
      target: '2',
    };
    await (await fitted({ data, hidden: [2], epochs: 1, threads: 1 })).save(plain);
    const model = await loadRegressor(plain);
    expect((await run([plain, bare])).rows).toEqual(
      data.rows.map((row) => [...row, model.predict(row.slice(0, 1)).estimates['2']].map(String)),
    );
  });

  it('has estimates, under names that the table does not have, and keeps the places of rows that cannot be used', async () => {
    const rows = ROWS.slice(0, 6).map((row, i) => ({
      ...row,
      predicted_price: 'before',
      size: i === 2 ? 'big' : row.size,
    }));
    const names = [...NAMES, 'predicted_price'] as const;
    const file = folder.write(
      'odd.csv',
      `${csvOf([[...names], ...rows.map((row) => names.map((name) => row[name]))])}1,2\n`,
    );
    const found = await run([numbers, file]);
    expect(found.status).toBe(0);
    expect(found.stderr).toMatch(
      /column 2 \(size\): big; expected a number\n.*2 columns; expected 6.*\n.*5 predicted, 2 could not/,
    );
    expect(found.rows[0]).toEqual([...names, 'predicted_price_2']);
    const model = await loadRegressor(numbers);
    expect(found.rows.slice(1).map((row) => row[6])).toEqual(
      ROWS.slice(0, 6).map((row, i) => (i === 2 ? '' : String(model.predict(row).estimates.price))),
    );
  });

  it('is for CSV and networks of tables alone, and for tables with the same columns', async () => {
    const expected =
      '--format csv: only for CSV tables, and networks that were trained on a table; use --format ndjson';
    const images = folder.write('images.safetensors', tensorFile([[1, 2]], [0, 0]));
    for (const [args, input] of [
      [[images], '[1]'],
      [[classes], '{"color":"red"}'],
      [[classes, folder.write('rows.ndjson', '{}')], ''],
    ] as const) {
      const { status, stderr, rows } = await run(args, input);
      expect([status, rows]).toEqual([2, []]);
      expect(stderr).toContain(expected);
    }
    const [one, other] = ['color,size,price', 'size,color,price'].map((header, i) =>
      folder.write(`${i}.csv`, `${header}\n1,2,3\n`),
    );
    const { status, stderr } = await run([classes, one!, other!]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/1\.csv: other columns than .*0\.csv, whose rows --format csv writes to the same table/);
  });
});
