/** Changed images, against an independent implementation on two-dimensional arrays. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RowForm } from '../../../src/memory/plan.js';
import type { WarpDraw } from '../../../src/model/augmentation/warp-draw.js';
import { Warper } from '../../../src/model/augmentation/warper.js';
import { valuesOf } from '../../support/thoroughness.js';

type Picture = readonly (readonly number[])[];

const STILL: WarpDraw = { isMirrored: false, angle: 0, factor: 1, right: 0, down: 0 };

/** By way of a row. The memory around the changed row must not be written. */
function warped(picture: Picture, form: RowForm, draw: WarpDraw): number[][] {
  const [height, width] = [picture.length, picture[0]!.length];
  const pixels = picture.flat();
  const stored = pixels.flatMap((x, i) => (form === 'dense' || x !== 0 ? [[i, x] as const] : []));
  const at = stored.length + 3;
  const index = new Uint32Array(at + pixels.length + 2).fill(77);
  const value = new Float32Array(index.length).fill(-77);
  for (const [k, [i, x]] of stored.entries()) {
    index[k + 1] = i;
    value[k + 1] = x;
  }
  const warper = new Warper(height, width, form);
  // What an image leaves behind must not show in the next.
  warper.write({ index, value }, 1, stored.length + 1, at, { ...STILL, angle: 33, right: 1 });
  index.fill(77, at);
  value.fill(-77, at);
  const length = warper.write({ index, value }, 1, stored.length + 1, at, draw);
  expect(value[at - 1]).toBe(-77);
  expect(value.subarray(at + length).every((x) => x === -77)).toBe(true);
  const changed = Array.from({ length: height }, () => new Array<number>(width).fill(0));
  let last = -1;
  for (let k = 0; k < length; k++) {
    const i = form === 'dense' ? k : index[at + k]!;
    if (i <= last || (form === 'sparse' && value[at + k] === 0)) expect.fail(`entry ${k} of the row`);
    last = i;
    changed[Math.floor(i / width)]![i % width] = value[at + k]!;
  }
  expect(length).toBe(form === 'dense' ? pixels.length : changed.flat().filter((x) => x !== 0).length);
  return changed;
}

/** Each pixel of the result from where it comes from, by the formulas of docs/mathematics.md. */
function expected(picture: Picture, { isMirrored, angle, factor, right, down }: WarpDraw): number[][] {
  const [height, width] = [picture.length, picture[0]!.length];
  const mirrored = isMirrored ? picture.map((line) => line.toReversed()) : picture;
  const at = (x: number, y: number) => mirrored[y]?.[x] ?? 0;
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
  const t = (angle * Math.PI) / 180;
  return picture.map((line, y) =>
    line.map((_, x) => {
      const [u, v] = [(x - right - cx) / factor, (y - down - cy) / factor];
      const [sx, sy] = [cx + Math.cos(t) * u + Math.sin(t) * v, cy - Math.sin(t) * u + Math.cos(t) * v];
      const [x0, y0] = [Math.floor(sx), Math.floor(sy)];
      let sum = 0;
      for (const [px, py] of [
        [x0, y0],
        [x0 + 1, y0],
        [x0, y0 + 1],
        [x0 + 1, y0 + 1],
      ] as const) {
        sum += at(px, py) * (1 - Math.abs(sx - px)) * (1 - Math.abs(sy - py));
      }
      return sum;
    }),
  );
}

const pixel = fc.oneof(
  { weight: 2, arbitrary: fc.constant(0) },
  fc.integer({ min: 1, max: 255 }).map((byte) => Math.fround(byte / 255)),
);
const picture = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  .chain(([height, width]) =>
    fc.array(fc.array(pixel, { minLength: width, maxLength: width }), { minLength: height, maxLength: height }),
  );
const moved = fc.record({
  isMirrored: fc.boolean(),
  right: fc.integer({ min: -9, max: 9 }),
  down: fc.integer({ min: -9, max: 9 }),
});
const FORMS = ['sparse', 'dense'] as const;

describe.each(FORMS)('in %s form', (form) => {
  it('a moved or mirrored image has the same pixels elsewhere, to the bit', () => {
    fc.assert(
      fc.property(picture, moved, (image, draw) => {
        const own: WarpDraw = { ...STILL, ...draw };
        expect(warped(image, form, own)).toEqual(expected(image, own));
      }),
      { numRuns: valuesOf([1000], [80])[0]! },
    );
  });

  it('a rotated and scaled image is that of the formulas, and within the range of its pixels', () => {
    const turned = fc.record({
      angle: fc.double({ min: -180, max: 180, noNaN: true }),
      factor: fc.double({ min: 0.3, max: 2, noNaN: true }),
    });
    fc.assert(
      fc.property(picture, moved, turned, (image, move, turn) => {
        const draw: WarpDraw = { ...move, ...turn };
        const [found, wanted] = [warped(image, form, draw).flat(), expected(image, draw).flat()];
        expect(Math.max(...found.map((x, i) => Math.abs(x - wanted[i]!)))).toBeLessThan(1e-6);
        expect(Math.min(...found)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...found)).toBeLessThanOrEqual(Math.max(...image.flat()) * (1 + 2 ** -23));
      }),
      { numRuns: valuesOf([1000], [80])[0]! },
    );
  });

  it('a rotation by nearly nothing changes nothing, and quarter turns are exact', () => {
    fc.assert(
      fc.property(picture, moved, (image, move) => {
        const draw: WarpDraw = { ...STILL, ...move };
        expect(warped(image, form, { ...draw, angle: Number.MIN_VALUE })).toEqual(warped(image, form, draw));
        const half = image.map((line) => line.toReversed()).toReversed();
        for (const angle of [180, -180]) expect(warped(image, form, { ...STILL, angle })).toEqual(half);
        if (image.length !== image[0]!.length) return;
        const clockwise = image.map((_, y) => image.map((line) => line[y]!).toReversed());
        expect(warped(image, form, { ...STILL, angle: 90 })).toEqual(clockwise);
      }),
      { numRuns: 30 },
    );
  });
});

it('both forms give the same bits', () => {
  const draw = fc.record({
    ...{ isMirrored: fc.boolean(), angle: fc.double({ min: -30, max: 30, noNaN: true }) },
    ...{ factor: fc.double({ min: 0.8, max: 1.2, noNaN: true }), right: fc.nat(2), down: fc.nat(2) },
  });
  fc.assert(
    fc.property(picture, draw, (image, each) => {
      expect(warped(image, 'sparse', each)).toEqual(warped(image, 'dense', each));
    }),
    { numRuns: 30 },
  );
});
