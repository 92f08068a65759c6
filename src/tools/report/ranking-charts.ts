/** ROC curves and precision-recall curves. */
import type { EvaluationEvent } from '../../metrics/events.js';
import type { MeasuredClasses } from '../../metrics/quality/classification.js';
import type { CurvePoint } from '../../metrics/quality/ranking.js';
import { widthOf } from '../drawing/letters.js';
import { fitted, fractionAxis, frame, LABEL, line, round, text } from './draw.js';
import { CHART_WIDTH, type Chart, COLORS, INK, MUTED } from './model.js';

/** Classes with a color and a place in the legend, and those drawn at all. */
const MOST_NAMED = COLORS.length;
const MOST_DRAWN = 60;
/** A curve has no points that are closer, in fractions of the axes. */
const LEAST_MOVE = 1 / 300;
const PLOT_HEIGHT = 340;
const LEGEND_LINE = 19;

type Points = readonly (readonly [x: number, y: number])[];

interface Curve {
  readonly name: string;
  readonly value: number;
  readonly points: Points;
}

export function rankingCharts(event: EvaluationEvent, { rankings, weights }: MeasuredClasses): Chart[] {
  if (!rankings) return [];
  const isBinary = event.positive_class !== undefined;
  const positive = event.classes.find((each) => each.class === event.positive_class);
  const known = event.classes
    .map(({ class: name, roc_auc, average_precision }, c) => ({ name: String(name), roc_auc, average_precision, c }))
    .filter(({ roc_auc, c }) => roc_auc !== null && (!isBinary || event.classes[c] === positive));
  if (known.length === 0) return [];
  // The worst classes are the ones to look at.
  const worst = (metric: 'roc_auc' | 'average_precision') =>
    known
      .toSorted((a, b) => a[metric]! - b[metric]!)
      .slice(0, MOST_DRAWN)
      .map(({ name, c, [metric]: value }): Curve => {
        const raw = [...rankings[c]!.curve(weights)];
        const points: Points =
          metric === 'roc_auc'
            ? [[0, 0], ...raw.map((p) => [p.falsePositiveRate, p.truePositiveRate] as const)]
            : [[0, raw[0]!.precision], ...untilFull(raw).map((p) => [p.truePositiveRate, p.precision] as const)];
        return { name, value: value!, points: thinned(points) };
      });
  const name = String(positive?.class);
  const prevalence = positive ? positive.samples / event.dataset.samples : 0;
  const many = known.length > MOST_NAMED ? ` The ${MOST_NAMED} classes with the lowest values are named.` : '';
  const rocs = worst('roc_auc');
  const precisions = worst('average_precision');
  return [
    chartOf('ROC curve', 'AUC', rocs, isBinary, {
      x: 'false positive rate',
      y: 'true positive rate',
      note:
        (isBinary ? `Recall of “${name}” against the fraction of other samples predicted as it` : EACH) +
        `, for every threshold. Further to the upper left is better; the dashed line is chance.${many}`,
      chance: ({ x, y }) => line(x(0), y(0), x(1), y(1), MUTED, 'stroke-dasharray="4 4"'),
      path: (points) => `M${points.join('L')}`,
    }),
    chartOf('Precision and recall', 'AP', precisions, isBinary, {
      x: 'recall',
      y: 'precision',
      note:
        (isBinary ? `Precision and recall of “${name}”` : EACH) +
        `, for every threshold. Further to the upper right is better${isBinary ? '; the dashed line is chance' : ''}.${many}`,
      chance: ({ x, y }) =>
        isBinary ? line(x(0), y(prevalence), x(1), y(prevalence), MUTED, 'stroke-dasharray="4 4"') : '',
      path: ([first, ...others]) => `M${first}${others.map(([x, y]) => `V${y}H${x}`).join('')}`,
    }),
  ];
}

const EACH = 'Each class against the rest';

interface Look {
  readonly x: string;
  readonly y: string;
  readonly note: string;
  readonly chance: (place: { x: (value: number) => number; y: (value: number) => number }) => string;
  /** Path through points in pixels. */
  readonly path: (points: Points) => string;
}

function chartOf(title: string, short: string, curves: readonly Curve[], isBinary: boolean, look: Look): Chart {
  const named = isBinary ? [] : curves.slice(0, MOST_NAMED);
  const legend = legendOf(named, short, PLOT_HEIGHT + 6);
  const plot = frame(fractionAxis(look.x), fractionAxis(look.y), CHART_WIDTH, PLOT_HEIGHT);
  const drawn = curves.map(({ points }, i) => {
    const pixels = points.map(([x, y]) => [round(plot.x(x)), round(plot.y(y))] as const);
    const color = i < MOST_NAMED ? COLORS[i]! : MUTED;
    const style = i < MOST_NAMED ? 'stroke-width="2"' : 'stroke-opacity="0.35"';
    return `<path d="${look.path(pixels)}" fill="none" stroke="${color}" stroke-linejoin="round" ${style}/>`;
  });
  return {
    kind: 'chart',
    title,
    note: look.note,
    description: `${title}: ${curves
      .slice(0, MOST_NAMED)
      .map(({ name, value }) => `${name} ${short} ${value.toFixed(3)}`)
      .join(', ')}`,
    width: CHART_WIDTH,
    height: PLOT_HEIGHT + legend.height,
    // The named curves on top.
    body: [plot.body, look.chance(plot), ...drawn.toReversed(), legend.body].join(''),
  };
}

function legendOf(
  curves: readonly Curve[],
  short: string,
  top: number,
): { readonly body: string; readonly height: number } {
  if (curves.length === 0) return { body: '', height: 0 };
  const width = (CHART_WIDTH - 24) / 2;
  const entries = curves.map(({ name, value }, i) => {
    const x = 14 + (i % 2) * width;
    const y = top + Math.floor(i / 2) * LEGEND_LINE + LABEL;
    const end = ` ${short} ${value.toFixed(3)}`;
    const label = fitted(name, width - 26 - widthOf(end, LABEL)) + end;
    return line(x, y - 4, x + 16, y - 4, COLORS[i]!, 'stroke-width="3"') + text(label, x + 22, y, { fill: INK });
  });
  return { body: entries.join(''), height: 10 + Math.ceil(curves.length / 2) * LEGEND_LINE };
}

/** Without lower thresholds than the first that finds every sample of the class. */
function untilFull(points: readonly CurvePoint[]): readonly CurvePoint[] {
  return points.slice(0, 1 + points.findIndex(({ truePositiveRate }) => truePositiveRate === 1));
}

function thinned(points: Points): Points {
  const kept: (readonly [number, number])[] = [];
  for (const point of points) {
    const last = kept.at(-1);
    if (!last || Math.abs(point[0] - last[0]) + Math.abs(point[1] - last[1]) >= LEAST_MOVE) kept.push(point);
  }
  if (kept.at(-1) !== points.at(-1)) kept.push(points.at(-1)!);
  return kept;
}
