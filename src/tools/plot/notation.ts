/** Number formats of a plot: 0.002, 20,000, 5e30. */

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 20 });

/** Outside this range, decimals are too long. */
const LEAST_DECIMAL = 1e-4;
const LEAST_SCIENTIFIC = 1e6;

/** The ticks of one axis, all in the same notation. */
export function tickTexts(ticks: readonly number[]): string[] {
  const sizes = ticks.map(Math.abs);
  const isShort = sizes.every((size) => size === 0 || (size >= LEAST_DECIMAL * 0.999 && size < LEAST_SCIENTIFIC));
  return ticks.map((tick) => (isShort ? grouped.format(tick) : scientific(tick, 2)));
}

/** A measured value, with three digits. */
export function figureText(value: number): string {
  if (value === 0) return '0';
  if (value >= 0.001 && value < 999.5) return value.toPrecision(3);
  if (value >= 999.5 && value < LEAST_SCIENTIFIC) return grouped.format(Math.round(value));
  return scientific(value, 2);
}

/**
 * No superscripts, because many fonts lack them.
 *
 * @param most  maximum number of decimals, without trailing zeros
 */
function scientific(value: number, most: number): string {
  if (value === 0) return '0';
  const [mantissa = '', exponent = ''] = value.toExponential(most).split('e');
  if (exponent === '+0') return String(Number(mantissa));
  return `${Number(mantissa)}e${exponent.replace('+', '').replace('-', '−')}`;
}
