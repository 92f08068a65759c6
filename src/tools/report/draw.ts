/** SVG elements, and the frame of a chart with its axes. */
import { escaped, widthOf } from '../drawing/letters.js';
import { GRID, INK, MUTED } from './model.js';

export const LABEL = 12;

interface TextOptions {
  readonly fill?: string;
  readonly size?: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly isBold?: boolean;
  readonly transform?: string;
}

export function text(content: string, x: number, y: number, options: TextOptions = {}): string {
  const { fill = MUTED, size = LABEL, anchor = 'start', isBold = false, transform } = options;
  const more = `${isBold ? ' font-weight="600"' : ''}${transform === undefined ? '' : ` transform="${transform}"`}`;
  const place = transform === undefined ? `x="${round(x)}" y="${round(y)}"` : '';
  return `<text ${place} font-size="${size}" fill="${fill}" text-anchor="${anchor}"${more}>${escaped(content)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, stroke: string, more = ''): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${stroke}"${more && ` ${more}`}/>`;
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Cuts text to a width in pixels. */
export function fitted(content: string, width: number, size = LABEL): string {
  if (widthOf(content, size) <= width) return content;
  let kept = '';
  for (const character of content) {
    if (widthOf(`${kept}${character}…`, size) > width) break;
    kept += character;
  }
  return `${kept}…`;
}

export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  /** Of the ticks. @default their numbers */
  readonly texts?: readonly string[];
  readonly title: string;
}

/** Between 0 and 1. */
export function fractionAxis(title: string): Axis {
  return { from: 0, to: 1, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1], title };
}

/** Encloses all values, with round ticks. @param leastStep  between ticks: 1 for counts */
export function valueAxis(values: Iterable<number>, title: string, leastStep = 0): Axis {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (!(least <= most)) [least, most] = [0, 1];
  if (least === most)
    [least, most] = [least - Math.max(1, Math.abs(least)) / 2, most + Math.max(1, Math.abs(most)) / 2];
  const raw = Math.max((most - least) / 5, leastStep);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= raw * (1 - 1e-9)) ?? 10 * power;
  const [first, last] = [Math.floor(least / step + 1e-9), Math.ceil(most / step - 1e-9)];
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return { from: ticks[0]!, to: ticks.at(-1)!, ticks, title };
}

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 4 });

export function tickText(value: number): string {
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-4 || size >= 1e15)) return value.toExponential().replace('e+', 'e').replace('-', '−');
  const plain = size >= 10_000 ? compact.format(value) : String(Number(value.toPrecision(6)));
  return plain.replace('-', '−');
}

export interface Frame {
  readonly body: string;
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const TICK_GAP = 6;

/** Axes with grid lines. The y axis is as far to the right as its labels need. */
export function frame(x: Axis, y: Axis, width: number, height: number, top = 10): Frame {
  const yTexts = y.ticks.map(tickText);
  const left = Math.ceil(Math.max(...yTexts.map((each) => widthOf(each, LABEL)))) + TICK_GAP + LABEL + 10;
  const xTexts = x.texts ?? x.ticks.map(tickText);
  // Room for half of the last label.
  const right = width - Math.max(14, Math.ceil(widthOf(xTexts.at(-1)!, LABEL) / 2) + 2);
  const bottom = height - 42;
  const placeX = (value: number) => left + ((value - x.from) / (x.to - x.from)) * (right - left);
  const placeY = (value: number) => bottom - ((value - y.from) / (y.to - y.from)) * (bottom - top);
  // Labels that would touch are left out.
  const widest = Math.max(...xTexts.map((each) => widthOf(each, LABEL))) + 8;
  const every = Math.max(1, Math.ceil(widest / ((right - left) / Math.max(1, x.ticks.length - 1))));
  const parts = [
    ...y.ticks.map((tick) => line(left, placeY(tick), right, placeY(tick), GRID)),
    ...x.ticks.map((tick) => line(placeX(tick), top, placeX(tick), bottom, GRID)),
    ...y.ticks.map((tick, i) => text(yTexts[i]!, left - TICK_GAP, placeY(tick) + 4, { anchor: 'end' })),
    ...x.ticks.flatMap((tick, i) =>
      i % every === 0 ? [text(xTexts[i]!, placeX(tick), bottom + 18, { anchor: 'middle' })] : [],
    ),
    text(fitted(x.title, right - left), (left + right) / 2, bottom + 36, { anchor: 'middle', fill: INK }),
    text(fitted(y.title, bottom - top), 0, 0, {
      anchor: 'middle',
      fill: INK,
      transform: `translate(${LABEL} ${round((top + bottom) / 2)}) rotate(-90)`,
    }),
  ];
  return { body: parts.join(''), x: placeX, y: placeY, left, top, right, bottom };
}
