/** Reports: that they load nothing, are well-formed whatever the names are, and show what was measured. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EvaluationEvent } from '../../../src/metrics/events.js';
import { measureClasses } from '../../../src/metrics/quality/classification.js';
import { measureNumbers } from '../../../src/metrics/quality/regression.js';
import { Random } from '../../../src/model/random.js';
import { classReport } from '../../../src/tools/report/class-report.js';
import type { Report } from '../../../src/tools/report/model.js';
import { numbersReport } from '../../../src/tools/report/numbers-report.js';
import { reportPage } from '../../../src/tools/report/page.js';
import { reportSheet } from '../../../src/tools/report/sheet.js';
import { warningsOf } from '../../../src/tools/report/warnings.js';
import { scoresOf } from '../../support/class-scores.js';
import { drawingsIn, loadedBy } from '../../support/report-parts.js';
import { valuesOf } from '../../support/thoroughness.js';

interface Case {
  readonly samples: number;
  readonly names: readonly (string | number)[];
  /** Class of a sample. */
  readonly target?: (sample: number) => number;
  readonly skill?: number;
  readonly resamples?: number;
}

async function evaluated({ samples, names, target, skill = 1, resamples = 20 }: Case) {
  const random = new Random(samples, names.length);
  const targets = Array.from({ length: samples }, (_, s) => target?.(s) ?? random.below(names.length));
  const probabilities = targets.map((own) => {
    const raw = names.map((_, c) => random.fraction() + (c === own ? skill : 0) + 1e-3);
    const sum = raw.reduce((a, b) => a + b, 0);
    return raw.map((p) => p / sum);
  });
  const measured = await measureClasses(scoresOf(probabilities, targets), names, { resamples });
  const confusion = names.map(() => names.map(() => 0));
  for (const [s, own] of targets.entries()) {
    const row = probabilities[s]!;
    confusion[own]![row.indexOf(Math.max(...row))]!++;
  }
  const event: EvaluationEvent = {
    ...{
      event: 'evaluation',
      objective: 'softmax-cross-entropy',
      model: 'm.safetensors',
      dataset: { name: 'd.csv', split: 'test', samples },
    },
    ...{ test_loss: measured.metrics.log_loss, test_error: 1 - measured.metrics.accuracy, ...measured.metrics },
    ...{ confusion, kernel: 'simd', weights_sha256: '0'.repeat(64) },
  };
  return { event, report: classReport(event, measured) };
}

const importance = (names: readonly string[]) =>
  names.map((column, i) => ({
    ...{ column, loss_increase: 1 - i, loss_increase_std: 0.1, error_increase: 0.1, error_increase_std: 0.01 },
  }));

/** Both forms of it. */
function expectSound(report: Report): void {
  for (const text of [reportPage(report), reportSheet(report)]) {
    expect(loadedBy(text)).toEqual([]);
    expect(text).not.toMatch(/NaN|Infinity|undefined|null/);
    drawingsIn(text);
  }
}

