/** What is drawn is what the events say: read from the marks of Vega's own scene. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import { describe, expect, it } from 'vitest';
import { plotPng, plotSvg } from '../../../src/tools/plot/render.js';
import { type Run, RunReader } from '../../../src/tools/plot/run.js';
import { root } from '../../support/paths.js';
import { EPOCH, START, STEP } from '../../support/sample-events.js';
import { type Box, overlap, pictureOf } from '../../support/scene.js';
import { casesOf } from '../../support/thoroughness.js';

interface Shape {
  readonly lr?: number;
  readonly steps?: boolean;
  readonly tested?: boolean;
  readonly validated?: boolean;
  /** From this epoch on. */
  readonly faultless?: number;
  /** And in this one again. */
  readonly faulty?: number;
}

function runOf(
  epochs: number,
  { lr = 0.001, steps = false, tested = true, validated = false, faultless = Infinity, faulty }: Shape = {},
): Run {
  const reader = new RunReader(`lr-${lr}.ndjson`);
  const add = (event: object) => expect(reader.add(JSON.stringify(event))).toBeUndefined();
  add({ ...START, config: { ...START.config, lr } });
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const loss = (0.5 + lr) / epoch;
    if (steps)
      for (const step of [200, 400, 600]) add({ ...STEP, epoch, step: (epoch - 1) * 600 + step, loss: step / epoch });
    const { test_loss: _, test_error: __, ...rest } = EPOCH;
    const test = tested ? { test_loss: 0.1 + loss / 2, test_error: Math.min(1, 0.02 + loss / 8) } : {};
    const validation = validated ? { validation_loss: 0.2 + loss / 2, validation_error: 0.03 } : {};
    const train_error = epoch >= faultless && epoch !== faulty ? 0 : Math.min(1, loss / 4);
    add({ ...rest, epoch, step: epoch * 600, train_loss: loss, train_error, ...validation, ...test });
  }
  return reader.runs[0]!;
}

function expectValues(drawn: readonly [number, number][], told: readonly (readonly [number, number])[]): void {
  expect(drawn).toHaveLength(told.length);
  // (Thousands: an assertion for each would take longer than to draw them.)
  const isClose = (a: number, b: number) => Math.abs(a - b) < 0.5e-6;
  const far = drawn.findIndex(([x, y], i) => !isClose(x, told[i]![0]) || !isClose(y, told[i]![1]));
  if (far >= 0) expect.fail(`point ${far} is drawn at ${drawn[far]}, and told to be at ${told[far]}`);
}

/** No letter is outside the picture, and none over another. */
function expectLegible(texts: readonly Box[], width: number, height: number): void {
  for (const [i, box] of texts.entries()) {
    expect(box.left, box.text).toBeGreaterThanOrEqual(0);
    expect(box.right, box.text).toBeLessThanOrEqual(width);
    expect(box.top, box.text).toBeGreaterThanOrEqual(0);
    expect(box.bottom, box.text).toBeLessThanOrEqual(height);
    const over = texts.slice(i + 1).filter((other) => overlap(box, other));
    expect(over.map(({ text }) => `${box.text} over ${text}`)).toEqual([]);
  }
}

/** Widths of pictures, all of which are tried with 3 epochs. */
const OF_EPOCHS: Readonly<Record<number, readonly number[]>> = {
  1: [864],
  3: [240, 640, 864],
  100: [640],
  1000: [240],
};

describe.each([1, 3, 100, 1000])('%i epochs', (epochs) => {
  it.each([
    ['linear', 'one', false],
    ['logarithmic', 'one', true],
    ['linear', 'three', false],
    ['logarithmic', 'three', true],
  ])('are drawn %s as the events of %s say', async (_, count, log) => {
    const runs = (count === 'one' ? [0.001] : [0.001, 0.01, 0.1]).map((lr) => runOf(epochs, { lr }));
    const { lines, valuesOf } = await pictureOf(runs, { log });
    expect(lines.size).toBe(4 * runs.length);
    for (const [i, run] of runs.entries()) {
      const told = (field: 'train_loss' | 'test_loss' | 'train_error' | 'test_error', unit: number) =>
        run.epochs.map((event) => [event.epoch, event[field]! * unit] as const);
      expectValues(valuesOf(`loss-training-${i}`), told('train_loss', 1));
      expectValues(valuesOf(`loss-test-${i}`), told('test_loss', 1));
      expectValues(valuesOf(`error-training-${i}`), told('train_error', 100));
      expectValues(valuesOf(`error-test-${i}`), told('test_error', 100));
    }
  });

  it.each(casesOf([240, 640, 864], (width) => OF_EPOCHS[epochs]!.includes(width)))(
    'have no letter outside a picture of width %i, and none over another',
    async (width) => {
      const runs = [0.001, 0.01, 0.1, 0.2].map((lr) => runOf(epochs, { lr, steps: true, faultless: 2 }));
      for (const options of [
        {},
        { log: true },
        { steps: true, title: 'A title as long as the picture, or longer '.repeat(9) },
      ]) {
        const { texts, height, ...picture } = await pictureOf(runs, { width, ...options });
        expect(texts.length).toBeGreaterThan(20);
        expectLegible(texts, picture.width, height);
      }
    },
  );
});

