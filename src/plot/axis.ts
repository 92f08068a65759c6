/** Where values have their places on an axis, and which of them are written there. */

export interface Axis {
  readonly type: 'linear' | 'log';
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  /** Of the ticks, in d3's notation. */
  readonly format: string;
}

/** From 0 to a round number above all values. */
export function linearAxis(values: readonly number[], most: number): Axis {
  const max = largest(values) || 1;
  const step = roundStep(max / most);
  const count = Math.ceil(max / step - 1e-9);
  const ticks = Array.from({ length: count + 1 }, (_, i) => i * step);
  return { type: 'linear', domain: [0, count * step], ticks, format: `.${Math.max(0, -exponentOf(step))}f` };
}

/** Between round numbers that enclose all values above 0: the others have no place on it. */
export function logAxis(values: readonly number[]): Axis {
  const positive = values.filter((value) => value > 0);
  const [min, max] = positive.length > 0 ? [smallest(positive), largest(positive)] : [0.1, 1];
  const from = below(min);
  const to = above(max) > from ? above(max) : above(from * 1.5);
  return { type: 'log', domain: [from, to], ticks: logTicks(from, to), format: '~g' };
}

/** 1, 2, 5, 10, … where that is few enough, else powers of ten. */
function logTicks(from: number, to: number): number[] {
  const decades = Math.log10(to / from);
  const mantissas = decades > 2.5 ? [1] : [1, 2, 5];
  const every = Math.max(1, Math.ceil(decades / 8));
  const ticks: number[] = [];
  for (let exponent = exponentOf(from); exponent <= exponentOf(to); exponent++) {
    if (exponent % every !== 0) continue;
    ticks.push(...mantissas.map((mantissa) => tenTo(exponent, mantissa)));
  }
  return ticks.filter((tick) => tick >= from * 0.999 && tick <= to * 1.001);
}

/**
 * Whole epochs: the first, and round ones after it.
 *
 * @param most  ticks that have room
 */
export function epochAxis(first: number, last: number, most: number): Axis {
  const domain: [number, number] = first === last ? [first - 0.5, last + 0.5] : [first, last];
  const step = Math.max(1, roundStep((last - first) / most));
  const ticks = [first];
  for (let tick = (Math.floor(first / step) + 1) * step; tick <= last; tick += step) {
    // Beside the first there has to be room for its own label.
    if (tick - first >= step / 2) ticks.push(tick);
  }
  return { type: 'linear', domain, ticks, format: ',d' };
}

/** Of the way from the axis's low end to its high one: 0 to 1. */
export function placeOn({ type, domain: [from, to] }: Axis, value: number): number {
  return type === 'log' ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
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

/** Exactly the number that its decimal notation means. */
function tenTo(exponent: number, mantissa: number): number {
  return Number(`${mantissa}e${exponent}`);
}

/** (Math.max takes no more arguments than the stack does.) */
function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

function smallest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}
