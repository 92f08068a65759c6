/** Permutation importance: bars with the spread over the repeats. */
import { widthOf } from '../drawing/letters.js';
import { fitted, LABEL, line, round, text, tickText, valueAxis } from './draw.js';
import { ACCENT, CHART_WIDTH, type Chart, GRID, INK, MUTED } from './model.js';

export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly std: number;
}

const MOST_BARS = 20;
const ROW = 24;
const MOST_NAME = 130;

/** @param what  is measured, such as 'increase of the loss (nats)' */
export function importanceChart(bars: readonly Bar[], what: string): Chart {
  const shown = bars.slice(0, MOST_BARS);
  const left = Math.min(MOST_NAME, Math.max(...shown.map(({ name }) => widthOf(name, LABEL)))) + 10;
  const right = CHART_WIDTH - 16;
  const axis = valueAxis([0, ...shown.flatMap(({ value, std }) => [value - std, value + std])], what);
  const place = (value: number) => left + ((value - axis.from) / (axis.to - axis.from)) * (right - left);
  const bottom = 6 + shown.length * ROW;
  const widest = Math.max(...axis.ticks.map((tick) => widthOf(tickText(tick), LABEL))) + 8;
  const every = Math.max(1, Math.ceil(widest / ((right - left) / Math.max(1, axis.ticks.length - 1))));
  const rows = shown.map(({ name, value, std }, i) => {
    const y = 6 + (i + 0.5) * ROW;
    const [from, to] = [Math.min(0, value), Math.max(0, value)];
    return [
      text(fitted(name, left - 10), left - 8, y + 4, { anchor: 'end', fill: INK }),
      `<rect x="${round(place(from))}" y="${round(y - 7)}" width="${round(Math.max(1, place(to) - place(from)))}" height="14" rx="2" fill="${ACCENT}" fill-opacity="0.75"/>`,
      line(place(value - std), y, place(value + std), y, INK, 'stroke-width="2"'),
    ].join('');
  });
  const hidden = bars.length - shown.length;
  return {
    kind: 'chart',
    title: 'Importance of the columns',
    note:
      `Increase if the values of one column are shuffled. Lines: ± one standard deviation over the repeats. ` +
      `Correlated columns share their importance.${hidden > 0 ? ` ${hidden} more columns are not shown.` : ''}`,
    description: `Importance: ${shown.map(({ name, value }) => `${name} ${value.toPrecision(3)}`).join(', ')}`,
    width: CHART_WIDTH,
    height: bottom + 42,
    body: [
      ...axis.ticks.map((tick) => line(place(tick), 4, place(tick), bottom, GRID)),
      line(place(0), 4, place(0), bottom, MUTED),
      ...rows,
      ...axis.ticks
        .filter((_, i) => i % every === 0)
        .map((tick) => text(tickText(tick), place(tick), bottom + 18, { anchor: 'middle' })),
      text(fitted(axis.title, CHART_WIDTH - 20), (left + right) / 2, bottom + 36, { anchor: 'middle', fill: INK }),
    ].join(''),
  };
}
