/** One panel: axes, grid, curves, and the last values at the curves' ends. */
import type { EncodeEntry, GroupMark, Mark, Axis as VegaAxis } from 'vega';
import { type Axis, epochAxis, linearAxis, logAxis, placeOn } from './axis.js';
import { type Curve, type Entry, type Quantity, thinned } from './curves.js';
import { FONT, TEXT, textMark } from './fonts.js';
import { spread, widthOf } from './text.js';
import type { Colours } from './theme.js';

export interface PanelOptions {
  readonly quantity: Quantity;
  readonly curves: readonly Curve[];
  readonly width: number;
  readonly isLog: boolean;
  readonly hasSteps: boolean;
  readonly colours: Colours;
}

export interface Panel extends PanelOptions {
  readonly height: number;
  readonly plot: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  readonly x: Axis;
  readonly y: Axis;
  readonly ends: readonly { readonly text: string; readonly colour: string; readonly y: number }[];
}

const HEADINGS = { loss: 'cross-entropy, nats', error: 'error, %' } as const;
/** Of heights to widths. */
const SHAPE = 0.68;
const MOST_HEIGHT = 420;
const LEAST_HEIGHT = 140;
const ABOVE = 26;
const BELOW = 44;
const END_GAP = 8;
const END_DISTANCE = 15;
/** Of a run with few epochs each is marked. */
const FEW = 20;

export function panelOf(options: PanelOptions): Panel {
  const { quantity, width, isLog, hasSteps } = options;
  const curves = options.curves.map((curve) =>
    // Two points a pixel are more than can be seen.
    curve.kind === 'steps' ? { ...curve, points: thinned(curve.points, 2 * width) } : curve,
  );
  const values = curves.flatMap(({ points }) => points.map(({ y }) => y));
  const y = isLog ? logAxis(values) : linearAxis(values, 7);
  const labelled = endsOf(curves);
  const texts = labelled.map(({ value }) => endText(quantity, value));

  const left = Math.ceil(Math.max(...y.ticks.map((tick) => widthOf(tickText(y, tick), TEXT.label))) + 10);
  const right = Math.ceil(Math.max(24, ...texts.map((text) => END_GAP + widthOf(text, TEXT.label))));
  const plotWidth = Math.max(40, width - left - right);
  const plotHeight = Math.round(Math.min(MOST_HEIGHT, Math.max(LEAST_HEIGHT, width * SHAPE)));

  const epochs = curves.flatMap((curve) => (curve.kind === 'steps' ? [] : curve.points.map((point) => point.x)));
  const first = hasSteps ? 0 : epochs.reduce((least, each) => Math.min(least, each), Number.POSITIVE_INFINITY);
  const stepEnds = curves.flatMap((curve) => (curve.kind === 'steps' ? [Math.ceil(curve.points.at(-1)!.x)] : []));
  const last = [...epochs, ...stepEnds].reduce((most, each) => Math.max(most, each), 0);
  const x = epochAxis(first, last, Math.max(2, Math.min(10, plotWidth / 56)));

  const heights = spread(
    labelled.map(({ value }) => (1 - placeOn(y, drawnAt(y, value))) * plotHeight),
    END_DISTANCE,
    0,
    plotHeight,
  );
  return {
    ...options,
    curves,
    height: ABOVE + plotHeight + BELOW,
    plot: { left, top: ABOVE, width: plotWidth, height: plotHeight },
    x,
    y,
    ends: labelled.map(({ colour }, i) => ({ text: texts[i]!, colour, y: heights[i]! })),
  };
}

/** A logarithmic axis has no place for 0: that is drawn at its lower edge. */
function drawnAt({ type, domain }: Axis, value: number): number {
  return type === 'log' ? Math.max(value, domain[0]) : value;
}

/** Of one run both values are written; of several, one each. */
function endsOf(curves: readonly Curve[]): { readonly colour: string; readonly value: number }[] {
  const isOne = curves.filter(({ kind }) => kind === 'training').length === 1;
  return curves.flatMap(({ kind, colour, points, name }) => {
    const run = name.slice(name.lastIndexOf('-'));
    const hasTest = curves.some((curve) => curve.kind === 'test' && curve.name.endsWith(run));
    const isWritten = kind === 'test' || (kind === 'training' && (isOne || !hasTest));
    return isWritten ? [{ colour, value: points.at(-1)!.y }] : [];
  });
}

