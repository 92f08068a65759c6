/** Every operation writes its own part of the memory and nothing else: workers do the other parts at the same time. */
import { describe, expect, it } from 'vitest';
import type { KernelChoice } from '../../src/kernels/builds.js';
import type { Update } from '../../src/kernels/kernel.js';
import { REAL_BYTES, wasmLayer } from '../../src/kernels/wasm-layer.js';
import type { WasmModule } from '../../src/kernels/wasm-module.js';
import type { Panel, Reals } from '../../src/memory/layer-memory.js';
import { BACKWARD_BLOCK, GRADIENT_BLOCK } from '../../src/memory/layout.js';
import type { Plan } from '../../src/memory/plan.js';
import { LANES } from '../../src/memory/tiling.js';
import { adamUpdate, adamWUpdate } from '../../src/optim/adam.js';
import { averageUpdate } from '../../src/optim/average.js';
import { lionUpdate } from '../../src/optim/lion.js';
import { gradientNorm } from '../../src/optim/optimizer.js';
import { rmspropMomentumUpdate, rmspropUpdate } from '../../src/optim/rmsprop.js';
import { momentumUpdate, sgdUpdate } from '../../src/optim/sgd.js';
import { allKernels, fastKernels } from '../support/kernels.js';
import { createNetwork, gradientsOf, type Network, setInputs } from '../support/network.js';
import { casesOf } from '../support/thoroughness.js';

const INPUTS = 6;
const SAMPLES = 4;
/** The part that is done. */
const SLOTS = { from: 1, to: 3 };
const ROWS = { from: 1, to: 3 };

/** Two hidden layers of two panels each and an output layer of one, all panels `width` wide (twice as wide in the wide form). What must not change is 3 everywhere. */
function networkOf(
  choice: KernelChoice,
  width: number,
  isDense: boolean,
  slots = SAMPLES,
  more: Partial<Plan> = {},
): Network {
  const columns = (width * choice.needs.lanes) / (choice.module ? LANES : 1);
  const layers = [INPUTS, 2 * columns, 2 * columns, columns];
  const count = layers.slice(1).reduce((sum, outputs, l) => sum + (layers[l]! + 1) * outputs, 0);
  const samples = Array.from({ length: slots }, (_, s) => {
    return Array.from({ length: INPUTS }, (_, i) => ((s + i) % 3) / 2);
  });
  const network = createNetwork(choice, layers, samples, new Float32Array(count).fill(3), width, isDense, {
    moments: 3,
    gradientBuffers: 3,
    needsNorm: true,
    needsSampleNorms: true,
    scalesSamples: true,
    ...more,
  });
  for (const layer of network.memory.layers) {
    for (const array of [...layer.gradients, ...layer.moments, layer.rowSquares]) array.fill(3);
    for (const { delta } of layer.panels) delta.fill(3);
  }
  network.memory.sampleFactors.fill(0.5);
  for (const [l, { inputs }] of network.memory.layers.entries()) {
    if (l === 0) continue;
    for (let s = 0; s < slots; s++) {
      setInputs(
        network,
        l,
        s,
        Array.from({ length: inputs }, (_, i) => ((s + i) % 3) / 2),
      );
    }
  }
  return network;
}

type View = Reals | Uint32Array;

/** What an operation may write, and must write something of. */
function expectWrites(network: Network, may: readonly View[], act: () => void): void {
  const before = new Uint8Array(network.shared.buffer).slice();
  act();
  const after = new Uint8Array(network.shared.buffer).slice();
  expect(Buffer.compare(before, after)).not.toBe(0);
  for (const { byteOffset, byteLength } of may) {
    after.set(before.subarray(byteOffset, byteOffset + byteLength), byteOffset);
  }
  expect(before.findIndex((byte, at) => byte !== after[at])).toBe(-1);
}

function rowsOf(array: Reals, { width }: Pick<Panel, 'width'>, { from, to }: { from: number; to: number }): Reals {
  return array.subarray(from * width, to * width);
}

