/** Charts for regression: predicted against true values, and residuals. */
import { escaped } from '../drawing/letters.js';
import { type Axis, type Frame, frame, line, round, valueAxis } from './draw.js';
import { ACCENT, CHART_WIDTH, type Chart, MUTED } from './model.js';

/** With more samples, counts are drawn instead of points. */
const MOST_POINTS = 2000;
const CELLS = 56;
const MOST_BARS = 30;
const LEAST_BARS = 8;
const HEIGHT = 340;

/**
 * @param name       of the target
 * @param predicted  (samples), in the target's unit
 * @param target     (samples)
 */
export function estimateCharts(name: string, predicted: Float64Array, target: Float64Array): Chart[] {
  const residuals = predicted.map((value, s) => value - target[s]!);
  // Both axes are alike, so that the diagonal is where the two are equal.
  const both = valueAxis(allOf(predicted, target), '');
  const of = (title: string, axis: Axis): Axis => ({ ...axis, title });
  const agreement = frame(of(`true ${name}`, both), of(`predicted ${name}`, both), CHART_WIDTH, HEIGHT);
  const spread = frame(
    valueAxis(predicted, `predicted ${name}`),
    valueAxis(allOf([0], residuals), 'residual'),
    CHART_WIDTH,
    HEIGHT,
  );
  const chart = (title: string, note: string, description: string, body: string): Chart => ({
    ...{ kind: 'chart', width: CHART_WIDTH, height: HEIGHT, title, note, description, body },
  });
  const equal = line(
    ...([agreement.x(both.from), agreement.y(both.from), agreement.x(both.to), agreement.y(both.to)] as const),
    MUTED,
    'stroke-dasharray="4 4"',
  );
  const zero = line(spread.left, spread.y(0), spread.right, spread.y(0), MUTED, 'stroke-dasharray="4 4"');
  return [
    chart(
      `Predicted and true ${name}`,
      'Each point is a sample. Predictions on the dashed line are exact.',
      `Scatter plot of predicted against true ${name}`,
      agreement.body + cloud(agreement, target, predicted) + equal,
    ),
    chart(
      `Residuals of ${name}`,
      'Predicted minus true. A curve or a growing spread shows structure that the network has not learned.',
      `Scatter plot of residuals against predicted ${name}`,
      spread.body + cloud(spread, predicted, residuals) + zero,
    ),
    histogram(name, residuals),
  ];
}

function* allOf(...lists: readonly Iterable<number>[]): Generator<number> {
  for (const list of lists) yield* list;
}

function cloud(plot: Frame, x: Float64Array, y: Float64Array): string {
  if (x.length <= MOST_POINTS) {
    return Array.from(
      x,
      (value, s) =>
        `<circle cx="${round(plot.x(value))}" cy="${round(plot.y(y[s]!))}" r="3" fill="${ACCENT}" fill-opacity="0.45"/>`,
    ).join('');
  }
  const counts = new Uint32Array(CELLS * CELLS);
  const cellOf = (pixel: number, from: number, to: number) =>
    Math.max(0, Math.min(CELLS - 1, Math.floor(((pixel - from) / (to - from)) * CELLS)));
  for (const [s, value] of x.entries()) {
    const column = cellOf(plot.x(value), plot.left, plot.right);
    counts[cellOf(plot.y(y[s]!), plot.top, plot.bottom) * CELLS + column]!++;
  }
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  const [width, height] = [(plot.right - plot.left) / CELLS, (plot.bottom - plot.top) / CELLS];
  return Array.from(counts, (count, i) => {
    if (count === 0) return '';
    const [left, top] = [plot.left + (i % CELLS) * width, plot.top + Math.floor(i / CELLS) * height];
    const opacity = round(0.12 + 0.88 * Math.sqrt(count / most));
    return `<rect x="${round(left)}" y="${round(top)}" width="${round(width)}" height="${round(height)}" fill="${ACCENT}" fill-opacity="${opacity}"/>`;
  }).join('');
}

function histogram(name: string, residuals: Float64Array): Chart {
  const x = valueAxis(allOf([0], residuals), `residual (predicted − true ${name})`);
  // The Rice rule.
  const bars = Math.max(LEAST_BARS, Math.min(MOST_BARS, Math.ceil(2 * Math.cbrt(residuals.length))));
  const counts = new Array<number>(bars).fill(0);
  for (const residual of residuals) {
    counts[Math.max(0, Math.min(bars - 1, Math.floor(((residual - x.from) / (x.to - x.from)) * bars)))]!++;
  }
  const plot = frame(x, valueAxis([0, ...counts], 'samples', 1), CHART_WIDTH, HEIGHT);
  const step = (x.to - x.from) / bars;
  const drawn = counts.map((count, i) => {
    const [left, right] = [plot.x(x.from + i * step), plot.x(x.from + (i + 1) * step)];
    const place = `x="${round(left + 0.5)}" y="${round(plot.y(count))}" width="${round(right - left - 1)}" height="${round(plot.bottom - plot.y(count))}"`;
    return `<rect ${place} fill="${ACCENT}" fill-opacity="0.75"><title>${escaped(String(count))}</title></rect>`;
  });
  return {
    kind: 'chart',
    title: `Distribution of the residuals of ${name}`,
    note: 'The center should be at 0. Long tails are large errors.',
    description: `Histogram of the residuals of ${name}`,
    width: CHART_WIDTH,
    height: HEIGHT,
    body:
      plot.body + drawn.join('') + line(plot.x(0), plot.top, plot.x(0), plot.bottom, MUTED, 'stroke-dasharray="4 4"'),
  };
}
