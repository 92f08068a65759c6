/** The sheets: which pictures are on them, in which order and colors, and that what is written can be drawn. */
import { existsSync, readFileSync } from 'node:fs';
import { decode } from 'fast-png';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ModelData } from '../../../src/checkpoints/model-file.js';
import type { Samples } from '../../../src/data/samples.js';
import { loadDataset } from '../../../src/data/sources.js';
import { evaluateOn } from '../../../src/tools/evaluation.js';
import { errorSheet } from '../../../src/tools/inspect/error-sheet.js';
import { usualScale } from '../../../src/tools/inspect/picture.js';
import { weightSheet } from '../../../src/tools/inspect/weight-sheet.js';
import { pictureAt, writePicture } from '../../../src/tools/inspect/write-picture.js';
import { loadModel, type Network } from '../../../src/tools/network.js';
import { parseShape, shapeFor } from '../../../src/tools/predict/shape.js';
import { collect } from '../../support/events.js';
import { refusalOf } from '../../support/refusals.js';
import { scratchWith } from '../../support/scratch.js';

const scratch = scratchWith(1000, 200);
const OPTIONS = { count: 100, theme: 'light' } as const;

/** The pictures of a sheet, decoded, and the texts on it. */
function readSheet(svg: string) {
  const pictures = [...svg.matchAll(/href="data:image\/png;base64,([^"]+)"/g)].map(([, data = '']) =>
    decode(Buffer.from(data, 'base64')),
  );
  const texts = [...svg.matchAll(/<text[^>]*>(.*?)<\/text>/g)].map(([, text = '']) => text.replaceAll(/<[^>]+>/g, ''));
  return { pictures, texts };
}

type Picture = ReturnType<typeof decode>;

const colorAt = ({ data, width, channels }: Picture, x: number, y: number) => [
  ...data.subarray((y * width + x) * channels, (y * width + x + 1) * channels),
];

