/** Random and damaged tables: never a crash, and the rows that slow and obvious parsers find. */
import { expect, it } from 'vitest';
import { fuzzTables } from '../../support/fuzz-tables.js';
import { valuesOf } from '../../support/thoroughness.js';

const CASES = valuesOf(800, 400);

it.each(valuesOf([1, 2, 3, 4], [1]))('seed %i', async (seed) => {
  const [tally] = await fuzzTables({ seed, from: 0, to: CASES }, () => undefined);
  expect(tally!.violations).toEqual([]);
  expect(tally!.cases).toBe(CASES);
});