/** Where the mirrors of a layer have its rows, for all outputs. */
function mirrored({ memory, shared }: Network, l: number, { tilings }: KernelChoice): Reals[] {
  const { layers, slots } = memory;
  // Only addresses are asked for.
  const wasm = new Proxy({}, { get: () => ({}) }) as WasmModule;
  return wasmLayer(layers[l]!, layers[l - 1], wasm, { slots, tilings, storesSlope: false }).mirrors.flatMap(
    ({ address, firstRow, rows, rowBytes, laneBytes }) => {
      const [from, to] = [ROWS.from, ROWS.to].map((row) => Math.min(Math.max(row - firstRow, 0), rows));
      return Array.from({ length: (laneBytes / rowBytes) * LANES }, (_, j) => {
        return new Float32Array(shared.buffer, address + j * rowBytes + from! * REAL_BYTES, to! - from!);
      });
    },
  );
}

const HALF = { scale: 1, weightDecay: 0, rate: 0.5 };
const UPDATES: readonly Update[] = [
  sgdUpdate(HALF),
  momentumUpdate({ ...HALF, momentum: 0.5, nesterov: true }),
  adamUpdate({ ...HALF, beta1: 0.5, beta2: 0.5, rootOfBias2: 0.5, eps: 1e-8 }),
  adamWUpdate({ ...HALF, beta1: 0.5, beta2: 0.5, rootOfBias2: 0.5, eps: 1e-8, keep: 0.5 }),
  rmspropUpdate({ ...HALF, beta2: 0.5, eps: 1e-8 }),
  lionUpdate({ ...HALF, keep: 0.5, beta1: 0.5, beta2: 0.5 }),
  rmspropMomentumUpdate({ ...HALF, beta2: 0.5, eps: 1e-8, momentum: 0.5, centered: true }),
  { ...sgdUpdate(HALF), next: averageUpdate(0.5, 1) },
];

const shapes = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((vectors) => {
  return [false, true].map((isDense) => ({ width: 4 * vectors, isDense }));
});