describe('the sheet of weights', () => {
  /** Inputs 2 × 3, units of these weights; with a layer behind them, or none. */
  function modelOf(units: readonly (readonly number[])[], isHidden = true): ModelData {
    const rows = units[0]!.map((_, i) => units.map((weights) => weights[i]!));
    const layers = isHidden ? [6, units.length, 2] : [6, units.length];
    const rest = new Array<number>(isHidden ? units.length * 3 + 2 : units.length).fill(0.1);
    const values = Float32Array.from([...rows.flat(), ...rest]);
    return {
      file: 'a/m.safetensors',
      layers,
      activation: 'relu',
      objective: 'softmax-cross-entropy',
      targets: [],
      values,
      kernel: undefined,
      table: undefined,
      metadata: {},
    };
  }
  const small = [0, 0, 0, 0, 0, 1];
  const large = [-4, 0, 1, 0, 0, 4];
  const middle = [0, 0, 0, 2, 0, 0];
  const options = { ...OPTIONS, shape: { width: 3, height: 2 }, scale: 2 };

  it('shows the units with the largest norms first, as many as are asked for', () => {
    const { units, of, svg } = weightSheet(modelOf([small, large, middle]), { ...options, count: 2 });
    expect([units, of]).toEqual([[1, 2], 3]);
    const { pictures, texts } = readSheet(svg);
    expect(pictures).toHaveLength(2);
    expect(texts[0]).toBe('Weights of the first layer: the 2 of 3 hidden units with the largest norms');
    // Of the model no more than its file says.
    expect(texts[1]).toBe('m.safetensors · 6-3-2');
  });

  it('scales each weight up to a square of pixels, row by row', () => {
    const [picture] = readSheet(weightSheet(modelOf([large]), options).svg).pictures;
    expect(picture).toMatchObject({ height: 4, width: 6 });
    const rows = [0, 1, 2, 3].map((y) => [0, 1, 2, 3, 4, 5].map((x) => colorAt(picture!, x, y).join()));
    expect(rows[1]).toEqual(rows[0]);
    expect(rows[3]).toEqual(rows[2]);
    for (const row of rows) expect([row[1], row[3], row[5]]).toEqual([row[0], row[2], row[4]]);
    expect(new Set(rows.flat()).size).toBe(4);
  });

  it.each([
    ['light', [255, 255, 255], [5, 48, 97], [103, 0, 31]],
    ['dark', [0, 0, 0], [158, 176, 255], [255, 173, 173]],
  ] as const)(
    '%s: 0 is the middle, blue is negative, red positive, on the same scale in all',
    (theme, zero, blue, red) => {
      const { svg } = weightSheet(modelOf([small, large]), { ...options, theme });
      const [first, second] = readSheet(svg).pictures;
      expect(colorAt(first!, 0, 0)).toEqual(blue);
      expect(colorAt(first!, 2, 0)).toEqual(zero);
      expect(colorAt(first!, 5, 3)).toEqual(red);
      // A weight of 1 in each.
      expect(colorAt(second!, 5, 3)).toEqual(colorAt(first!, 4, 0));
      expect(readSheet(svg).texts.slice(-3)).toEqual(['≤ −4.0', '0', '≥ 4.0']);
    },
  );

  it.each([1, 7, 12, 40])('has %i pictures within its margins, at whole pixels, none over another', (count) => {
    const { svg } = weightSheet(modelOf(new Array<readonly number[]>(count).fill(large)), { ...options, scale: 30 });
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!.map(Number);
    const places = [...svg.matchAll(/<image x="([^"]+)" y="([^"]+)"/g)].map(([, x, y]) => ({
      x: Number(x),
      y: Number(y),
    }));
    expect(places).toHaveLength(count);
    for (const [i, { x, y }] of places.entries()) {
      expect([x, y].every(Number.isInteger)).toBe(true);
      expect(Math.min(x, y, width! - x - 90, height! - y - 60)).toBeGreaterThanOrEqual(24);
      for (const other of places.slice(i + 1)) {
        expect(Math.abs(other.x - x) >= 90 || Math.abs(other.y - y) >= 60).toBe(true);
      }
    }
  });

  it('names the classes where there is no hidden layer', () => {
    const { texts } = readSheet(weightSheet(modelOf([small, large], false), options).svg);
    expect(texts.slice(2, 4)).toEqual(['1', '0']);
  });

  it('shows a network whose weights are all 0', () => {
    const [picture] = readSheet(weightSheet(modelOf([[0, 0, 0, 0, 0, 0]]), options).svg).pictures;
    expect(new Set(picture!.data)).toEqual(new Set([255]));
  });

  it('is refused where weights are not finite, or beyond all measure', async () => {
    const { status } = await refusalOf(() => weightSheet(modelOf([[0, 0, Number.NaN, 0, 0, 0]]), options));
    expect(status).toBe(1);
    const many = modelOf(new Array<readonly number[]>(2000).fill(small));
    expect(await refusalOf(() => weightSheet(many, { ...options, count: 2000, scale: 64 }))).toMatchObject({
      status: 2,
    });
  });

  it('writes what a file says as text, not as SVG', () => {
    const model = { ...modelOf([small]), file: 'a/<b>&\u001b.safetensors' };
    const { svg } = weightSheet(model, options);
    expect(svg).toContain('&lt;b&gt;&amp;\ufffd.safetensors');
  });
});

describe('the shape of a picture', () => {
  it('is a square, or what is asked for', () => {
    expect(shapeFor(784)).toEqual({ width: 28, height: 28 });
    expect(shapeFor(600, parseShape('20x30'))).toEqual({ width: 20, height: 30 });
    expect(parseShape('20×30')).toEqual({ width: 20, height: 30 });
    expect(usualScale({ height: 28, width: 28 })).toBe(3);
    expect(usualScale({ height: 500, width: 500 })).toBe(1);
  });

  it.each([
    [785, undefined, /^images of 785 inputs are not square: requires --shape <width>x<height>/],
    [784, '28x27', /^--shape 28x27: expected 784 pixels, the inputs of the network/],
    [784, '28', /^--shape 28: expected width x height, such as 28x28/],
    [784, '0x0', /^--shape 0x0: expected width x height/],
    [784, '28x28x1', /^--shape 28x28x1: expected width x height/],
  ])('%i inputs as %s are refused', async (inputs, given, expected) => {
    const { status, message } = await refusalOf(() =>
      shapeFor(inputs, given === undefined ? undefined : parseShape(given)),
    );
    expect(status).toBe(2);
    expect(message).toMatch(expected);
  });
});

