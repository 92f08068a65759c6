/** The Vega marks of a panel: axes, grid, curves, labels. */
import type { EncodeEntry, GroupMark, Mark, Axis as VegaAxis } from 'vega';
import type { Metric } from '../../model/objectives/objective.js';
import { type Axis, hasPlaceOn, placeOn } from './axis.js';
import type { Curve, Entry, Point } from './curves.js';
import { TEXT, textMark } from './fonts.js';
import { END_MARK, type Panel } from './panel.js';
import { fitted } from './text.js';
import type { Colors, Shape } from './theme.js';

/** With up to this many epochs, each point is marked. */
const FEW = 20;
/** Number of symbols on a longer curve, if symbols distinguish the runs. */
const SHAPES_A_CURVE = 6;
/** Square pixels. */
const MARK_SIZE = 36;
const DOT_SIZE = 5;

export interface Data {
  readonly name: string;
  readonly values: (Point & { readonly isDrawn: boolean })[];
}

export function lineStyle(kind: Entry['kind'], color: string): EncodeEntry {
  const widths = { steps: 1, training: 1.75, validation: 2.25, test: 2.25, run: 2.25 };
  return {
    stroke: { value: color },
    strokeWidth: { value: widths[kind] },
    ...(kind === 'training' ? { strokeDash: { value: [6, 4] } } : {}),
    ...(kind === 'validation' ? { strokeDash: { value: [2, 3] } } : {}),
    ...(kind === 'steps' ? { strokeOpacity: { value: 0.45 } } : {}),
  };
}

/** A mark that is not on a curve. */
export function shapeMark(shape: Shape, color: string, x: number, y: number): Mark {
  return {
    type: 'symbol',
    interactive: false,
    encode: {
      enter: {
        x: { value: x },
        y: { value: y },
        shape: { value: shape },
        size: { value: MARK_SIZE + 9 },
        fill: { value: color },
      },
    },
  };
}

/** The data of the marks. */
export function panelData({ curves, y }: Panel): Data[] {
  const isFew = areFew(curves);
  return curves.flatMap((curve, i) => {
    const { name, kind, points } = curve;
    const all = points.map((point) => {
      const isDrawn = hasPlaceOn(y, point.y);
      return { ...point, y: isDrawn ? point.y : y.domain[0], isDrawn };
    });
    const marked = kind === 'steps' ? [] : isFew ? all : curve.shape ? sample(all, i) : [];
    // A single point between gaps would be invisible as a line.
    const alone = marked === all ? [] : all.filter((_, at) => !all[at - 1]?.isDrawn && !all[at + 1]?.isDrawn);
    return [
      { name, values: all },
      { name: `${name}-marks`, values: marked.filter(({ isDrawn }) => isDrawn) },
      { name: `${name}-dots`, values: alone.filter(({ isDrawn }) => isDrawn) },
    ].filter(({ values }) => values.length > 0);
  });
}

function areFew(curves: readonly Curve[]): boolean {
  return curves.every(({ kind, points }) => kind === 'steps' || points.length <= FEW);
}

/** Evenly spaced, and shifted from curve to curve, so that symbols of close curves do not overlap. */
function sample<T>(points: readonly T[], curve: number): T[] {
  const spacing = points.length / SHAPES_A_CURVE;
  const begin = (curve * 0.618) % 1;
  return Array.from({ length: SHAPES_A_CURVE }, (_, k) => points[Math.floor((k + begin) * spacing)]!);
}

