/**
 * From strokes to a picture as MNIST's are: the drawing fits a box of 20 of 28 pixels, as wide or high as that, and its center
 * of mass stands in the picture's center. The strokes themselves are made larger or smaller, and then drawn with a pen of
 * MNIST's width: so it does not matter how large somebody draws.
 */

export interface Point {
  /** From 0, left and top, to 1. */
  readonly x: number;
  readonly y: number;
}

export type Stroke = readonly Point[];

/** Of 28 pixels, how many the drawing may fill; and half the pen's width. */
const BOX = 20 / 28;
const PEN_RADIUS = 1.2 / 28;
/** A dot is not blown up to a disk. */
const MOST_ENLARGED = 4;

/**
 * @param side  pixels of the picture's side
 * @returns (side, side) pixels, 0 where there is no ink; undefined if nothing is drawn
 */
export function pictureOf(strokes: readonly Stroke[], side: number): Uint8Array<ArrayBuffer> | undefined {
  const points = strokes.flat();
  if (points.length === 0) return undefined;
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const extent = Math.max(right - left, bottom - top);
  const scale = side * Math.min(MOST_ENLARGED, (BOX - 2 * PEN_RADIUS) / Math.max(extent, 1e-6));

  const placed = (dx: number, dy: number) =>
    strokes.map((stroke) =>
      stroke.map(({ x, y }) => ({
        x: side / 2 + dx + (x - (left + right) / 2) * scale,
        y: side / 2 + dy + (y - (top + bottom) / 2) * scale,
      })),
    );
  const first = inkOf(placed(0, 0), side);
  const { x, y } = centreOf(first, side);
  return Uint8Array.from(inkOf(placed(side / 2 - x, side / 2 - y), side), (ink) => Math.round(255 * ink));
}

/** (side, side) From 0 to 1. @param strokes  in pixels */
function inkOf(strokes: readonly Stroke[], side: number): Float64Array {
  const ink = new Float64Array(side * side);
  const radius = PEN_RADIUS * side;
  const reach = radius + 1;
  for (const stroke of strokes) {
    for (const [i, to] of stroke.entries()) {
      const from = stroke[Math.max(0, i - 1)]!;
      const rows = span(from.y, to.y, reach, side);
      const columns = span(from.x, to.x, reach, side);
      for (let row = rows.from; row < rows.to; row++) {
        for (let column = columns.from; column < columns.to; column++) {
          const covered = radius + 0.5 - distance(column + 0.5, row + 0.5, from, to);
          const at = row * side + column;
          ink[at] = Math.max(ink[at]!, Math.min(1, covered));
        }
      }
    }
  }
  return ink;
}

/** The pixels that a line from `a` to `b` may reach, half-open. */
function span(a: number, b: number, reach: number, side: number): { from: number; to: number } {
  return {
    from: Math.max(0, Math.floor(Math.min(a, b) - reach)),
    to: Math.min(side, Math.ceil(Math.max(a, b) + reach)),
  };
}

/** From a point to a line with ends. */
function distance(x: number, y: number, from: Point, to: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - from.x) * dx + (y - from.y) * dy) / length));
  return Math.hypot(x - from.x - along * dx, y - from.y - along * dy);
}

function centreOf(ink: Float64Array, side: number): Point {
  let [mass, x, y] = [0, 0, 0];
  for (const [i, value] of ink.entries()) {
    mass += value;
    x += value * ((i % side) + 0.5);
    y += value * (Math.floor(i / side) + 0.5);
  }
  return mass > 0 ? { x: x / mass, y: y / mass } : { x: side / 2, y: side / 2 };
}