function endText(quantity: Quantity, value: number): string {
  if (quantity === 'error') return `${value.toFixed(2)} %`;
  return value === 0 || value >= 0.001 ? value.toPrecision(3) : value.toExponential(1).replace('-', '−');
}

/** As d3 writes it, near enough to know how wide it is. */
function tickText({ format }: Axis, tick: number): string {
  return format.startsWith('.') ? tick.toFixed(Number.parseInt(format.slice(1), 10)) : String(tick);
}

export function lineStyle(kind: Entry['kind'], colour: string): EncodeEntry {
  const widths = { steps: 1, training: 1.75, test: 2.25, run: 2.25 };
  return {
    stroke: { value: colour },
    strokeWidth: { value: widths[kind] },
    ...(kind === 'training' ? { strokeDash: { value: [6, 4] } } : {}),
    ...(kind === 'steps' ? { strokeOpacity: { value: 0.45 } } : {}),
  };
}

export function panelMark(panel: Panel, left: number, top: number): GroupMark {
  const { quantity, plot, x, y, ends, curves, colours } = panel;
  const scaleOf = (name: string) => `${quantity}-${name}`;
  const isMarked = curves.every(({ kind, points }) => kind === 'steps' || points.length <= FEW);
  const place = {
    x: { scale: scaleOf('x'), field: 'x' },
    y: { scale: scaleOf('y'), ...(y.type === 'log' ? { signal: `max(datum.y, ${y.domain[0]})` } : { field: 'y' }) },
  };
  const lines = curves.map(
    ({ name, kind, colour }): Mark => ({
      type: 'line',
      // (A mark's name is a data set, too: of its items.)
      name: `${name}-line`,
      from: { data: name },
      interactive: false,
      encode: {
        enter: {
          ...place,
          ...lineStyle(kind, colour),
          strokeJoin: { value: 'round' },
          strokeCap: { value: kind === 'training' ? 'butt' : 'round' },
        },
      },
    }),
  );
  const points = curves.flatMap(({ name, kind, colour }): Mark[] =>
    kind === 'steps' || !isMarked
      ? []
      : [
          {
            type: 'symbol',
            from: { data: name },
            interactive: false,
            encode: {
              enter: {
                x: place.x,
                y: place.y,
                size: { value: 36 },
                fill: { value: kind === 'test' ? colour : colours.ground },
                stroke: { value: colour },
                strokeWidth: { value: 1.75 },
              },
            },
          },
        ],
  );
  return {
    type: 'group',
    name: quantity,
    encode: {
      enter: {
        x: { value: left + plot.left },
        y: { value: top + plot.top },
        width: { value: plot.width },
        height: { value: plot.height },
      },
    },
    scales: [
      { name: scaleOf('x'), type: 'linear', domain: [...x.domain], range: [0, plot.width], zero: false },
      { name: scaleOf('y'), type: y.type, domain: [...y.domain], range: [plot.height, 0], zero: false },
    ],
    axes: [
      axisOf(x, scaleOf('x'), scaleOf('y'), 'bottom', colours),
      axisOf(y, scaleOf('y'), scaleOf('x'), 'left', colours),
    ],
    marks: [
      ...lines,
      ...points,
      ...ends.map((end) => textMark(end.text, plot.width + END_GAP, end.y + 4, end.colour, 'label')),
      textMark(HEADINGS[quantity], -plot.left, -12, colours.ink, 'heading'),
      textMark('epoch', plot.width / 2, plot.height + 40, colours.ink, 'heading', 'center'),
    ],
  };
}

function axisOf(
  axis: Axis,
  scale: string,
  gridScale: string,
  orient: 'bottom' | 'left',
  { grid, muted }: Colours,
): VegaAxis {
  return {
    scale,
    // The grid is as long as the other axis, not as the picture.
    gridScale,
    orient,
    values: [...axis.ticks],
    format: axis.format,
    grid: true,
    gridColor: grid,
    gridWidth: 1,
    domain: orient === 'bottom',
    domainColor: muted,
    domainWidth: 1,
    ticks: orient === 'bottom',
    tickColor: muted,
    tickSize: 5,
    labelColor: muted,
    labelFont: FONT,
    labelFontSize: TEXT.label,
    labelPadding: orient === 'bottom' ? 4 : 7,
    labelOverlap: false,
    labelBound: false,
    labelFlush: false,
    zindex: 0,
  };
}
