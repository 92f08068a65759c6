/**
 * Changes images that lie as rows: the changed image is a row again, without its zeros or in dense form. What moves in from outside
 * an image is 0. Only additions, multiplications and divisions, in float64, so that every machine gives the same bits.
 */
import { cosineOfHalfTurn } from '../../kernels/exact-math.js';
import type { SampleRows } from '../../memory/layer-memory.js';
import type { RowForm } from '../../memory/plan.js';
import type { WarpDraw } from './warp-draw.js';

type Rows = Pick<SampleRows, 'index' | 'value'>;

/** Where the pixels of a line come from, by their distance from its middle. */
interface Line {
  readonly startX: number;
  readonly stepX: number;
  readonly startY: number;
  readonly stepY: number;
}

/** All pixels beyond are zero. */
interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Slopes that are smaller are not divided by. */
const FLAT = 0.01;

export class Warper {
  readonly #height: number;
  readonly #width: number;
  readonly #isDense: boolean;
  /** (height + 2, width + 2) An image with a margin of zeros. */
  readonly #picture: Float64Array;
  /** (height · width) */
  readonly #column: Uint32Array;

  constructor(height: number, width: number, form: RowForm) {
    this.#height = height;
    this.#width = width;
    this.#isDense = form === 'dense';
    this.#picture = new Float64Array((height + 2) * (width + 2));
    this.#column = Uint32Array.from({ length: height * width }, (_, i) => i % width);
  }

