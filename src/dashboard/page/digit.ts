/**
 * Converts strokes to an image like those of MNIST: the drawing fills a box of 20 of 28 pixels, with its center of mass in
 * the center of the image. The strokes are scaled before they are drawn with the pen width of MNIST, so the size of the
 * drawing does not matter.
 */

export interface Point {
  /** From 0, left and top, to 1. */
  readonly x: number;
  readonly y: number;
}

export type Stroke = readonly Point[];

/** Size of the drawing and half the width of the pen, as fractions of the image. */
const BOX = 20 / 28;
const PEN_RADIUS = 1.2 / 28;
/** Prevents that a dot becomes a disk. */
const MOST_ENLARGED = 4;

/**
 * @param side  width and height of the image, in pixels
 * @returns [side, side], 0: no ink; undefined if nothing is drawn
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

/** @param strokes  in pixels @returns [side, side], from 0 to 1 */
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

/** The half-open range of pixels that a line from `a` to `b` may touch. */
function span(a: number, b: number, reach: number, side: number): { from: number; to: number } {
  return {
    from: Math.max(0, Math.floor(Math.min(a, b) - reach)),
    to: Math.min(side, Math.ceil(Math.max(a, b) + reach)),
  };
}

/** Distance from a point to a line segment. */
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
