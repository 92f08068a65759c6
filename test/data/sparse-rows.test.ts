/** Sparse rows hold the same images: nothing added, nothing lost. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkOptions } from '../../src/config/options.js';
import type { Samples } from '../../src/data/samples.js';
import { loadDataset } from '../../src/data/sources.js';
import { countNonzeros, writeRows } from '../../src/data/sparse-rows.js';
import { atOnce } from '../../src/data/table/steps.js';
import type { SampleRows } from '../../src/memory/layer-memory.js';
import { prepare } from '../../src/run/prepare.js';
import { temporaryFolder, writeDataset } from '../support/idx-files.js';

/** Pixels of which about half are zero, as many samples as there are labels. */
const samplesOf = (inputs: number) =>
  fc.array(fc.nat(255), { maxLength: 12 }).chain((labels) => {
    const pixel = fc.oneof(fc.constant(0), fc.nat(255));
    const pixels = fc.array(pixel, { minLength: labels.length * inputs, maxLength: labels.length * inputs });
    return pixels.map(
      (images): Samples => ({
        count: labels.length,
        values: Uint8Array.from(images),
        targets: Uint8Array.from(labels),
        sha256: '',
      }),
    );
  });

const twoParts = fc.integer({ min: 1, max: 9 }).chain((inputs) =>
  fc.record({
    inputs: fc.constant(inputs),
    train: samplesOf(inputs),
    test: samplesOf(inputs),
  }),
);

function emptyRows(samples: number, nonzeros: number): SampleRows {
  return {
    starts: new Uint32Array(samples + 1),
    blockStarts: new Uint32Array(0),
    index: new Uint32Array(nonzeros),
    value: new Float32Array(nonzeros),
    weights: new Float64Array(0),
    targets: new Uint32Array(samples),
  };
}

/** What a row says of all its inputs. */
function denseRow({ starts, index, value }: SampleRows, row: number, inputs: number): number[] {
  const dense = new Array<number>(inputs).fill(0);
  for (let k = starts[row]!; k < starts[row + 1]!; k++) dense[index[k]!] = value[k]!;
  return dense;
}

function denseImage({ values }: Samples, sample: number, inputs: number): number[] {
  return [...values.subarray(sample * inputs, (sample + 1) * inputs)].map((pixel) => Math.fround(pixel / 255));
}

describe('writeRows', () => {
  it('gives the dense images back, training samples first, then test samples', () => {
    fc.assert(
      fc.property(twoParts, ({ inputs, train, test }) => {
        const nonzeros =
          atOnce(countNonzeros(train, train.count, inputs)) + atOnce(countNonzeros(test, test.count, inputs));
        const rows = emptyRows(train.count + test.count, nonzeros);
        atOnce(writeRows(train, train.count, inputs, rows, 0, false));
        atOnce(writeRows(test, test.count, inputs, rows, train.count, false));

        for (let s = 0; s < train.count; s++) {
          expect(denseRow(rows, s, inputs)).toEqual(denseImage(train, s, inputs));
        }
        for (let s = 0; s < test.count; s++) {
          expect(denseRow(rows, train.count + s, inputs)).toEqual(denseImage(test, s, inputs));
        }
        expect([...rows.targets]).toEqual([...train.targets, ...test.targets]);
        expect(rows.starts.at(-1)).toBe(nonzeros);
      }),
    );
  });

  it('holds no zeros, and each row in ascending order', () => {
    fc.assert(
      fc.property(samplesOf(8), (samples) => {
        const rows = emptyRows(samples.count, atOnce(countNonzeros(samples, samples.count, 8)));
        atOnce(writeRows(samples, samples.count, 8, rows, 0, false));
        expect(rows.value.includes(0)).toBe(false);
        for (let s = 0; s < samples.count; s++) {
          const row = [...rows.index.subarray(rows.starts[s]!, rows.starts[s + 1]!)];
          expect(row).toEqual([...new Set(row)].sort((a, b) => a - b));
        }
      }),
    );
  });

  it('takes only the first samples, where no more are wanted', () => {
    const samples = {
      count: 3,
      values: Uint8Array.of(0, 51, 255, 0, 102, 153),
      targets: Uint8Array.of(1, 0, 1),
      sha256: '',
    };
    const rows = emptyRows(2, 2);
    atOnce(writeRows(samples, 2, 2, rows, 0, false));
    expect([...rows.starts]).toEqual([0, 1, 2]);
    expect([...rows.index]).toEqual([1, 0]);
    expect([...rows.value]).toEqual([Math.fround(0.2), 1]);
    expect([...rows.targets]).toEqual([1, 0]);
  });
});

describe('countNonzeros', () => {
  it('counts the pixels that are not zero, of the first samples', () => {
    fc.assert(
      fc.property(samplesOf(5), fc.nat(12), (samples, wanted) => {
        const count = Math.min(wanted, samples.count);
        const pixels = [...samples.values].slice(0, count * 5);
        expect(atOnce(countNonzeros(samples, count, 5))).toBe(pixels.filter((pixel) => pixel !== 0).length);
      }),
    );
  });

  it("finds 19.12 % of MNIST's training pixels", async () => {
    const { train, inputs } = await loadDataset('mnist');
    expect(atOnce(countNonzeros(train, train.count, inputs))).toBe(8_994_156);
  });
});

describe('the density of a run', () => {
  const density = async (limit?: number) => {
    const folder = temporaryFolder();
    // Of the first two training images one pixel in four is not zero, of the last two all four are; of the test's, none.
    const pixel = (p: number) => (p < 8 ? Number(p % 4 === 0) : 1);
    writeDataset(folder, { train: { labels: [0, 1, 0, 1], pixel }, test: { labels: [0, 1], pixel: () => 0 } });
    try {
      const { dataset } = await prepare(checkOptions({ data: folder.path, batchSize: 1, hidden: [2], limit }));
      return dataset.density;
    } finally {
      folder.remove();
    }
  };

  it('is that of the training samples', async () => {
    expect(await density()).toBe(10 / 16);
  });

  it('is that of those training samples that are used', async () => {
    expect(await density(2)).toBe(1 / 4);
  });
});
