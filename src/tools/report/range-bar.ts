/** An interval between 0 and 1, as a line with a point. */
import { line, round } from './draw.js';
import { ACCENT, type Cell, GRID } from './model.js';

/** @param y  of the line */
export function rangeBar(
  { value, low, high }: NonNullable<Cell['range']>,
  x: number,
  y: number,
  width: number,
): string {
  // Room for the point.
  const place = (at: number) => x + 5 + at * (width - 10);
  return (
    line(place(0), y, place(1), y, GRID, 'stroke-width="2"') +
    line(place(low), y, place(high), y, ACCENT, 'stroke-width="4" stroke-opacity="0.5" stroke-linecap="round"') +
    `<circle cx="${round(place(value))}" cy="${round(y)}" r="4" fill="${ACCENT}"/>`
  );
}
