/** The drawings in a report, which any SVG reader must understand, and what it would load. */
import { Resvg } from '@resvg/resvg-js';
import type { EvaluationEvent } from '../../src/metrics/events.js';
import { measureClasses } from '../../src/metrics/quality/classification.js';
import { classReport } from '../../src/tools/report/class-report.js';
import type { Report } from '../../src/tools/report/model.js';
import { scoresOf } from './class-scores.js';

/** @throws if a drawing is not well-formed */
export function drawingsIn(report: string): string[] {
  const all = [...report.matchAll(/<svg[\s\S]*?<\/svg>/g)].map(([drawing]) =>
    drawing.includes('xmlns=') ? drawing : drawing.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"'),
  );
  for (const drawing of all) new Resvg(drawing, { font: { loadSystemFonts: false } });
  return all;
}

/** Whatever a browser would load or run. */
export function loadedBy(report: string): string[] {
  return [
    ...report
      .replaceAll('http://www.w3.org/2000/svg', '')
      .matchAll(
        /<(?:script|link|img|image|iframe|object|embed|use|foreignObject)[\s>]|\s(?:on\w+|href|src|srcset)\s*=|url\(|@import|https?:/gi,
      ),
  ].map(([found]) => found);
}

/** On three classes, with all parts. */
export async function exampleReport(): Promise<Report> {
  const names = ['setosa', 'versicolor', 'virginica'];
  const targets = Array.from({ length: 90 }, (_, s) => s % 3);
  const rows = targets.map((target, s) => names.map((_, c) => (c === target ? 0.5 : 0.25) + ((s * (c + 2)) % 7) / 20));
  const probabilities = rows.map((row) => row.map((value) => value / row.reduce((a, b) => a + b)));
  const measured = await measureClasses(scoresOf(probabilities, targets), names, { resamples: 50 });
  const confusion = names.map((_, c) => names.map((__, p) => (c === p ? 25 : 2 + p)));
  const increases = { loss_increase_std: 0.05, error_increase: 0.1, error_increase_std: 0.01 };
  const event: EvaluationEvent = {
    ...{
      event: 'evaluation',
      objective: 'softmax-cross-entropy',
      model: 'iris.safetensors',
      dataset: { name: 'iris.csv', split: 'train', samples: 90 },
    },
    ...{
      test_loss: 1,
      test_error: 0.1,
      ...measured.metrics,
      confusion,
      kernel: 'simd',
      weights_sha256: '0'.repeat(64),
    },
    importance: ['petal_width', 'sepal_length'].map((column, i) => ({ column, loss_increase: 0.5 - i, ...increases })),
  };
  return classReport(event, measured);
}
