/** Random and damaged tables: never a crash, and the rows that slow and obvious parsers find. */
import { expect, it } from 'vitest';
import { fuzzTables } from '../../support/fuzz-tables.js';
import { valuesOf } from '../../support/thoroughness.js';

const CASES = 800;

it.each(valuesOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [1]))('seed %i', async (seed) => {
  const [tally] = await fuzzTables({ seed, from: 0, to: CASES }, () => undefined);
  expect(tally!.violations).toEqual([]);
  expect(tally!.cases).toBe(CASES);
});
