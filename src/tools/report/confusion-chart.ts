/** The confusion matrix, and the most frequent confusions. */
import type { EvaluationEvent } from '../../metrics/events.js';
import { grouped } from '../../text/grouped.js';
import { escaped, widthOf } from '../drawing/letters.js';
import { fitted, LABEL, round, text } from './draw.js';
import { ACCENT, CHART_WIDTH, type Chart, GRID, INK, type Table } from './model.js';

/** Cells of larger matrices would be smaller than four pixels. */
const MOST_CLASSES = 60;
const MOST_PAIRS = 10;
const LEAST_CLASSES_FOR_PAIRS = 4;
const MOST_CELL = 72;
const MOST_NAME = 96;
/** Darker cells would leave too little contrast for the number in them, in either theme. */
const MOST_OPACITY = 0.55;

export function confusionChart({ classes, confusion }: EvaluationEvent): Chart | undefined {
  const count = classes.length;
  if (count > MOST_CLASSES) return undefined;
  const names = classes.map((each) => String(each.class));
  const nameWidth = Math.min(MOST_NAME, Math.max(...names.map((name) => widthOf(name, LABEL)))) + 8;
  const left = 18 + nameWidth;
  const cell = Math.min(MOST_CELL, (CHART_WIDTH - left - 6) / count);
  const areSlanted = Math.max(...names.map((name) => widthOf(name, LABEL))) > cell - 4;
  const top = 22 + (areSlanted ? nameWidth * 0.75 + 8 : 18);
  const size = cell * count;
  const numberSize = Math.min(14, cell / 2.4);
  const showNames = cell >= 11;
  const labels = names.map((name, c) => {
    const middle = left + (c + 0.5) * cell;
    const short = fitted(name, areSlanted ? nameWidth - 8 : cell);
    const column = areSlanted
      ? text(short, 0, 0, { transform: `translate(${round(middle + 2)} ${top - 6}) rotate(-45)` })
      : text(short, middle, top - 6, { anchor: 'middle' });
    const row = text(fitted(name, nameWidth - 8), left - 6, top + (c + 0.5) * cell + 4, { anchor: 'end' });
    return showNames ? column + row : '';
  });
  const cells = confusion.flatMap((counts, target) => {
    const samples = classes[target]!.samples;
    return counts.map((value, predicted) => {
      const [x, y] = [left + predicted * cell, top + target * cell];
      const share = samples > 0 ? value / samples : 0;
      const place = `x="${round(x)}" y="${round(y)}" width="${round(cell)}" height="${round(cell)}"`;
      const tip = `${names[target]} predicted as ${names[predicted]}: ${grouped(value)} (${(100 * share).toFixed(1)} %)`;
      const digits = String(value);
      const numeral = Math.min(numberSize, (cell - 4) / (digits.length * 0.64));
      return (
        `<g><title>${escaped(tip)}</title><rect ${place} fill="${ACCENT}" fill-opacity="${round(MOST_OPACITY * share)}" stroke="${GRID}"/>` +
        (value > 0 && numeral >= 6
          ? text(digits, x + cell / 2, y + cell / 2 + numeral * 0.36, {
              ...{ anchor: 'middle', size: round(numeral), fill: INK, isBold: target === predicted },
            })
          : '') +
        '</g>'
      );
    });
  });
  const right = confusion.reduce((sum, counts, c) => sum + counts[c]!, 0);
  const all = confusion.flat().reduce((sum, value) => sum + value, 0);
  return {
    kind: 'chart',
    title: 'Confusion matrix',
    note: 'Rows: true classes; columns: predicted classes. The shade is the share of the row; the diagonal is correct.',
    description: `Confusion matrix: ${grouped(right)} of ${grouped(all)} samples are on the diagonal`,
    width: CHART_WIDTH,
    height: Math.ceil(top + size + 6),
    body: [
      text('predicted class', left + size / 2, 12, { anchor: 'middle', fill: INK }),
      text('true class', 0, 0, {
        ...{ anchor: 'middle', fill: INK, transform: `translate(${LABEL} ${round(top + size / 2)}) rotate(-90)` },
      }),
      ...labels,
      ...cells,
    ].join(''),
  };
}

/** Undefined for few classes, and without errors. */
export function confusionTable({ classes, confusion }: EvaluationEvent): Table | undefined {
  if (classes.length < LEAST_CLASSES_FOR_PAIRS) return undefined;
  const pairs = confusion.flatMap((counts, target) =>
    counts.flatMap((count, predicted) => (count > 0 && target !== predicted ? [{ target, predicted, count }] : [])),
  );
  if (pairs.length === 0) return undefined;
  const rows = pairs
    .toSorted((a, b) => b.count - a.count || a.target - b.target)
    .slice(0, MOST_PAIRS)
    .map(({ target, predicted, count }) => [
      { text: String(classes[target]!.class) },
      { text: String(classes[predicted]!.class) },
      { text: grouped(count) },
      { text: `${((100 * count) / classes[target]!.samples).toFixed(1)} %` },
    ]);
  return {
    kind: 'table',
    title: 'Most frequent errors',
    note: 'Shares are of the samples of the true class.',
    columns: [
      { head: 'true class', isNumber: false, width: 200 },
      { head: 'predicted class', isNumber: false, width: 200 },
      { head: 'samples', isNumber: true, width: 100 },
      { head: 'share', isNumber: true, width: 140 },
    ],
    rows,
  };
}
