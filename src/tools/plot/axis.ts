/** Axis scales and ticks. */
import { widthOf } from '../drawing/letters.js';
import { TEXT } from './fonts.js';
import { tickTexts } from './notation.js';

export interface Axis {
  readonly type: 'linear' | 'log';
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  /** Labels of the ticks. */
  readonly texts: readonly string[];
}

/** Smaller values count as 0, which a logarithmic axis cannot show. (Below it, float64 loses precision.) */
const LEAST = 1e-300;
/** Minimum distances in pixels: between ticks, and between labels. */
const EPOCH_DISTANCE = 56;
const LABEL_GAP = 8;

/** A linear axis from 0, or a round number below all values, to a round number above all values. */
export function linearAxis(values: readonly number[], most: number): Axis {
  const found = largest(values);
  const min = Math.min(0, smallest(values));
  const max = found < LEAST && min === 0 ? 1 : found;
  const step = roundStep((max - min) / most);
  const first = Math.floor(min / step + 1e-9);
  const last = Math.ceil(max / step - 1e-9);
  // Rounded to twelve digits, because 3 × 0.1 is 0.30000000000000004.
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return {
    type: 'linear',
    domain: [first * step, last * step],
    ticks,
    texts: stepTexts(ticks, step),
  };
}

/** With the same number of decimals: 0.0, 0.5, 1.0. */
function stepTexts(ticks: readonly number[], step: number): string[] {
  const digits = Math.max(0, -exponentOf(step));
  return tickTexts(ticks).map((text, i) => (/^-?[\d.]+$/.test(text) && digits <= 4 ? ticks[i]!.toFixed(digits) : text));
}

/** A logarithmic axis between round numbers that enclose all values above 0. */
export function logAxis(values: readonly number[]): Axis {
  const placed = values.filter((value) => value >= LEAST);
  const [min, max] = placed.length > 0 ? [smallest(placed), largest(placed)] : [0.1, 1];
  const from = below(min);
  const to = above(max) > from ? above(max) : above(from * 1.5);
  const ticks = logTicks(from, to);
  return { type: 'log', domain: [from, to], ticks, texts: tickTexts(ticks) };
}

/** As many ticks as fit: all, or 1, 2, 5, 10, …, or powers of ten. */
function logTicks(from: number, to: number): number[] {
  const decades = Math.log10(to) - Math.log10(from);
  const mantissas = decades > 2.5 ? [1] : decades > 0.4 ? [1, 2, 5] : [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const every = Math.max(1, Math.ceil(decades / 8));
  const ticks: number[] = [];
  for (let exponent = exponentOf(from); exponent <= exponentOf(to); exponent++) {
    if (exponent % every !== 0) continue;
    ticks.push(...mantissas.map((mantissa) => tenTo(exponent, mantissa)));
  }
  return ticks.filter((tick) => tick >= from * 0.999 && tick <= to * 1.001);
}

/**
 * Ticks at whole epochs: the first, round ones, and the last if it fits.
 *
 * @param width  of the axis, in pixels
 */
export function epochAxis(first: number, last: number, width: number): Axis {
  const domain: [number, number] = first === last ? [first - 0.5, last + 0.5] : [first, last];
  const span = domain[1] - domain[0];
  const most = Math.max(2, Math.min(10, width / EPOCH_DISTANCE));
  const step = Math.max(1, roundStep((last - first) / most));
  const haveRoom = (a: number, b: number) => {
    const texts = tickTexts([a, b]).reduce((sum, text) => sum + widthOf(text, TEXT.label), 0);
    return ((b - a) / span) * width >= texts / 2 + LABEL_GAP;
  };
  const ticks = [first];
  for (let tick = (Math.floor(first / step) + 1) * step; tick <= last; tick += step) {
    if (haveRoom(ticks.at(-1)!, tick)) ticks.push(tick);
  }
  if (haveRoom(ticks.at(-1)!, last)) ticks.push(last);
  return { type: 'linear', domain, ticks, texts: tickTexts(ticks) };
}

/** Position on the axis, from 0 to 1. */
export function placeOn({ type, domain: [from, to] }: Axis, value: number): number {
  if (type === 'linear') return (value - from) / (to - from);
  return (Math.log(value) - Math.log(from)) / (Math.log(to) - Math.log(from));
}

export function hasPlaceOn({ type }: Axis, value: number): boolean {
  return type === 'linear' || value >= LEAST;
}

/** The smallest of 1, 2, 5, 10, … that is not less. */
function roundStep(least: number): number {
  return least > 0 ? above(least) : 1;
}

function above(value: number): number {
  const exponent = exponentOf(value);
  const mantissa = [1, 2, 5].find((each) => tenTo(exponent, each) >= value * (1 - 1e-9));
  return mantissa ? tenTo(exponent, mantissa) : tenTo(exponent + 1, 1);
}

function below(value: number): number {
  const exponent = exponentOf(value);
  return tenTo(exponent, [5, 2].find((each) => tenTo(exponent, each) <= value * (1 + 1e-9)) ?? 1);
}

function exponentOf(value: number): number {
  return Math.floor(Math.log10(value) + 1e-9);
}

/** Parsed from decimal notation, to avoid rounding errors. */
function tenTo(exponent: number, mantissa: number): number {
  return Number(`${mantissa}e${exponent}`);
}

/** Unlike Math.max(...values), not limited by the size of the stack. */
function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

function smallest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}