describe('the sheet of errors', () => {
  let save: string;
  let network: Network;
  let samples: Samples;
  const model = () => ({ file: save, layers: network.layers, metadata: network.metadata });
  const sheetOf = (options: Partial<Parameters<typeof errorSheet>[3]> = {}) =>
    errorSheet(model(), network, { name: 'part', samples }, { ...OPTIONS, ...options });

  beforeAll(async () => {
    save = scratch.newPath('model.safetensors');
    await collect({ data: scratch.data, hidden: [20], epochs: 1, threads: 2, save });
    network = await loadModel(save);
    samples = (await loadDataset(scratch.data)).test;
  });

  it('has all that evaluate counts, the largest loss first', async () => {
    const { errors, of } = sheetOf({ count: 1000 });
    const { evaluation } = await evaluateOn(network, samples);
    expect(of).toBe(Math.round(evaluation.test_error! * samples.count));
    expect(of).toBeGreaterThan(10);
    expect(errors).toHaveLength(of);
    expect(errors.map(({ loss }) => loss)).toEqual(errors.map(({ loss }) => loss).sort((a, b) => b - a));
    for (const error of errors) {
      const { label, probabilities } = network.predict(
        samples.values.subarray(error.sample * 784, (error.sample + 1) * 784),
      );
      expect(error).toMatchObject({ class: samples.targets[error.sample], taken_for: label });
      expect(error.class).not.toBe(label);
      expect(error.probability).toBe(probabilities[label]);
      expect(error.loss).toBeCloseTo(-Math.log(probabilities[error.class]!), 6);
    }
  });

  it('shows the images, and beneath each what it is, what it was taken for, and how surely', () => {
    const { errors, of, svg } = sheetOf({ count: 4 });
    const { pictures, texts } = readSheet(svg);
    expect(errors).toHaveLength(4);
    expect(texts[0]).toBe(`The 4 worst of ${of} errors on 200 test samples: class → predicted class`);
    expect(texts.slice(2)).toEqual(
      errors.flatMap((error) => [`${error.class} → ${error.taken_for}`, `${(error.probability * 100).toFixed(1)} %`]),
    );
    for (const [i, { sample }] of errors.entries()) {
      const pixels = samples.values.subarray(sample * 784, (sample + 1) * 784);
      const picture = pictures[i]!;
      expect([picture.width, picture.height]).toEqual([84, 84]);
      const found = Array.from(
        pixels,
        (_, p) => 255 - colorAt(picture, (p % 28) * 3 + 1, Math.floor(p / 28) * 3 + 1)[0]!,
      );
      expect(found).toEqual([...pixels]);
    }
    const [dark] = readSheet(sheetOf({ theme: 'dark' }).svg).pictures;
    expect(Array.from(dark!.data, (value) => 255 - value)).toEqual([...pictures[0]!.data]);
  });

  it('can be drawn where there are no errors', () => {
    const none = { ...samples, count: 0 };
    const { svg, of } = errorSheet(model(), network, { name: 'none', samples: none }, OPTIONS);
    expect(of).toBe(0);
    expect(readSheet(svg).texts[0]).toBe('All 0 errors on 0 test samples: class → predicted class');
  });

  it('is written as PNG, twice as fine as the SVG, with its texts', async () => {
    const { svg } = sheetOf({ count: 3 });
    const file = scratch.newPath('errors.png');
    await writePicture(pictureAt('--errors', file), svg);
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!.map(Number);
    const png = decode(readFileSync(file));
    expect([png.width, png.height]).toEqual([width! * 2, height! * 2]);
    expect(colorAt(png, 0, 0)).toEqual([255, 255, 255, 255]);
    // The title's height: it is there, in the color of text.
    const title = Array.from({ length: 34 * png.width }, (_, p) =>
      colorAt(png, p % png.width, 48 + Math.floor(p / png.width)),
    );
    expect(title.some((color) => color.join() === '31,35,40,255')).toBe(true);
    // Each value is a square of one color: nothing is smoothed.
    const first = readSheet(svg).pictures[0]!;
    const [, x, y] = /<image x="(\d+)" y="(\d+)"/.exec(svg)!.map(Number);
    for (let v = 0; v < first.height * 2; v++) {
      for (let u = 0; u < first.width * 2; u++) {
        expect(colorAt(png, x! * 2 + u, y! * 2 + v)[0]).toBe(colorAt(first, u >> 1, v >> 1)[0]);
      }
    }
  });

  it('is written as SVG as it is, and as nothing else', async () => {
    const { svg } = sheetOf({ count: 1 });
    const file = scratch.newPath('errors.svg');
    await writePicture(pictureAt('--errors', file), svg);
    expect(readFileSync(file, 'utf8')).toBe(svg);
    const gif = scratch.newPath('errors.gif');
    expect(await refusalOf(() => writePicture(pictureAt('--errors', gif), svg))).toMatchObject({
      status: 2,
      message: `--errors ${gif}: unsupported file type; expected a name that ends in .svg or .png`,
    });
    expect(existsSync(gif)).toBe(false);
  });
});
