/** Metrics against scikit-learn's, recorded by test/fixtures/metrics.py. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { BY_CLASS, measureClasses, OVERALL } from '../../../src/metrics/quality/classification.js';
import { measureNumbers, REGRESSION } from '../../../src/metrics/quality/regression.js';
import { scoresOf } from '../../support/class-scores.js';
import { fixtures } from '../../support/paths.js';

type Numbers = Readonly<Record<string, number | null>>;

interface Recorded {
  readonly classification: readonly {
    readonly name: string;
    readonly top_k: number;
    readonly probabilities: readonly (readonly number[])[];
    readonly targets: readonly number[];
    readonly weights?: readonly number[];
    readonly expected: Numbers;
    readonly classes: readonly Numbers[];
  }[];
  readonly regression: readonly {
    readonly name: string;
    readonly targets: readonly (readonly number[])[];
    readonly predicted: readonly (readonly number[])[];
    readonly weights?: readonly number[];
    readonly expected: Numbers;
    readonly by_target: readonly Numbers[];
  }[];
}

const recorded = JSON.parse(readFileSync(path.join(fixtures, 'metrics.json'), 'utf8')) as Recorded;

function expectEqual(found: Numbers, expected: Numbers, names: readonly string[], where: string): void {
  for (const name of names) {
    const wanted = expected[name]!;
    if (wanted === null) expect(found[name], `${where} ${name}`).toBeNull();
    else expect(Math.abs(found[name]! - wanted), `${where} ${name}`).toBeLessThanOrEqual(1e-12 * Math.max(1, wanted));
  }
}

describe('within 1e-12 of scikit-learn', () => {
  it.each(recorded.classification)('$name', async ({ top_k, probabilities, targets, weights, expected, classes }) => {
    const { metrics } = await measureClasses(scoresOf(probabilities, targets), [...classes.keys()], {
      ...{ topK: top_k, resamples: 0, weights: weights && Float64Array.from(weights) },
    });
    expectEqual(metrics as unknown as Numbers, expected, OVERALL, 'all');
    expect(metrics.classes).toHaveLength(classes.length);
    for (const [c, each] of classes.entries()) {
      expectEqual(metrics.classes[c] as unknown as Numbers, each, [...BY_CLASS, 'samples'], `class ${c}`);
    }
  });

  it.each(recorded.regression)('$name', async ({ targets, predicted, weights, expected, by_target }) => {
    const columns = (values: readonly (readonly number[])[]) => values.map((column) => Float64Array.from(column));
    const found = await measureNumbers(columns(predicted), columns(targets), targets.map(String), {
      ...{ resamples: 0, weights: weights && Float64Array.from(weights) },
    });
    expectEqual(found as unknown as Numbers, expected, REGRESSION, 'all');
    for (const [t, each] of by_target.entries()) {
      expectEqual(found.targets[t] as unknown as Numbers, each, REGRESSION, `target ${t}`);
    }
  });
});