describe('the picture', () => {
  const texts = async (...args: Parameters<typeof pictureOf>) =>
    (await pictureOf(...args)).texts.map(({ text }) => text);

  it('says what it shows, in which unit, and the last values', async () => {
    expect(await texts([runOf(2)])).toEqual(
      expect.arrayContaining([
        'training',
        'test',
        'epoch',
        'cross-entropy, nats',
        'error, %',
        '0.251',
        '6.26 %',
        '0.225',
        '5.13 %',
      ]),
    );
    const names = ['learning rate 0.001', 'learning rate 0.1'];
    expect(await texts([runOf(2), runOf(2, { lr: 0.1 })], { title: 'Both' })).toEqual(
      expect.arrayContaining(['Both', ...names]),
    );
    expect(await texts([runOf(2)], { what: 'loss' })).not.toContain('error, %');
    expect(await texts([runOf(2, { tested: false })])).not.toContain('test');
  });

  it('shows the noise scale and the norms of gradients, where they are numbers', async () => {
    const reader = new RunReader('noise.ndjson');
    const add = (event: object) => expect(reader.add(JSON.stringify(event))).toBeUndefined();
    add(START);
    // (Events may come from anywhere.)
    const values = [120, null, '7', -1, 1e305, 240];
    for (const [i, noise_scale] of values.entries()) {
      add({ ...STEP, epoch: i + 1, step: 600 * i + 300, noise_scale, grad_norm: 3 });
      add({ ...EPOCH, epoch: i + 1, step: 600 * (i + 1), noise_scale, grad_norm: 2 + i });
    }
    const noise = await pictureOf(reader.runs, { what: 'noise_scale', steps: true });
    expectValues(noise.valuesOf('noise_scale-training-0'), [
      [1, 120],
      [6, 240],
    ]);
    expectValues(noise.valuesOf('noise_scale-steps-0'), [
      [0.5, 120],
      [5.5, 240],
    ]);
    expect(noise.texts.map(({ text }) => text)).toContain('gradient noise scale, samples');
    const { valuesOf } = await pictureOf(reader.runs, { what: 'grad_norm' });
    expect(valuesOf('grad_norm-training-0').map(([, y]) => y)).toEqual([2, 3, 4, 5, 6, 7]);
    await expect(pictureOf(reader.runs, { what: 'grad_norm_mean' })).rejects.toThrow('--what grad_norm_mean: none of');
  });

  it('tells training from test by dashes, and runs by color', async () => {
    const { lines } = await pictureOf([runOf(2), runOf(2, { lr: 0.1 })]);
    const look = (name: string) => lines.get(`${name}-line`)![0]!;
    expect(look('loss-training-0').strokeDash).toEqual([6, 4]);
    expect(look('loss-test-0').strokeDash).toBeUndefined();
    expect(look('loss-training-0').stroke).toBe(look('error-test-0').stroke);
    expect(look('loss-test-0').stroke).not.toBe(look('loss-test-1').stroke);
  });

  it('draws the validation samples where there are some, dotted', async () => {
    const one = await pictureOf([runOf(3, { validated: true })]);
    const look = (picture: typeof one, name: string) => picture.lines.get(`${name}-line`)![0]!;
    expect(look(one, 'loss-validation-0').strokeDash).toEqual([2, 3]);
    expect(look(one, 'loss-validation-0').stroke).not.toBe(look(one, 'loss-test-0').stroke);
    expect(await texts([runOf(3, { validated: true })])).toEqual(
      expect.arrayContaining(['validation', '0.284', '3.00 %']),
    );
    expect(await texts([runOf(3)])).not.toContain('validation');
    // Of several runs one value each: the validation's, where there is no test.
    const several = await texts([runOf(3, { validated: true, tested: false }), runOf(3, { lr: 0.1, tested: false })]);
    expect(several).toEqual(expect.arrayContaining(['0.284', '0.200']));
    expect(several).not.toContain('0.167');
  });

  it('marks the epochs where they are few', async () => {
    expect((await pictureOf([runOf(1)])).symbols).toBe(4);
    expect((await pictureOf([runOf(100)])).symbols).toBe(0);
  });

  it('leaves out what a logarithmic axis has no place for, and says so', async () => {
    const runs = [runOf(30, { faultless: 3, faulty: 7 })];
    const { valuesOf, texts: all, symbols } = await pictureOf(runs, { log: true });
    const told = runs[0]!.epochs.filter(({ train_error }) => train_error! > 0);
    expect(told.map(({ epoch }) => epoch)).toEqual([1, 2, 7]);
    expectValues(
      valuesOf('error-training-0'),
      told.map(({ epoch, train_error }) => [epoch, train_error! * 100]),
    );
    // Epoch 7 has no neighbor that a line could go to.
    expect(symbols).toBe(1);
    expect(all.map(({ text }) => text)).toEqual(expect.arrayContaining(['27 zeros left out (log axis)', '0.00 %']));
    expect((await pictureOf(runs)).texts.map(({ text }) => text).join()).not.toContain('left out');
  });

  it('has two panels whose axes are of one size, however long their labels are', async () => {
    const { panels } = await pictureOf([runOf(4, { lr: 1e30 })]);
    const [loss, error] = [panels.get('loss')!, panels.get('error')!];
    expect([loss.width, loss.height, loss.y]).toEqual([error.width, error.height, error.y]);
    expect(loss.width).toBeGreaterThan(200);
  });

  it('tells runs apart that are more than colors, and refuses those that it cannot', async () => {
    const runs = Array.from({ length: 24 }, (_, i) => runOf(30, { lr: i / 100 }));
    const { lines, shapes, height, width, texts: all } = await pictureOf(runs);
    const look = (curve: string) =>
      [lines.get(`${curve}-line`)![0]!.stroke, shapes.get(`${curve}-marks-symbols`)].join(' ');
    expect(new Set(runs.map((_, i) => look(`loss-test-${i}`))).size).toBe(24);
    expectLegible(all, width, height);
    await expect(pictureOf([...runs, runOf(1, { lr: 1 })])).rejects.toThrow(/^25 runs; expected at most 24/);
  });

  it('draws steps when asked to, at their place within the epochs', async () => {
    const run = runOf(3, { steps: true });
    expect((await pictureOf([run])).lines.has('loss-steps-0-line')).toBe(false);
    const { valuesOf } = await pictureOf([run], { steps: true });
    expectValues(
      valuesOf('loss-steps-0'),
      run.steps.map(({ step, loss }) => [step / 600, loss]),
    );
    expect(valuesOf('loss-training-0')[0]![0]).toBeCloseTo(1, 6);
  });

  it('draws means of neighbors where steps are more than can be seen', async () => {
    const { valuesOf } = await pictureOf([runOf(500, { steps: true })], { steps: true, width: 240, what: 'loss' });
    const values = valuesOf('loss-steps-0');
    expect(values).toHaveLength(375);
    expect(values[0]![1]).toBeCloseTo((200 + 400 + 600 + 100) / 4, 6);
    expect(values.at(-1)![0]).toBeCloseTo(500, 6);
  });
});

