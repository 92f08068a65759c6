/** The short form of test/reliability/fuzz.ts: some thousand mutated inputs, the same each time. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fuzz } from '../support/fuzz.js';
import { valuesOf } from '../support/thoroughness.js';
import { type TinyRun, tinyRun, tinyTableRuns } from '../support/tiny-run.js';

let all: TinyRun[];
beforeAll(async () => {
  all = [await tinyRun(), ...(await tinyTableRuns())];
});
afterAll(() => {
  for (const { remove } of all) remove();
});

it('mutated data, checkpoints and options are taken, or refused as they should', async () => {
  const tallies = await fuzz(all, valuesOf(3000, 1500), valuesOf(20, 8), 1);
  expect(tallies.flatMap(({ kind, violations }) => violations.map((each) => `${kind}: ${each}`))).toEqual([]);
  for (const { kind, cases, refused } of tallies) {
    expect(cases, kind).toBeGreaterThan(5);
    // Mutations that are all refused for the same first reason would show nothing.
    if (kind !== 'checkpoint: bytes') expect(refused, kind).toBeLessThan(cases);
  }
});
