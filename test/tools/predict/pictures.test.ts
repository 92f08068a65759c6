/** Pictures as a network's inputs: each kind of PNG and PGM, fitted as asked for, and refused where damaged. */
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { SCALED } from '../../../src/data/scaled-pixels.js';
import { inputsOf, invert, resize } from '../../../src/tools/predict/fit.js';
import { decodePgm } from '../../../src/tools/predict/pgm.js';
import { decodePng } from '../../../src/tools/predict/png.js';
import { chunk, png as pngFile } from '../../support/png-file.js';
import { refusalOf } from '../../support/refusals.js';

const bytesOf = (text: string, ...rest: number[]) => Buffer.concat([Buffer.from(text), Uint8Array.from(rest)]);
const gray = (values: number[], width: number, white = 255) => ({
  width,
  height: values.length / width,
  white,
  gray: Float32Array.from(values),
});

/** A PNG with more chunks before its pixels. */
function png(
  ihdr: readonly number[],
  data: Uint8Array,
  before: readonly (readonly [string, Uint8Array])[] = [],
): Buffer {
  return pngFile(
    ihdr,
    data,
    before.map(([type, body]) => chunk(type, body)),
  );
}

describe('PNG', () => {
  it('of 256 grays gives the inputs of training, each', () => {
    const data = Uint8Array.from({ length: 256 }, (_, p) => p);
    const picture = decodePng('x', encode({ width: 16, height: 16, channels: 1, data }), false);
    expect(inputsOf(picture)).toEqual(SCALED);
    expect(inputsOf(invert(picture))).toEqual(SCALED.toReversed());
  });

  it('of 16 bits keeps them', () => {
    const data = Uint16Array.from([0, 1, 40000, 65535]);
    const picture = decodePng('x', encode({ width: 2, height: 2, channels: 1, depth: 16, data }), false);
    expect([picture.white, ...picture.gray]).toEqual([65535, 0, 1, 40000, 65535]);
  });

  it('of colors is gray by luminance, and the grays among them stay as they are', () => {
    const data = Uint8Array.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 77, 77, 77]);
    const found = decodePng('x', encode({ width: 4, height: 1, channels: 3, data }), false);
    expect([...found.gray]).toEqual([76.245, 149.685, 29.07, 77].map(Math.fround));
  });

  it('shows its background where it is transparent: black, or white where that is what is drawn on', () => {
    const data = Uint8Array.from([200, 200, 200, 0, 200, 200, 200, 51, 200, 200, 200, 255]);
    const file = encode({ width: 3, height: 1, channels: 4, data });
    expect([...decodePng('x', file, false).gray]).toEqual([0, 40, 200]);
    expect([...decodePng('x', file, true).gray]).toEqual([255, 244, 200]);
  });

  it('of 1, 2 and 4 bits, of rows that end within a byte', () => {
    expect([
      ...decodePng('x', png([3, 2, 1, 0, 0, 0, 0], Uint8Array.of(0, 0b10100000, 0, 0b01000000)), false).gray,
    ]).toEqual([1, 0, 1, 0, 1, 0]);
    const two = decodePng('x', png([5, 1, 2, 0, 0, 0, 0], Uint8Array.of(0, 0b00011011, 0b01000000)), false);
    expect([two.white, ...two.gray]).toEqual([3, 0, 1, 2, 3, 1]);
    expect([...decodePng('x', png([3, 1, 4, 0, 0, 0, 0], Uint8Array.of(0, 0x2f, 0x70)), false).gray]).toEqual([
      2, 15, 7,
    ]);
  });

  it('of a palette, with transparency', () => {
    const palette = ['PLTE', Uint8Array.of(9, 9, 9, 255, 255, 255)] as const;
    const clear = ['tRNS', Uint8Array.of(0)] as const;
    const data = Uint8Array.of(0, 0b01000000);
    expect([...decodePng('x', png([2, 1, 1, 3, 0, 0, 0], data, [palette]), false).gray]).toEqual([9, 255]);
    expect([...decodePng('x', png([2, 1, 1, 3, 0, 0, 0], data, [palette, clear]), false).gray]).toEqual([0, 255]);
  });

  it('interlaced is the same picture', () => {
    const image = { width: 11, height: 7, channels: 1, data: Uint8Array.from({ length: 77 }, (_, p) => p * 3) };
    expect(decodePng('x', encode(image, { interlace: 'Adam7' }), false)).toEqual(decodePng('x', encode(image), false));
  });

  it.each([
    ['cut short', (file: Buffer) => file.subarray(0, -20)],
    ['without its last row', () => png([2, 2, 8, 0, 0, 0, 0], Uint8Array.of(0, 1, 2))],
    ['with a bit changed', (file: Buffer) => Buffer.from(file.map((byte, i) => (i === 45 ? byte ^ 1 : byte)))],
    ['that unfolds to more than its size', () => png([2, 2, 8, 0, 0, 0, 0], new Uint8Array(1 << 20))],
    ['of no color type', () => png([2, 2, 8, 5, 0, 0, 0], Uint8Array.of(0, 1, 2, 0, 3, 4))],
    ['interlaced with less than a byte a pixel', () => png([2, 2, 1, 0, 0, 0, 1], Uint8Array.of(0, 0, 0, 0, 0, 0))],
    ['of no pixels', () => png([0, 2, 8, 0, 0, 0, 0], Uint8Array.of(0))],
  ])('%s is refused', async (_, damage) => {
    const file = Buffer.from(encode({ width: 2, height: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4) }));
    const { message } = await refusalOf(() => decodePng('x.png', damage(file), false));
    expect(message).toMatch(/^x\.png: not a usable image: ./);
  });

  it('that promises more pixels than anybody has is refused before they are made', async () => {
    const { message } = await refusalOf(() =>
      decodePng('x', png([60000, 60000, 8, 0, 0, 0, 0], Uint8Array.of(0)), false),
    );
    expect(message).toBe('x: 60000x60000 pixels; expected at most 33,554,432 in total; make the image smaller');
  });
});

