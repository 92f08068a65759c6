/** Labels that look like no classes are told from those that do. */
import { expect, it } from 'vitest';
import type { ClassName } from '../../../src/data/table/cells.js';
import { doubtAbout } from '../../../src/data/table/label-check.js';

const NUMBERS = Array.from({ length: 30 }, (_, i) => i);

function doubt(classNames: readonly ClassName[], rows: number): string | undefined {
  return doubtAbout({ label: { name: 'price', position: 2 }, classNames }, rows);
}

it.each<[string, readonly ClassName[], number, string | undefined]>([
  ['few classes, whatever they are', [0.5, 1, 1.5], 3, undefined],
  ['numbers of many rows each', NUMBERS, 300, undefined],
  ['texts of two rows each', NUMBERS.map((i) => `a${i}`), 60, undefined],
  ['numbers of few rows each', NUMBERS, 299, 'for regression, use --target instead of --label'],
  ['fractions', NUMBERS.map((i) => i / 4), 100_000, 'for regression, use --target instead of --label'],
  ['names of the rows', NUMBERS.map((i) => `a${i}`), 59, 'check that it is the label'],
])('%s', (_, classNames, rows, advice) => {
  const said = `--label price: 30 different values in ${rows} rows, each a class of its own; ${advice}`;
  expect(doubt(classNames, rows)).toBe(advice === undefined ? undefined : said);
});

it('a column without a name has a number', () => {
  const facts = { label: { name: undefined, position: 2 }, classNames: NUMBERS };
  expect(doubtAbout(facts, 30)).toContain('--label column 3: ');
});
