/** `predict` on tables with and without a header: categories in the first row of data must not pass for column names. */
import { afterAll, describe, expect, it } from 'vitest';
import { fit as fitted } from '../../../src/index.js';
import { Random } from '../../../src/model/random.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { runHere } from '../../support/run-here.js';
import { csvOf } from '../../support/tables.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const random = new Random(11, 1);
const ROWS = Array.from({ length: 80 }, (_, i) => {
  const pick = (names: string) => names.split(' ')[random.below(names.split(' ').length)]!;
  // Two columns may have the same number in the first row, as in KEEL's german.dat.
  const number = i === 0 ? 4 : random.below(9);
  return [pick('A11 A12 A13'), number, pick('red green'), pick('yes no NA'), number, pick('1st 2nd'), pick('u v')];
});
const NAMES = ['status', 'count', 'color', 'own', 'other', 'floor', 'kind'];
const JOB = { hidden: [3], epochs: 1, threads: 1, testSplit: 0 } as const;

const modelOf = async (
  name: string,
  rows: readonly (readonly (string | number)[])[],
  label: string,
  header: 'yes' | 'no',
) => {
  const model = `${folder.path}/${name}.safetensors`;
  await (await fitted({ ...JOB, data: folder.write(`${name}.csv`, csvOf(rows)), label, header })).save(model);
  return model;
};

const predicted = async (model: string, rows: readonly (readonly (string | number)[])[]) => {
  const file = folder.write('rows.csv', csvOf(rows));
  const { status, stdout, stderr } = await runHere(['predict', model, file, '--format', 'ndjson', '--strict']);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { status, stderr, lines: lines.map((line) => JSON.parse(line) as { id: number; class: string }) };
};

describe('the first row of a table to predict', () => {
  it('is data if it fits a model without column names, or a header above them', async () => {
    const model = await modelOf('unnamed', ROWS, '7', 'no');
    const plain = await predicted(model, ROWS);
    expect(plain).toMatchObject({ status: 0, stderr: '' });
    expect(plain.lines.map(({ id }) => id)).toEqual(ROWS.map((_, i) => i + 1));
    const headed = await predicted(model, [NAMES, ...ROWS]);
    expect(headed).toMatchObject({ status: 0, stderr: '' });
    expect(headed.lines).toEqual(plain.lines.map((line) => ({ ...line, id: line.id + 1 })));
    const withoutLabel = await predicted(
      model,
      ROWS.map((row) => row.slice(0, -1)),
    );
    expect(withoutLabel.lines).toEqual(plain.lines);
  });

  it('is data if it fits a model with column names, and a header if it has one of them', async () => {
    const model = await modelOf('named', [NAMES, ...ROWS], 'kind', 'yes');
    const headed = await predicted(model, [NAMES, ...ROWS]);
    const plain = await predicted(model, ROWS);
    expect(plain).toMatchObject({ status: 0, stderr: '' });
    expect(plain.lines).toEqual(headed.lines.map((line) => ({ ...line, id: line.id - 1 })));
  });

  it('is a header that lacks columns, rather than data, if it has other names', async () => {
    const model = await modelOf('others', [NAMES, ...ROWS], 'kind', 'yes');
    const { status, stderr } = await predicted(model, [NAMES.map((name) => `${name}_2`), ...ROWS]);
    expect(status).toBe(1);
    expect(stderr).toContain('column status');
  });

  it('is data if all columns are categories, and most of them are known', async () => {
    const rows = ROWS.map((row) => row.filter((_, i) => i !== 1 && i !== 4));
    const model = await modelOf('categories', rows, '5', 'no');
    const { status, lines } = await predicted(model, [['A12', 'blue', 'yes', '1st', 'u'], ...rows]);
    expect([status, lines.length]).toEqual([0, rows.length + 1]);
  });
});
