/** Random and damaged tables: never a crash, and the rows that slow and obvious parsers find. */
import { expect, it } from 'vitest';
import { tableCase, verdictOfAutomatic, verdictOfStream, verdictOfTable } from '../../support/fuzz-tables.js';
import { valuesOf } from '../../support/thoroughness.js';

const CASES = 800;

it.each(valuesOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [1]))('seed %i', { timeout: 60_000 }, async (seed) => {
  const wrong: string[] = [];
  for (let index = 0; index < CASES; index++) {
    const table = tableCase(seed, index);
    const verdict =
      (await verdictOfTable(table)) ?? (await verdictOfAutomatic(table)) ?? (await verdictOfStream(table));
    if (verdict !== undefined)
      wrong.push(`case ${index}: ${verdict}: ${JSON.stringify(String(Buffer.from(table.bytes)))}`);
  }
  expect(wrong).toEqual([]);
});