export function panelMark(panel: Panel, data: readonly Data[], left: number, top: number): GroupMark {
  const { quantity, metric, plot, x, y, ends, endsLeft, curves, colors, note } = panel;
  const names = new Set(data.map(({ name }) => name));
  const place = {
    x: { scale: scaleOf(panel, 'x'), field: 'x' },
    y: { scale: scaleOf(panel, 'y'), field: 'y' },
  };
  const lines = curves.map(
    ({ name, kind, color }): Mark => ({
      type: 'line',
      // The name of a mark is also the name of the data set of its items.
      name: `${name}-line`,
      from: { data: name },
      interactive: false,
      encode: {
        enter: {
          ...place,
          ...lineStyle(kind, color),
          defined: { field: 'isDrawn' },
          strokeJoin: { value: 'round' },
          strokeCap: { value: kind === 'training' || kind === 'validation' ? 'butt' : 'round' },
        },
      },
    }),
  );
  const symbols = curves.flatMap(({ name, kind, color, shape = 'circle' }): Mark[] => {
    const marks = (data: string, look: EncodeEntry): Mark[] =>
      names.has(data)
        ? [
            {
              type: 'symbol',
              name: `${data}-symbols`,
              from: { data },
              interactive: false,
              encode: { enter: { ...place, ...look } },
            },
          ]
        : [];
    return [
      ...marks(`${name}-dots`, { size: { value: DOT_SIZE }, fill: { value: color } }),
      ...marks(`${name}-marks`, {
        shape: { value: shape },
        size: { value: MARK_SIZE },
        fill: { value: kind === 'test' ? color : colors.ground },
        stroke: { value: color },
        strokeWidth: { value: 1.75 },
      }),
    ];
  });
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
      { name: scaleOf(panel, 'x'), type: 'linear', domain: [...x.domain], range: [0, plot.width], zero: false },
      { name: scaleOf(panel, 'y'), type: y.type, domain: [...y.domain], range: [plot.height, 0], zero: false },
    ],
    axes: [axisOf(x, panel, 'bottom'), axisOf(y, panel, 'left')],
    marks: [
      ...lines,
      ...symbols,
      ...tickMarks(panel),
      ...ends.flatMap(({ text, color, shape, y: height }) => [
        ...(shape ? [shapeMark(shape, color, plot.width + endsLeft - END_MARK / 2 - 2, height)] : []),
        textMark(text, plot.width + endsLeft, height + 4, color, 'label'),
      ]),
      textMark(headingOf(metric), -plot.left, -12, colors.ink, 'heading'),
      textMark('epoch', plot.width / 2, plot.height + 40, colors.ink, 'heading', 'center'),
      ...noteMarks(note, panel, colors),
    ],
  };
}

/** With its unit. The unit of regression targets is not known. */
function headingOf({ title, unit }: Metric): string {
  if (unit === 'fraction') return `${title}, %`;
  return unit === 'nats' ? `${title}, ${unit}` : title;
}

function scaleOf({ quantity }: Panel, axis: 'x' | 'y'): string {
  return `${quantity}-${axis}`;
}

/** Vega's own labels would use the notation 1e+30. */
function tickMarks({ x, y, plot, colors: { muted } }: Panel): Mark[] {
  return [
    ...x.ticks.map((tick, i) =>
      textMark(x.texts[i]!, placeOn(x, tick) * plot.width, plot.height + 19, muted, 'label', 'center'),
    ),
    ...y.ticks.map((tick, i) =>
      textMark(y.texts[i]!, -7, (1 - placeOn(y, tick)) * plot.height + 4, muted, 'label', 'right'),
    ),
  ];
}

function noteMarks(note: string, { plot }: Panel, { muted }: Colors): Mark[] {
  if (note === '') return [];
  const text = fitted(note, TEXT.label, plot.left + plot.width);
  return [textMark(text, -plot.left, plot.height + 60, muted, 'label')];
}

function axisOf(axis: Axis, panel: Panel, orient: 'bottom' | 'left'): VegaAxis {
  const { grid, muted } = panel.colors;
  const isX = orient === 'bottom';
  return {
    scale: scaleOf(panel, isX ? 'x' : 'y'),
    // The grid spans the panel, not the whole plot.
    gridScale: scaleOf(panel, isX ? 'y' : 'x'),
    orient,
    values: [...axis.ticks],
    labels: false,
    grid: true,
    gridColor: grid,
    gridWidth: 1,
    domain: isX,
    domainColor: muted,
    domainWidth: 1,
    ticks: isX,
    tickColor: muted,
    tickSize: 5,
    zindex: 0,
  };
}