describe('a report on classes', () => {
  it.each<[string, Case]>([
    ['two classes', { samples: 50, names: ['no', 'yes'] }],
    ['three classes, without intervals', { samples: 40, names: [1, 2, 3], resamples: 0 }],
    ['one sample', { samples: 1, names: ['a', 'b'] }],
    ['one class of two', { samples: 10, names: ['a', 'b'], target: () => 1 }],
    ['one class of five', { samples: 10, names: ['a', 'b', 'c', 'd', 'e'], target: () => 2 }],
    ['no skill at all', { samples: 30, names: ['a', 'b', 'c'], skill: -0.9 }],
    ['25 classes with long names', { samples: 200, names: Array.from({ length: 25 }, (_, c) => `a long name ${c}`) }],
    ['150 classes', { samples: 400, names: Array.from({ length: 150 }, (_, c) => c) }],
  ])('%s: is sound', async (_, given) => {
    expectSound((await evaluated(given)).report);
  });

  it('has the figures of the event, and a drawing of each kind', async () => {
    const { event } = await evaluated({ samples: 60, names: ['ham', 'spam'] });
    const whole = { ...event, importance: importance(['length', 'caps']) };
    const report = classReport(whole, await measuredAgain(60));
    const page = reportPage(report);
    expect(page).toContain(event.accuracy.toFixed(4));
    expect(page).toContain(`${event.intervals.roc_auc![0].toFixed(4)} to ${event.intervals.roc_auc![1].toFixed(4)}`);
    const titles = [...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title);
    expect(titles).toEqual([
      ...['Metrics', 'Confusion matrix', 'ROC curve', 'Precision and recall', 'Calibration'],
      ...['Importance of the columns', 'Classes'],
    ]);
    for (const count of event.confusion.flat().filter((each) => each > 0)) expect(page).toContain(`>${count}</text>`);
    expectSound(report);
  });

  async function measuredAgain(samples: number) {
    const targets = Array.from({ length: samples }, (_, s) => s % 2);
    const rows = targets.map((target) => (target === 0 ? [0.75, 0.25] : [0.25, 0.75]));
    return measureClasses(scoresOf(rows, targets), ['ham', 'spam'], { resamples: 0 });
  }

  it('is safe, whatever the names are', async () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('<script>alert(1)</script>', '"&\'>', '\u202e', ']]>'),
    );
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { minLength: 4, maxLength: 4 }), name, async (names, any) => {
        const { event } = await evaluated({ samples: 12, names, resamples: 5 });
        const odd = { ...event, model: any, dataset: { ...event.dataset, name: any }, importance: importance(names) };
        const scores = scoresOf(
          names.map((_, c) => names.map((__, i) => (i === c ? 0.7 : 0.1))),
          [0, 1, 2, 3],
        );
        const report = classReport(odd, await measureClasses(scores, names, { resamples: 0 }));
        for (const text of [reportPage(report), reportSheet(report)]) {
          drawingsIn(text);
          expect(text).not.toMatch(/<script|\u202e/);
        }
      }),
      { numRuns: valuesOf(30, 12) },
    );
  });
});

describe('notes', () => {
  const notes = async (given: Case, split: 'test' | 'train' = 'test') => {
    const { event } = await evaluated(given);
    return warningsOf({ ...event, dataset: { ...event.dataset, split } }).join('\n');
  };

  it('say that a network is no better than a constant', async () => {
    const rare = { samples: 200, names: ['ok', 'rare'], target: (s: number) => (s % 20 === 0 ? 1 : 0), skill: -0.5 };
    expect(await notes(rare)).toContain('not above 95.0 %, which a constant prediction of “ok” would reach');
    expect(await notes({ ...rare, skill: 0.9 })).not.toContain('constant');
  });

  it('say which samples, which classes and how few', async () => {
    const text = await notes({ samples: 30, names: ['a', 'b', 'c'], target: (s) => s % 2, skill: 9 }, 'train');
    expect(text).toContain('trained on these samples');
    expect(text).toContain('Classes without samples here: c.');
    expect(text).toContain('fewer than 20 samples: a, b.');
    expect(text).toContain('may still be up to 10 %');
  });

  it('are none for a good network on many samples', async () => {
    expect(await notes({ samples: 400, names: ['a', 'b'], skill: 0.8 })).toBe('');
  });
});

describe('a report on numbers', () => {
  it.each([
    [1, 1],
    [2, 40],
    [1, 5000],
  ])('of %i targets and %i samples is sound', async (targets, samples) => {
    const random = new Random(5, 0);
    const truth = Array.from({ length: targets }, () =>
      Float64Array.from({ length: samples }, () => 1e4 * (random.fraction() - 0.3)),
    );
    const predicted = truth.map((column) => column.map((y) => y + 300 * (random.fraction() - 0.5)));
    const names = truth.map((_, t) => `<price ${t}>`);
    const metrics = await measureNumbers(predicted, truth, names, { resamples: 10 });
    const report = numbersReport({
      ...{ title: 't', subtitle: 's', footer: 'f', warnings: [], metrics, predicted, targets: truth },
      importance: { what: 'increase of the MAE', bars: [{ name: 'x', value: 2, std: 0.5 }] },
    });
    expectSound(report);
    const page = reportPage(report);
    expect(page.match(/<figure>/g)).toHaveLength(3 * targets + 1);
    expect(page).toContain('&lt;price 0&gt;');
    // A report on many samples is not larger.
    expect(page.length).toBeLessThan(600_000);
  });
});
