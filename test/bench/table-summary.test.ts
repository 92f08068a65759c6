/** The comparison on tables: results are kept in a file, and only clear differences are called significant. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Results, SYSTEMS, type System } from '../../bench/tables/results.js';
import { differentTables, isBeyond, meanRanks, summaryOf, variantSummaryOf } from '../../bench/tables/summary.js';
import { Random } from '../../src/model/random.js';
import { temporaryFolder } from '../support/idx-files.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const TRIAL = {
  rows: 100,
  train: 80,
  test: 20,
  columns: 3,
  inputs: 4,
  classes: 2,
  hidden: [8],
  batch_size: 16,
  epochs: 5,
};
const SEEDS = 10;
const NOISE = Array.from({ length: 40 }, (_, i) => `noise ${i}`);
const random = new Random(5, 1);

/** Errors and losses around 0.3, plus what a system has more. */
function add(results: Results, table: string, more: Partial<Record<System, number>>, seeds = SEEDS): void {
  results.add({ table, trial: TRIAL });
  for (let seed = 1; seed <= seeds; seed++) {
    // What the split does to all systems.
    const split = random.fraction();
    for (const system of SYSTEMS) {
      const value = () => 0.3 + 0.2 * split + 0.02 * random.fraction() + (more[system] ?? 0);
      results.add({ table, system, seed, error: value(), loss: value(), inputs: 4, seconds: 1 });
    }
  }
}

const file = `${folder.path}/results.ndjson`;
beforeAll(() => {
  const results = new Results(file);
  add(results, 'worse', { Lockstep: 0.1 });
  add(results, 'better', { Lockstep: -0.1 });
  for (const name of NOISE) add(results, name, {});
  add(results, 'once', { LightGBM: -0.2 }, 1);
  results.add({ table: 'failed', failure: 'why' });
  results.add({ table: 'unfinished', trial: TRIAL });
  results.add({ table: 'unfinished', system: 'Lockstep', seed: 1, error: 0, loss: 0, inputs: 4, seconds: 1 });
});

const TABLES = ['worse', 'better', ...NOISE, 'once', 'failed', 'unfinished', 'never seen'];

describe('the summary of the tables', () => {
  it('is read back from the file, without tables that lack results', () => {
    const summaries = summaryOf(new Results(file), TABLES);
    expect(summaries.map(({ table }) => table)).toEqual(['worse', 'better', ...NOISE, 'once']);
    expect(summaries.map(({ seeds }) => seeds)).toEqual([...Array(42).fill(SEEDS), 1]);
    expect(new Results(file).of('failed').failure).toBe('why');
  });

  it('calls only clear differences significant, to the right side', () => {
    const summaries = summaryOf(new Results(file), TABLES);
    for (const network of ['MLP', 'NumPy'] as const) {
      const significant = summaries.filter(({ compared }) => compared.loss[network]?.isSignificant);
      expect(significant.map(({ table }) => table)).toEqual(['worse', 'better']);
      const [worse, better] = significant.map(({ compared }) => compared.loss[network]!);
      expect([isBeyond(worse!, 'worse'), isBeyond(worse!, 'better')]).toEqual([true, false]);
      expect([isBeyond(better!, 'worse'), isBeyond(better!, 'better')]).toEqual([false, true]);
      expect(worse!.mean).toBeCloseTo(0.1, 2);
    }
    expect(differentTables(summaries)).toEqual(['worse', 'better']);
    // Without the correction, some noise is beyond two standard errors.
    const beyond = summaries.filter(({ compared: { loss } }) => loss.MLP && isBeyond(loss.MLP, 'worse'));
    expect(beyond.length).toBeGreaterThan(1);
    // One seed has no standard error.
    expect(summaries.at(-1)!.compared.error).toEqual({ MLP: undefined, NumPy: undefined });
  });

  it('ranks the systems by their means', () => {
    const summaries = summaryOf(new Results(file), TABLES);
    expect(meanRanks([summaries[0]!, summaries[1]!], 'error', ['Lockstep', 'MLP']).ranks).toEqual([1.5, 1.5]);
    expect(meanRanks([summaries.at(-1)!], 'error', ['Lockstep', 'LightGBM']).ranks).toEqual([2, 1]);
    expect(meanRanks([summaries[0]!], 'error', SYSTEMS).ranks[0]).toBe(SYSTEMS.length);
  });

  it('compares a changed default with the same seeds of the defaults, over tables', () => {
    const results = new Results(`${folder.path}/variants.ndjson`);
    const score = { inputs: 4, seconds: 1 };
    for (const [i, table] of ['a', 'b', 'c'].entries()) {
      results.add({ table, trial: TRIAL });
      for (const seed of [1, 2, 3]) {
        results.add({ table, system: 'Lockstep', seed, error: 0.1 * seed, loss: seed, ...score });
        // The third seed is not measured yet.
        if (seed < 3) results.add({ table, system: 'lr × 3', seed, error: 0.1 * seed, loss: seed + i, ...score });
      }
    }
    results.add({ table: 'numbers', system: 'Lockstep', seed: 1, error: 0.5, ...score });
    results.add({ table: 'numbers', system: 'lr × 3', seed: 1, error: 0.9, ...score });
    const summary = variantSummaryOf(results, ['a', 'b', 'c', 'numbers'], 'lr × 3')!;
    expect(summary).toMatchObject({ tables: 3, error: { mean: 0, standardError: 0, p: 1 } });
    expect(summary.loss.mean).toBeCloseTo(1, 12);
    expect(summary.loss.standardError).toBeCloseTo(1 / Math.sqrt(3), 12);
    expect(variantSummaryOf(results, ['a'], 'no decay')).toBeUndefined();
  });

  it('leaves tables without a loss out of the ranks by loss', () => {
    const results = new Results(`${folder.path}/numbers.ndjson`);
    results.add({ table: 'numbers', trial: TRIAL });
    for (const system of SYSTEMS) results.add({ table: 'numbers', system, seed: 1, error: 0.5, inputs: 4, seconds: 1 });
    const summaries = summaryOf(results, ['numbers']);
    expect(meanRanks(summaries, 'loss', SYSTEMS).tables).toBe(0);
    expect(meanRanks(summaries, 'error', SYSTEMS)).toEqual({ tables: 1, ranks: SYSTEMS.map(() => 3) });
  });
});
