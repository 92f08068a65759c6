/** The jobs of bench/peers: the table is the same in each file, and a job is the same job for all batch sizes. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { provideData } from '../../bench/support/peer-data.js';
import { compilerTarget, isaEnvironment } from '../../bench/support/peer-isa.js';
import { drawTable, TABLE_CLASSES, TABLE_COLUMNS, writeTableData } from '../../bench/support/table-data.js';
import { FILES } from '../../src/data/idx-folder.js';
import { temporaryFolder } from '../support/idx-files.js';

describe('the table', () => {
  it('begins with the same rows, however many are drawn', () => {
    const [few, many] = [drawTable(50), drawTable(500)];
    expect(many.values.subarray(0, few.values.length)).toEqual(few.values);
    expect(many.labels.subarray(0, few.labels.length)).toEqual(few.labels);
    expect(drawTable(50, 'test').values).not.toEqual(few.values);
  });

  it('has no zeros, columns with mean 0 and variance 1, and classes of about the same size', () => {
    const rows = 20_000;
    const { values, labels } = drawTable(rows);
    expect(values.every((value) => value !== 0)).toBe(true);
    // Five standard errors of a mean, and of the mean square of uniform numbers (variance 4/5).
    const [ofMean, ofSquare] = [5 / Math.sqrt(rows), 5 * Math.sqrt(0.8 / rows)];
    for (let column = 0; column < TABLE_COLUMNS; column++) {
      const numbers = Array.from({ length: rows }, (_, row) => values[row * TABLE_COLUMNS + column]!);
      expect(Math.abs(mean(numbers))).toBeLessThan(ofMean);
      expect(Math.abs(mean(numbers.map((number) => number ** 2)) - 1)).toBeLessThan(ofSquare);
    }
    expect(Math.abs(mean([...labels]) - 0.5)).toBeLessThan(0.05);
  });

  it('has something to learn for hidden layers: correlations with single columns do not tell the class', () => {
    const rows = 20_000;
    const { values, labels } = drawTable(rows);
    const signs = Array.from(labels, (label) => 2 * label - 1);
    // For uncorrelated columns of variance 1, the covariances with the class are the best linear classifier.
    const weights = Array.from({ length: TABLE_COLUMNS }, (_, column) =>
      mean(signs.map((sign, row) => sign * values[row * TABLE_COLUMNS + column]!)),
    );
    const scores = signs.map((_, row) =>
      weights.reduce((sum, weight, column) => sum + weight * values[row * TABLE_COLUMNS + column]!, 0),
    );
    const accuracy = mean(scores.map((score, row) => (score > 0 === signs[row]! > 0 ? 1 : 0)));
    expect(accuracy).toBeGreaterThan(0.6);
    expect(accuracy).toBeLessThan(0.85);
  });

  it('has the same numbers and labels in the CSV file and in the binary files', () => {
    const folder = temporaryFolder();
    try {
      const rows = 300;
      writeTableData(folder.path, rows);
      const [head, ...lines] = readFileSync(path.join(folder.path, 'train.csv'), 'utf8').trim().split('\n');
      expect(head!.split(',')).toHaveLength(TABLE_COLUMNS + 1);
      const cells = lines.map((line) => line.split(','));
      const bytes = readFileSync(path.join(folder.path, 'train-rows-float32'));
      expect(bytes.length).toBe(4 * rows * TABLE_COLUMNS);
      const fromCsv = cells.flatMap((row) => row.slice(0, -1).map((cell) => Math.fround(Number(cell))));
      expect(Array.from(fromCsv.keys(), (i) => bytes.readFloatLE(4 * i))).toEqual(fromCsv);
      const labels = readFileSync(path.join(folder.path, FILES.trainLabels)).subarray(8);
      expect(Array.from(labels, (label) => TABLE_CLASSES[label])).toEqual(cells.map((row) => row.at(-1)));
      // So that Lockstep's classes, in the order of their text, have the same numbers.
      expect([...TABLE_CLASSES].sort()).toEqual(TABLE_CLASSES);
    } finally {
      folder.remove();
    }
  });
});

describe('a job', () => {
  it.each([32, 100, 1000])('has the same rate for the mean of a batch of %d', (batch) => {
    const { rate, widths } = provideData('mnist', batch);
    expect(rate * batch).toBeCloseTo(0.1, 12);
    expect(widths).toEqual([784, 1000, 10]);
  });

  it('has reference losses only where the reference has run it', () => {
    expect(provideData('mnist', 100).referenceLosses).not.toEqual([]);
    expect(provideData('mnist', 1000).referenceLosses).toEqual([]);
    expect(provideData('mnist', 100, 1000).referenceLosses).toEqual([]);
  });

  it('has only whole batches', () => {
    expect(() => provideData('mnist', 7)).toThrow('expected a batch size that divides 60000, found 7');
    expect(() => provideData('mnist', 100, 150)).toThrow('divides 150');
    expect(() => provideData('mnist', 100, 60_100)).toThrow('mnist has 60000 samples, not 60100');
  });
});

describe('an instruction set', () => {
  it('changes nothing unless one is asked for', () => {
    expect(isaEnvironment('native')).toEqual({});
    expect(compilerTarget('native')).toBe('native');
  });

  it('is added to the flags for XLA that are set already', () => {
    const flags = '--xla_cpu_max_isa=AVX2 --xla_cpu_experimental_ynn_fusion_type=';
    expect(isaEnvironment('avx2', { XLA_FLAGS: '--xla_dump_to=/somewhere' }).XLA_FLAGS).toBe(
      `--xla_dump_to=/somewhere ${flags}`,
    );
    expect(isaEnvironment('avx2', {}).XLA_FLAGS).toBe(flags);
  });
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