describe('PGM', () => {
  it('of text and of bytes, of one and of two, with comments', () => {
    expect([...decodePgm('x', bytesOf('P2\n# a\n2 1 # b\n255\n7 # c\n255\n')).gray]).toEqual([7, 255]);
    expect([...decodePgm('x', bytesOf('P5 2 1 255\n', 10, 35)).gray]).toEqual([10, 35]);
    expect([...decodePgm('x', bytesOf('P5 2 1 65535\n', 1, 0, 255, 255)).gray]).toEqual([256, 65535]);
  });

  it.each([
    ['P5 2 2 255\n', /it is truncated: it has fewer pixels than its header declares/],
    ['P2 100 100 255 1', /truncated/],
    ['P2 2 1 9 1', /no pixel 1 at byte 10/],
    ['P2 2 1 9 1 10', /pixel 1 is 10, above its maximum value 9/],
    ['P2 2 1 9 1 2 3', /1 extra bytes after its last pixel/],
    ['P2 2 x', /no height at byte 5/],
    ['P2 2 1 0 0 0', /its maximum value is 0; expected 1 to 65535/],
    ['P2 2 1 70000 0 0', /its maximum value is 70000/],
    ['P5 99999 99999 255\n', /99999x99999 pixels; expected at most/],
    ['P2 #', /no width/],
  ])('%j is refused', async (text, message) => {
    expect((await refusalOf(() => decodePgm('x', bytesOf(text)))).message).toMatch(message);
  });
});

describe('resize', () => {
  it('down is the mean over areas', () => {
    expect([...resize(gray([0, 2, 4, 6, 8, 10, 12, 14], 4), { width: 2, height: 1 }).gray]).toEqual([5, 9]);
    // Two thirds of a pixel, and a part of the middle one each.
    expect([...resize(gray([3, 6, 9], 3), { width: 2, height: 1 }).gray]).toEqual([4, 8]);
  });

  it('up is a straight line between centres', () => {
    expect([...resize(gray([0, 8], 2), { width: 4, height: 1 }).gray]).toEqual([0, 2, 6, 8]);
    expect([...resize(gray([0, 8], 1), { width: 1, height: 4 }).gray]).toEqual([0, 2, 6, 8]);
  });

  it('keeps an even gray even, whatever the sizes', () => {
    for (const [from, to] of [
      [28, 27],
      [29, 28],
      [100, 28],
      [28, 64],
      [1, 28],
      [1001, 28],
    ] as const) {
      const found = resize(gray(new Array<number>(from * from).fill(200), from), { width: to, height: to });
      expect(found.gray).toHaveLength(to * to);
      for (const value of found.gray) expect(value).toBeCloseTo(200, 3);
    }
  });
});
