/**
 * Tables with damaged cells and bytes: used, reported or refused row by row, by training, evaluation and prediction.
 * test/reliability/tables.ts goes on with other seeds.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fuzzMixed, type Models, modelsOfMixed } from '../../support/fuzz-mixed.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { valuesOf } from '../../support/thoroughness.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

let models: Models;
beforeAll(async () => {
  models = await modelsOfMixed(folder);
});

const CASES = valuesOf(400, 100);

it.each(valuesOf([1, 2, 3], [1]))('seed %i', async (seed) => {
  const [tally] = await fuzzMixed({ models, seed, from: 0, to: CASES }, () => undefined);
  expect(tally!.violations).toEqual([]);
  // Damage that is always refused, or never, would show nothing.
  expect(Math.min(tally!.refused, CASES - tally!.refused)).toBeGreaterThan(CASES / 20);
});
