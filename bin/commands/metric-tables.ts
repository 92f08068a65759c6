/** Tables of metrics for terminals. */
import type { Interval } from '../../src/metrics/quality/bootstrap.js';
import { columnsOf, padEndTo, padStartTo, truncated } from '../../src/text/printable.js';

/** Without a terminal. */
const USUAL_COLUMNS = 80;

/**
 * As many columns as fit.
 *
 * @param widths  negative: aligned to the left; 0: not padded
 */
export function rowsOf(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
  widths: readonly number[],
): string[] {
  const most = Number.isFinite(columns) ? columns : USUAL_COLUMNS;
  return [heading, ...rows].map((cells) => {
    let line = '';
    for (const [i, width] of widths.entries()) {
      const text = cells[i]!;
      const cut = width === 0 ? text : truncated(text, Math.abs(width) - (i > 0 ? 1 : 0));
      const longer =
        width < 0 ? line + padEndTo(cut, -width) : width > 0 ? line + padStartTo(cut, width) : `${line}  ${cut}`;
      if (i > 0 && columnsOf(longer.trimEnd()) > most) break;
      line = longer;
    }
    return line.trimEnd();
  });
}

export function intervalText([low, high]: Interval, between: string, text: (value: number) => string): string {
  return `${text(low)}${between}${text(high)}`;
}

export function signed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return value > 0 ? `+${text}` : text.replace('-', '−');
}