describe.each(allKernels())('kernel $name ($vectorBits bits) writes nothing but its part', (choice) => {
  const isReference = choice.name === 'reference';
  const ofKernel = isReference
    ? [{ width: 4, isDense: false }]
    : casesOf(shapes, (_, number) => [2, 5, 8, 11].includes(number));

  it.each(ofKernel)('panels of $width columns, samples in dense form: $isDense', ({ width, isDense }) => {
    const fresh = () => networkOf(choice, width, isDense);
    // The samples' form is that of the first layer alone.
    for (const l of isDense ? [0] : [0, 1, 2]) {
      const panelCount = fresh().memory.layers[l]!.panels.length;
      for (let p = 0; p < panelCount; p++) {
        const panels = { from: p, to: p + 1 };
        const slice = { index: 1, ...ROWS };

        const forward = fresh();
        const { delta } = forward.memory.layers[l]!.panels[p]!;
        if (l > 0) forward.kernel.findBlocks(l, SLOTS.from, SLOTS.to);
        expectWrites(forward, [rowsOf(delta, forward.memory.layers[l]!.panels[p]!, SLOTS)], () => {
          forward.kernel.forward(l, panels, SLOTS.from, SLOTS.to);
        });

        for (const operation of ['step', 'reduce'] as const) {
          const network = fresh();
          const panel = network.memory.layers[l]!.panels[p]!;
          network.kernel.transpose(l, slice, SAMPLES);
          const target = operation === 'step' ? panel.weights : panel.gradients[0]!;
          const may = [rowsOf(target, panel, ROWS), ...mirrored(network, l, choice), network.memory.workers[0]!.totals];
          expectWrites(network, may, () => {
            if (operation === 'step') network.kernel.step(l, slice, panels, SAMPLES, 0.5);
            else network.kernel.reduce(l, slice, panels, SAMPLES);
          });
        }

        for (const update of UPDATES) {
          const network = fresh();
          const panel = network.memory.layers[l]!.panels[p]!;
          const moments = [
            ...panel.moments.slice(0, update.assembly!.moments),
            ...(update.next ? panel.moments.slice(-1) : []),
          ];
          const rows = [panel.weights, ...moments].map((array) => rowsOf(array, panel, ROWS));
          const may = [...rows, ...mirrored(network, l, choice)];
          expectWrites(network, may, () => network.kernel.update(l, ROWS, panels, update));
        }
      }

      const square = fresh();
      const { rowSquares } = square.memory.layers[l]!;
      expectWrites(square, [rowSquares.subarray(4 * ROWS.from, 4 * ROWS.to)], () => square.kernel.squareRows(l, ROWS));

      const norms = fresh();
      const { inputSquares, deltaSquares } = norms.memory.layers[l]!;
      const squares = [
        inputSquares.subarray(SLOTS.from, SLOTS.to),
        deltaSquares.subarray(4 * SLOTS.from, 4 * SLOTS.to),
      ];
      expectWrites(norms, squares, () => norms.kernel.squareSamples(l, SLOTS.from, SLOTS.to));

      const scaled = fresh();
      const rowsOfSlots = scaled.memory.layers[l]!.panels.map((panel) => rowsOf(panel.delta, panel, SLOTS));
      expectWrites(scaled, rowsOfSlots, () => scaled.kernel.scaleSamples(l, SLOTS.from, SLOTS.to));

      const add = fresh();
      const sum = add.memory.layers[l]!.gradients[0]!.subarray(8, 16);
      expectWrites(add, [sum], () => add.kernel.addGradient(l, { from: 8, to: 16 }, 2));
      expect(sum.every((value) => value === 6)).toBe(true);

      const all = fresh();
      expectWrites(all, [all.memory.layers[l]!.gradients[0]!], () => all.kernel.sumGradients(l));
      expect(all.memory.layers[l]!.gradients[0]!.every((value) => value === 9)).toBe(true);

      const apply = fresh();
      const { parameters } = apply.memory.layers[l]!;
      expectWrites(apply, [parameters], () => apply.kernel.applyGradients(l, 0.5));
      expect(parameters.every((value) => value === 3 - 0.5 * 9)).toBe(true);

      const accumulate = fresh();
      const { gradients, transposed } = accumulate.memory.layers[l]!;
      const { slot, value, cursors } = transposed;
      // (In dense form `slot` is what a transposition has left.)
      const lists = accumulate.memory.layers[l]!.inputRows.form === 'dense' ? [] : [slot, value, cursors];
      expectWrites(accumulate, [gradients[0]!, ...lists, accumulate.memory.workers[0]!.totals], () => {
        accumulate.kernel.accumulate(l, SLOTS.from, SLOTS.to);
      });

      if (l === 0) continue;
      const activate = fresh();
      for (const { delta } of activate.memory.layers[l - 1]!.panels) delta.fill(5);
      const { inputRows: next } = activate.memory.layers[l]!;
      const room = next.value.length / activate.memory.slots;
      const ofSlots = (array: View) => array.subarray(SLOTS.from * room, SLOTS.to * room);
      const zs = activate.memory.layers[l - 1]!.panels.map((panel) => rowsOf(panel.delta, panel, SLOTS));
      expectWrites(
        activate,
        [...zs, ofSlots(next.value), ofSlots(next.index), next.lengths.subarray(SLOTS.from, SLOTS.to)],
        () => activate.kernel.activate(l - 1, SLOTS.from, SLOTS.to),
      );

      const backward = fresh();
      const deltas = backward.memory.layers[l - 1]!.panels.map((panel) => rowsOf(panel.delta, panel, SLOTS));
      const { partial, totals } = backward.memory.workers[0]!;
      expectWrites(backward, [...deltas, partial, totals], () => {
        backward.kernel.backward(l, SLOTS.from, SLOTS.to);
      });
    }
  });

  it.each([
    { from: BACKWARD_BLOCK, to: BACKWARD_BLOCK + 3 },
    { from: 2, to: GRADIENT_BLOCK + 5 },
  ])('goes back from more samples than it has room for at once, $from to $to', (slots) => {
    for (const { width, isDense } of ofKernel) {
      const { memory, kernel, ...others } = networkOf(choice, width, isDense, slots.to);
      const deltas = memory.layers[0]!.panels.map((panel) => rowsOf(panel.delta, panel, slots));
      const { partial, totals } = memory.workers[0]!;
      expectWrites({ memory, kernel, ...others }, [...deltas, partial, totals], () => {
        kernel.backward(1, slots.from, slots.to);
      });
    }
  });

  it('goes back past zeros of δ: its lists, and no more', () => {
    const slots = { from: 2, to: GRADIENT_BLOCK + 5 };
    for (const { width, isDense } of ofKernel) {
      const skipsZeros = { from: 0, rows: 8 };
      const { memory, kernel, ...others } = networkOf(choice, width, isDense, slots.to, { skipsZeros });
      const deltas = memory.layers[0]!.panels.map((panel) => rowsOf(panel.delta, panel, slots));
      const { partial, totals, deltaLists } = memory.workers[0]!;
      const { index, value, bounds, sums } = deltaLists;
      expect(index.length > 0).toBe(choice.needs.mirrors);
      expectWrites({ memory, kernel, ...others }, [...deltas, partial, totals, index, value, bounds, sums], () => {
        kernel.backward(1, slots.from, slots.to);
      });
    }
  });

  it('reduces slice by slice and panel by panel to what it accumulates at once', () => {
    for (const { width, isDense } of ofKernel) {
      const [parts, whole] = [networkOf(choice, width, isDense), networkOf(choice, width, isDense)];
      for (const [l, { inputs, panels }] of parts.memory.layers.entries()) {
        whole.kernel.accumulate(l, 0, SAMPLES);
        const slices = [
          { index: 0, from: 0, to: 2 },
          { index: 1, from: 2, to: inputs + 1 },
        ];
        for (const slice of slices) parts.kernel.transpose(l, slice, SAMPLES);
        for (const p of panels.keys()) {
          for (const slice of slices) parts.kernel.reduce(l, slice, { from: p, to: p + 1 }, SAMPLES);
        }
      }
      expect(gradientsOf(parts)).toEqual(gradientsOf(whole));
    }
  });

  it('squares rows one by one to the norm of the whole gradient', () => {
    for (const { width, isDense } of ofKernel) {
      const { memory, kernel } = networkOf(choice, width, isDense);
      let expected = 0;
      for (const { rowSquares } of memory.layers) rowSquares.fill(0);
      for (const [l, { inputs, gradients }] of memory.layers.entries()) {
        for (const [i] of gradients[0]!.entries()) gradients[0]![i] = (i % 9) - 4;
        for (const value of gradients[0]!) expected += value * value;
        for (let row = 0; row <= inputs; row++) kernel.squareRows(l, { from: row, to: row + 1 });
      }
      // (Whole numbers: no sum is rounded.)
      expect(gradientNorm(memory.layers)).toBe(Math.sqrt(expected));
    }
  });
});

describe.each(fastKernels())('kernel $name ($vectorBits bits)', (fast) => {
  it('transposes into the room of its slice alone', () => {
    const network = networkOf(fast, 8, false);
    const { inputs, transposed } = network.memory.layers[0]!;
    const { slot, value, cursors } = transposed;
    const room = (array: View) => array.subarray(ROWS.from * SAMPLES, ROWS.to * SAMPLES);
    expectWrites(network, [room(slot), room(value), cursors.subarray(inputs + 3, 2 * (inputs + 3))], () => {
      network.kernel.transpose(0, { index: 1, ...ROWS }, SAMPLES);
    });
  });
});
