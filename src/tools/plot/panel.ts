/** The panels: axes, curves, layout, and the last values at the ends of the curves. */
import type { Metric } from '../../model/objectives/objective.js';
import { widthOf } from '../drawing/letters.js';
import { type Axis, epochAxis, hasPlaceOn, linearAxis, logAxis, placeOn } from './axis.js';
import { type Curve, type Quantity, thinned } from './curves.js';
import { TEXT } from './fonts.js';
import { figureText } from './notation.js';
import { spread } from './text.js';
import type { Colors, Look } from './theme.js';

export interface PanelOptions {
  readonly quantity: Quantity;
  readonly metric: Metric;
  readonly curves: readonly Curve[];
  readonly width: number;
  readonly isLog: boolean;
  readonly hasSteps: boolean;
  readonly colors: Colors;
}

export interface Panel {
  readonly quantity: Quantity;
  readonly metric: Metric;
  readonly curves: readonly Curve[];
  readonly colors: Colors;
  readonly height: number;
  readonly plot: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  readonly x: Axis;
  readonly y: Axis;
  readonly ends: readonly (Look & { readonly text: string; readonly y: number })[];
  /** x of their texts, to the right of the panel. */
  readonly endsLeft: number;
  /** Below the axes; may be ''. */
  readonly note: string;
}

/** Height / width. */
const SHAPE = 0.68;
const MOST_HEIGHT = 420;
const LEAST_HEIGHT = 140;
const ABOVE = 26;
const BELOW = 44;
const NOTE = 20;
const END_GAP = 8;
/** The symbol of a run before its value. */
export const END_MARK = 12;
const END_DISTANCE = 15;

/** All panels have axes of the same size. */
export function panelsOf(options: readonly PanelOptions[]): Panel[] {
  const measured = options.map(measuredOf);
  const left = Math.max(...measured.map((each) => each.left));
  const right = Math.max(...measured.map((each) => each.right));
  const ends = Math.max(...measured.map((each) => each.ends.length));
  const below = BELOW + (measured.some(({ note }) => note !== '') ? NOTE : 0);
  return measured.map((each): Panel => {
    const { quantity, metric, curves, colors, width, y, endsLeft, note } = each;
    const plotWidth = Math.max(40, width - left - right);
    const usual = Math.min(MOST_HEIGHT, Math.max(LEAST_HEIGHT, width * SHAPE));
    const plotHeight = Math.round(Math.max(usual, (ends - 1) * END_DISTANCE));
    // Values outside the axis are labeled at its lower end.
    const placed = each.ends.map(({ value }) => (hasPlaceOn(y, value) ? 1 - placeOn(y, value) : 1) * plotHeight);
    const heights = spread(placed, END_DISTANCE, 0, plotHeight);
    return {
      quantity,
      metric,
      curves,
      colors,
      height: ABOVE + plotHeight + below,
      plot: { left, top: ABOVE, width: plotWidth, height: plotHeight },
      x: epochAxis(...epochsOf(each), plotWidth),
      y,
      ends: each.ends.map(({ value: _, ...end }, i) => ({ ...end, y: heights[i]! })),
      endsLeft,
      note,
    };
  });
}

function measuredOf(options: PanelOptions) {
  const { metric, width, isLog } = options;
  const curves = options.curves.map((curve) =>
    // More than two points per pixel cannot be seen.
    curve.kind === 'steps' ? { ...curve, points: thinned(curve.points, 2 * width) } : curve,
  );
  const values = curves.flatMap(({ points }) => points.map(({ y }) => y));
  const y = isLog ? logAxis(values) : linearAxis(values, 7);
  const left = Math.ceil(Math.max(...y.texts.map((text) => widthOf(text, TEXT.label))) + 10);
  const ends = endsOf(curves).map((end) => ({ ...end, text: endText(metric, end.value) }));
  const endsLeft = END_GAP + (ends.some(({ shape }) => shape) ? END_MARK : 0);
  const right = Math.ceil(Math.max(24, ...ends.map(({ text }) => endsLeft + widthOf(text, TEXT.label))));
  const leftOut = values.filter((value) => !hasPlaceOn(y, value)).length;
  const note = leftOut > 0 ? `${leftOut} ${leftOut === 1 ? 'zero' : 'zeros'} left out (log axis)` : '';
  return { ...options, curves, y, left, right, ends, endsLeft, note };
}

/** The first and the last epoch of the plot. */
function epochsOf({ curves, hasSteps }: PanelOptions): [number, number] {
  const epochs = curves.flatMap((curve) => (curve.kind === 'steps' ? [] : curve.points.map((point) => point.x)));
  const first = hasSteps ? 0 : epochs.reduce((least, each) => Math.min(least, each), Number.POSITIVE_INFINITY);
  const stepEnds = curves.flatMap((curve) => (curve.kind === 'steps' ? [Math.ceil(curve.points.at(-1)!.x)] : []));
  return [first, [...epochs, ...stepEnds].reduce((most, each) => Math.max(most, each), 0)];
}

/** For one run, all values; for several runs, one each: test, else validation, else training. */
function endsOf(curves: readonly Curve[]): (Look & { readonly value: number })[] {
  const isOne = curves.filter(({ kind }) => kind === 'training').length === 1;
  return curves.flatMap(({ kind, color, shape, points, name }) => {
    const run = name.slice(name.lastIndexOf('-'));
    const kinds = curves.filter((curve) => curve.name.endsWith(run)).map((curve) => curve.kind);
    const told = (['test', 'validation', 'training'] as const).find((each) => kinds.includes(each));
    const isWritten = isOne ? kind !== 'steps' : kind === told;
    return isWritten ? [{ color, ...(shape && { shape }), value: points.at(-1)!.y }] : [];
  });
}

function endText({ unit }: Metric, value: number): string {
  if (unit === 'ratio') return value.toFixed(3);
  if (unit !== 'fraction') return figureText(value);
  // Two digits behind the point, and as many more as show that it is not 0.
  return `${value === 0 || value >= 0.005 ? value.toFixed(2) : figureText(value)} %`;
}
