/** A sample's row, cut at the blocks of inputs, as the forward pass goes by them. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chooseKernel } from '../../src/kernels/builds.js';
import { layOut } from '../../src/memory/layout.js';
import { placeSamples } from '../../src/memory/rows.js';
import { createNetwork } from '../support/network.js';

const INPUTS = 640;
const BLOCKS = 4;

/** So many inputs that are not zero that a row is cut, at any places. */
const sample = fc
  .uniqueArray(fc.nat(INPUTS - 1), { minLength: 320, maxLength: INPUTS })
  .map((lit) => Array.from({ length: INPUTS }, (_, i) => (lit.includes(i) ? 1 : 0)));

it('a slot’s bounds part its sample’s inputs by blocks, whatever sample is placed there', () => {
  const rows = fc.array(sample, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(rows, fc.infiniteStream(fc.nat()), (samples, places) => {
      const parameters = new Float32Array((INPUTS + 1) * 3);
      const { memory } = createNetwork(chooseKernel('simd'), [INPUTS, 3], samples, parameters);
      const { inputRows, inputBlocks } = memory.layers[0]!;
      expect(inputBlocks).toBe(BLOCKS);
      const sampleOf = samples.map(() => places.next().value! % samples.length);
      placeSamples(memory, (slot) => sampleOf[slot]!, 0, samples.length);
      for (const slot of samples.keys()) {
        const lit = samples[sampleOf[slot]!]!.flatMap((x, i) => (x === 0 ? [] : [i]));
        for (let block = 0; block < BLOCKS; block++) {
          const [from, to] = [block, block + 1].map((at) => inputRows.blockBounds[at * memory.slots + slot]!);
          const [low, high] = [(block * INPUTS) / BLOCKS, ((block + 1) * INPUTS) / BLOCKS];
          expect([...inputRows.index.subarray(from, to)]).toEqual(lit.filter((i) => i >= low && i < high));
        }
      }
    }),
    { numRuns: 20 },
  );
});

it.each([{ isDense: false }, { isDense: true }])(
  'fetching samples changes nothing, in dense form: $isDense',
  ({ isDense }) => {
    const samples = Array.from({ length: 3 }, (_, s) =>
      Array.from({ length: INPUTS }, (_, i) => (i + s) % (isDense ? 7 : 2)),
    );
    const parameters = new Float32Array((INPUTS + 1) * 3).fill(0.5);
    const { kernel, shared } = createNetwork(
      chooseKernel('simd'),
      [INPUTS, 3],
      samples,
      parameters,
      undefined,
      isDense,
    );
    const before = Buffer.from(shared.buffer).toString('base64');
    kernel.prefetchInputs(0, 0, samples.length);
    expect(Buffer.from(shared.buffer).toString('base64') === before).toBe(true);
  },
);

it('each worker has a view of its own of where its slots’ samples lie, and the same view of all else', () => {
  const parameters = new Float32Array((INPUTS + 1) * 3);
  const samples = [Array.from({ length: INPUTS }, (_, i) => i % 2)];
  const { plan, shared } = createNetwork(chooseKernel('simd'), [INPUTS, 3], samples, parameters);
  const [first, second] = [layOut(plan, shared), layOut(plan, shared, 1)];
  const places = [first, second].map(({ layers }) => layers[0]!.inputRows);
  for (const array of ['starts', 'lengths', 'blockBounds'] as const) {
    const [a, b] = places.map((rows) => rows[array]);
    expect(a!.length).toBeGreaterThan(0);
    expect(a!.byteOffset + a!.byteLength).toBeLessThanOrEqual(b!.byteOffset);
  }
  expect(second.layers[0]!.parameters.byteOffset).toBe(first.layers[0]!.parameters.byteOffset);
  expect(second.workers.map(({ beats }) => beats.byteOffset)).toEqual(
    first.workers.map(({ beats }) => beats.byteOffset),
  );
});