  /**
   * Changes the image whose row is [from, to).
   *
   * @param at  where the changed row begins: there is room for all inputs
   * @returns the length of that row
   */
  write(rows: Rows, from: number, to: number, at: number, draw: WarpDraw): number {
    const isMoved = draw.angle === 0 && draw.factor === 1;
    if (!isMoved) return this.#resample(rows, from, to, at, draw);
    if (this.#isDense) return this.#moveDense(rows, from, at, draw);
    return draw.isMirrored ? this.#moveMirrored(rows, from, to, at, draw) : this.#move(rows, from, to, at, draw);
  }

  #move({ index, value }: Rows, from: number, to: number, at: number, { right, down }: WarpDraw): number {
    const [height, width, column] = [this.#height, this.#width, this.#column];
    const offset = down * width + right;
    // Rows of pixels that stay inside: the others are at the beginning or the end.
    const [first, last] = [Math.max(0, -down) * width, Math.min(height, height - down) * width];
    const [left, end] = [Math.max(0, -right), Math.min(width, width - right)];
    let k = at;
    for (let j = from; j < to; j++) {
      const i = index[j]!;
      const x = column[i]!;
      if (i < first || i >= last || x < left || x >= end) continue;
      index[k] = i + offset;
      value[k++] = value[j]!;
    }
    return k - at;
  }

  /** Line by line, each from its end. */
  #moveMirrored({ index, value }: Rows, from: number, to: number, at: number, { right, down }: WarpDraw): number {
    const [height, width, column] = [this.#height, this.#width, this.#column];
    let k = at;
    let next = from;
    while (next < to) {
      const line = index[next]! - column[index[next]!]!;
      const begin = next;
      while (next < to && index[next]! < line + width) next++;
      const moved = line + down * width;
      if (moved < 0 || moved >= height * width) continue;
      for (let j = next - 1; j >= begin; j--) {
        const x = width - 1 - column[index[j]!]! + right;
        if (x < 0 || x >= width) continue;
        index[k] = moved + x;
        value[k++] = value[j]!;
      }
    }
    return k - at;
  }

  #moveDense({ value }: Rows, from: number, at: number, { right, down, isMirrored }: WarpDraw): number {
    const [height, width] = [this.#height, this.#width];
    const length = height * width;
    value.fill(0, at, at + length);
    const [left, end] = [Math.max(0, right), Math.min(width, width + right)];
    const [first, step] = isMirrored ? [width - 1 + right, -1] : [-right, 1];
    for (let y = Math.max(0, down); y < Math.min(height, height + down); y++) {
      const line = from + (y - down) * width + first;
      for (let x = left; x < end; x++) value[at + y * width + x] = value[line + step * x]!;
    }
    return length;
  }

  /** Each pixel from the place in the image where it comes from, between four pixels (bilinear interpolation). */
  #resample(rows: Rows, from: number, to: number, at: number, draw: WarpDraw): number {
    const frame = this.#spread(rows, from, to);
    const { index, value } = rows;
    const [height, width] = [this.#height, this.#width];
    const [centerX, centerY] = [(width - 1) / 2, (height - 1) / 2];
    const [cosine, sine] = cosineAndSine(draw.angle);
    const [a, b] = [cosine / draw.factor, sine / draw.factor];
    const sign = draw.isMirrored ? -1 : 1;
    if (this.#isDense) value.fill(0, at, at + height * width);
    let k = at;
    for (let y = 0; y < height; y++) {
      const v = y - draw.down - centerY;
      // The places along a line: sx = startX + stepX · u.
      const line: Line = { startX: centerX + sign * b * v, stepX: sign * a, startY: centerY + a * v, stepY: -b };
      const move = draw.right + centerX;
      const { first, end } = this.#within(line, frame, move);
      const row = y * width;
      for (let x = first; x < end; x++) {
        const pixel = this.#pixel(line, frame, x - move);
        if (this.#isDense) value[at + row + x] = pixel;
        else if (pixel !== 0) {
          index[k] = row + x;
          value[k++] = pixel;
        }
      }
    }
    return this.#isDense ? height * width : k - at;
  }

  /** At u pixels from the middle of a line. */
  #pixel({ startX, stepX, startY, stepY }: Line, { left, right, top, bottom }: Frame, u: number): number {
    const sx = startX + stepX * u;
    const sy = startY + stepY * u;
    if (!(sx > left && sx < right && sy > top && sy < bottom)) return 0;
    const picture = this.#picture;
    const stride = this.#width + 2;
    const x0 = Math.floor(sx);
    const y0 = Math.floor(sy);
    const fx = sx - x0;
    const fy = sy - y0;
    // (With the margin.)
    const p = ((y0 + 1) * stride + x0 + 1) | 0;
    const above = (1 - fx) * picture[p]! + fx * picture[p + 1]!;
    const below = (1 - fx) * picture[p + stride]! + fx * picture[p + stride + 1]!;
    return Math.fround((1 - fy) * above + fy * below);
  }

  /** Pixels of a line that may come from within the frame. Those beyond do not: the exact check is that of `#pixel`. */
  #within({ startX, stepX, startY, stepY }: Line, { left, right, top, bottom }: Frame, move: number) {
    let [low, high] = [0, this.#width];
    for (const [start, step, from, to] of [
      [startX, stepX, left, right],
      [startY, stepY, top, bottom],
    ] as const) {
      // (Places are within a width and a half of the middle.)
      const margin = 2 * FLAT * this.#width;
      if (Math.abs(step) < FLAT) {
        if (start + margin < from || start - margin > to) return { first: 0, end: 0 };
        continue;
      }
      const [one, other] = [(from - start) / step + move, (to - start) / step + move];
      low = Math.max(low, Math.floor(Math.min(one, other)) - 1);
      high = Math.min(high, Math.ceil(Math.max(one, other)) + 2);
    }
    return { first: low, end: high };
  }

  /** Writes the row as a picture. @returns a frame around its pixels that are not zero: all beyond is zero */
  #spread({ index, value }: Rows, from: number, to: number): Frame {
    const [height, width, picture, column] = [this.#height, this.#width, this.#picture, this.#column];
    const place = (i: number, x: number) => i + 2 * ((i - x) / width) + width + 3;
    if (this.#isDense) {
      for (let i = 0; i < to - from; i++) picture[place(i, column[i]!)] = value[from + i]!;
      return { left: -1, right: width, top: -1, bottom: height };
    }
    picture.fill(0);
    let [left, right] = [width, -1];
    for (let k = from; k < to; k++) {
      const i = index[k]!;
      const x = column[i]!;
      picture[place(i, x)] = value[k]!;
      if (x < left) left = x;
      if (x > right) right = x;
    }
    const lineOf = (k: number) => (index[k]! - column[index[k]!]!) / width;
    const [top, bottom] = from < to ? [lineOf(from), lineOf(to - 1)] : [height, -1];
    return { left: left - 1, right: right + 1, top: top - 1, bottom: bottom + 1 };
  }
}

/** @param angle  degrees, from −180 to 180 */
function cosineAndSine(angle: number): readonly [cosine: number, sine: number] {
  const half = Math.abs(angle) / 180;
  // sin(πx) = cos(π(½ − x))
  const sine = cosineOfHalfTurn(Math.abs(0.5 - half));
  return [cosineOfHalfTurn(half), angle < 0 ? -sine : sine];
}