describe('an SVG', () => {
  it('has the colors of the theme, and of both in auto', async () => {
    const [light, dark, auto] = await Promise.all(
      (['light', 'dark', 'auto'] as const).map((theme) =>
        plotSvg([runOf(3), runOf(3, { lr: 0.1 })], { theme, title: '<&>' }),
      ),
    );
    expect(light).toContain('<title>&lt;&amp;&gt;</title>');
    expect(light).not.toContain('prefers-color-scheme');
    // In auto each color of the light picture has a rule that gives it the dark one's.
    const used = (svg: string) => [...svg.matchAll(/(?:fill|stroke)="(#[0-9a-f]{6})"/g)].map(([, color]) => color!);
    expect(auto!.replace(/<style>.*<\/style>\n?/, '')).toBe(light!);
    const rules = new Map([...auto!.matchAll(/\[fill="(#\w+)"\]\{fill:(#\w+)\}/g)].map(([, from, to]) => [from!, to!]));
    expect(used(light!).map((color) => rules.get(color))).toEqual(used(dark!));
  });

  it('is the same for the same events', async () => {
    const figure = (name: string) => readFileSync(path.join(root, 'docs/figures', name), 'utf8');
    const reader = new RunReader('docs/figures/reference.ndjson');
    for (const line of figure('reference.ndjson').split('\n')) expect(reader.add(line)).toBeUndefined();
    expect(await plotSvg(reader.runs)).toBe(figure('reference.svg'));
  });
});

describe('a PNG', () => {
  it.each([
    [{ width: 640, what: 'loss' as const }, 640],
    [{ scale: 2 }, 1728],
    [{ width: 300, theme: 'dark' as const, scale: 1.5 }, 450],
  ])('of %o is %i pixels wide, and not blank', async (options, width) => {
    const png = Buffer.from(await plotPng([runOf(5)], options));
    expect(png.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
    expect(png.readUInt32BE(16)).toBe(width);
    expect(colorCount(png, width, png.readUInt32BE(20))).toBeGreaterThan(50);
  });

  it('is not made without a font: its letters would be missing', async () => {
    await expect(plotPng([runOf(2)], { font: import.meta.filename })).rejects.toThrow(/^--font .*: not a usable font/);
  });
});

/** Of its pixels, read by the library that drew it, from a picture that shows the PNG alone. */
function colorCount(png: Buffer, width: number, height: number): number {
  const image = `<image width="${width}" height="${height}" href="data:image/png;base64,${png.toString('base64')}"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${image}</svg>`;
  const { pixels } = new Resvg(svg).render();
  return new Set(new Uint32Array(pixels.buffer.slice(pixels.byteOffset, pixels.byteOffset + pixels.length))).size;
}
