/** Text that people mean as numbers or dates: it is not read as such, and a warning says so. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { loadDataset } from '../../../src/data/sources.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { refusalOf } from '../../support/refusals.js';
import { csvOf } from '../../support/tables.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const COUNT = 60;
const range = Array.from({ length: COUNT }, (_, i) => i);

function tableOf(cell: (i: number) => string, withNumber = true): string {
  const rows = range.map((i) => [cell(i), ...(withNumber ? [i % 7] : []), 'xy'[i % 2]!]);
  return folder.write('t.csv', csvOf([['c', ...(withNumber ? ['n'] : []), 'kind'], ...rows]));
}

async function warningOf(cell: (i: number) => string, options = {}): Promise<string | undefined> {
  const { remarks } = await loadDataset(tableOf(cell), { label: 'kind', ...options });
  return remarks!.find(({ code }) => code === 'text_like_numbers')?.message;
}

const grouped = (i: number, separator: string) => `${i + 1}${separator}${String(137 * i + 100).slice(0, 3)}`;

describe('a warning', () => {
  it.each<[string, (i: number) => string, string]>([
    ['thousands, with commas', (i) => grouped(i, ','), '1,100'],
    ['thousands, with blanks', (i) => grouped(i, '\u202f'), '1\u202f100'],
    ['thousands, with apostrophes', (i) => `${grouped(i, "'")}.50`, "1'100.50"],
    ['thousands and decimals of Germany', (i) => `${grouped(i, '.')},5`, '1.100,5'],
    ['percentages', (i) => `${i}.5%`, '0.5%'],
    ['dollars', (i) => `$${grouped(i, ',')}`, '$1,100'],
    ['euros', (i) => `${i},50 €`, '0,50 €'],
    ['codes of currencies', (i) => `USD ${i}`, 'USD 0'],
    ['negative numbers of accountants, beside others', (i) => (i % 3 === 0 ? `(${i}.25)` : `${i}.25`), '(0.25)'],
    ['the minus of typesetters', (i) => `\u2212${i}`, '\u22120'],
    ['dates of America', (i) => `12/${1 + (i % 28)}/2026`, '12/1/2026'],
    ['dates of Germany', (i) => `${1 + (i % 28)}.12.26`, '1.12.26'],
    ['dates in words', (i) => `Jun ${1 + (i % 28)}, 1998`, 'Jun 1, 1998'],
    ['dates and times', (i) => `${1 + (i % 28)}-Mar-2020 10:3${i % 10}`, '1-Mar-2020 10:30'],
  ])('of %s', async (_, cell, example) => {
    const message = await warningOf(cell);
    expect(message).toMatch(
      /t\.csv: some text looks like numbers or dates, but is not read as such: column 1 \(c\) is /,
    );
    expect(message).toContain(`(${example}); write numbers as 1234.5 and dates as 2026-01-31; if they are categories`);
    expect(await warningOf(cell, { types: ['c=category'] })).toBeUndefined();
  });

  it.each<[string, (i: number) => string]>([
    ['names', (i) => `name ${i % 9}`],
    ['numbers', (i) => `${i}.5`],
    ['ISO dates', (i) => `2026-03-${10 + (i % 20)}`],
    ['two percentages', (i) => (i % 2 === 0 ? '50%' : '100%')],
    ['versions', (i) => `1.${i}.0`],
    ['addresses', (i) => `10.0.${i}.1`],
    ['ranges', (i) => `${i}-${i + 5}`],
    ['sizes', (i) => `${i} kg`],
    ['times', (i) => `10:${10 + (i % 50)}`],
    ['codes', (i) => `AB${i}`],
    ['a few amounts among names', (i) => (i % 5 === 0 ? `$${i}` : `name ${i % 9}`)],
  ])('is not given for %s', async (_, cell) => {
    expect(await warningOf(cell)).toBeUndefined();
  });

  it('says whether the column is used', async () => {
    expect(await warningOf((i) => `${grouped(i, ',')} $`)).toContain('is left out');
    expect(await warningOf((i) => `${i % 4}%`)).toContain('is a category');
  });
});

describe('errors help, too', () => {
  it('if there is no other input', async () => {
    const { message } = await refusalOf(() =>
      loadDataset(
        tableOf((i) => `$${i}.5`, false),
        { label: 'kind' },
      ),
    );
    expect(message).toMatch(/no input columns \(column 1 \(c\) differs .*; some text looks like numbers .* \(\$0\.5\)/);
  });

  it('if only a few numbers are written like that', async () => {
    const cell = (i: number) => (i % 20 === 0 ? grouped(i, ',') : `${i}.5`);
    const { message } = await refusalOf(() => loadDataset(tableOf(cell), { label: 'kind' }));
    expect(message).toMatch(/3 of 60 cells are not numbers \(row 2: 1,100; .*; write numbers as 1234\.5; if they are/);
  });
});

it('any text is looked at in no time', () => {
  const pieces = fc.constantFrom('1', '234', ',', '.', ' ', '$', '(', ')', '%', '-', '/', 'Jun', 'USD', '0'.repeat(50));
  const texts = fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join(''));
  return fc.assert(
    fc.asyncProperty(fc.array(texts, { minLength: 12, maxLength: 12 }), async (cells) => {
      const began = process.cpuUsage();
      try {
        await warningOf((i) => cells[i % 12]!);
      } catch {
        // (Such as numbers beside other text.)
      }
      expect(process.cpuUsage(began).user).toBeLessThan(1e6);
    }),
    { numRuns: 50 },
  );
});
