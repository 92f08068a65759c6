/** Category columns with many numbers: a warning counts the other cells, and shows some. */
import { afterAll, describe, expect, it } from 'vitest';
import { loadDataset } from '../../../src/data/sources.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { csvOf } from '../../support/tables.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const COUNT = 60;
const TEXTS = ['n.a.', '12 kg', 'unknown', 'lost', 'broken'];

/** @param others  texts among the cells */
function tableOf(others: number, text: (i: number) => string, usual = (i: number) => String(i + 0.5)): string {
  const rows = Array.from({ length: COUNT }, (_, i) => [i < others ? text(i) : usual(i), i % 7, 'xy'[i % 2]!]);
  return folder.write('t.csv', csvOf([['c', 'n', 'kind'], ...rows]));
}

async function warningOf(file: string, options = {}): Promise<string | undefined> {
  const { remarks, table } = await loadDataset(file, { label: 'kind', ...options });
  const found = remarks!.find(({ code }) => code === 'mixed_columns')?.message;
  if (found !== undefined) expect(table!.columns[0]!.kind).toBe('category');
  return found;
}

const someText = (i: number) => TEXTS[i % TEXTS.length]!;

describe('a column of numbers and other text', () => {
  it.each([7, 20, 30])('gives a warning if %i of 60 cells are text', async (others) => {
    const message = await warningOf(tableOf(others, someText));
    expect(message).toContain(
      `t.csv: used as categories: column 1 (c): ${others} of 60 cells are not numbers (row 2: n.a.; row 3: 12 kg; row 4: unknown; …); `,
    );
    expect(message).toContain('--missing-values');
    expect(message).toContain('--types');
  });

  it('gives none if less than half of the cells are numbers', async () => {
    expect(await warningOf(tableOf(31, someText))).toBeUndefined();
  });

  it('gives none if someone has said what it is', async () => {
    const file = tableOf(20, someText);
    expect(await warningOf(file, { types: ['c=category'] })).toBeUndefined();
    expect(await warningOf(file, { drop: ['c'] })).toBeUndefined();
    expect(await warningOf(file, { missingValues: TEXTS })).toBeUndefined();
  });

  it('gives none if the numbers are few, such as names of categories', async () => {
    expect(await warningOf(tableOf(20, someText, (i) => String(i % 4)))).toBeUndefined();
  });

  it('does not count missing cells, and shows each text once', async () => {
    const file = tableOf(20, (i) => (i < 10 ? 'NA' : i < 15 ? 'a' : TEXTS[i - 15]!));
    expect(await warningOf(file)).toContain(
      '10 of 50 cells are not numbers (row 12: a; row 17: n.a.; row 18: 12 kg; …)',
    );
  });

  it('warns of dates, too', async () => {
    const date = (i: number) => `2026-02-${10 + (i % 18)}`;
    expect(await warningOf(tableOf(20, someText, date))).toContain('20 of 60 cells are not dates (row 2: n.a.; ');
    expect(await warningOf(tableOf(20, (i) => String(100 + i), date))).toContain(
      '20 of 60 cells are not dates (row 2: 100; …)',
    );
  });
});
