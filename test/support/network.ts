/** A small network and batch in memory, for tests of the kernels without data sets or threads. */

import { activationNeeds, DEFAULT_ACTIVATION } from '../../src/kernels/activations.js';
import { createKernel, type KernelChoice } from '../../src/kernels/builds.js';
import type { DropoutOf } from '../../src/kernels/forward-pass.js';
import type { Kernel } from '../../src/kernels/kernel.js';
import { bytesNeeded, createSharedMemory, layOut, type Memory } from '../../src/memory/layout.js';
import { PLAIN, type Plan } from '../../src/memory/plan.js';
import { findBlockStarts, forEachInput, placeHiddenRows, placeSamples } from '../../src/memory/rows.js';
import { LANES } from '../../src/memory/tiling.js';
import { writeParameters } from '../../src/model/parameters.js';

/** One sample's inputs, all of them. */
export type Sample = readonly number[];

export interface Network {
  readonly plan: Plan;
  readonly shared: WebAssembly.Memory;
  readonly memory: Memory;
  readonly kernel: Kernel;
}

/**
 * @param layers       widths, input to output
 * @param samples      the batch: each as long as layers[0]
 * @param parameters   layer by layer, weights [inputs, outputs] then biases
 * @param panelWidth   instead of the kernel's own: of the narrow form, the wide form's panels have twice as many columns
 * @param denseInputs  samples in dense form (not for the reference kernel)
 * @param more         what else the plan has: moments, for example
 */
export function createNetwork(
  choice: KernelChoice,
  layers: readonly number[],
  samples: readonly Sample[],
  parameters: Float32Array,
  panelWidth: number = (choice.needs.panelWidth * LANES) / choice.needs.lanes,
  denseInputs = false,
  more: Partial<Plan> = {},
): Network {
  const plan: Plan = {
    layers,
    trainSamples: samples.length,
    testSamples: 0,
    storedInputs: denseInputs ? samples.flat().length : samples.flat().filter((x) => x !== 0).length,
    inputForm: denseInputs ? 'dense' : 'sparse',
    batchSize: samples.length,
    // Two slices of rows, and so two sets of cursors.
    threads: 2,
    ...PLAIN,
    gradientBuffers: 2,
    ...choice.needs,
    ...activationNeeds(DEFAULT_ACTIVATION),
    panelWidth: choice.module ? (panelWidth * choice.needs.lanes) / LANES : Number.POSITIVE_INFINITY,
    ...more,
  };
  const shared = createSharedMemory(bytesNeeded(plan));
  const memory = layOut(plan, shared);
  placeAll(memory, samples);
  writeParameters(memory.layers, parameters);
  return { plan, shared, memory, kernel: createKernel(choice, plan.activation, shared, memory, 0) };
}

/** The samples as rows, sample s in slot s. */
function placeAll(memory: Memory, samples: readonly Sample[]): void {
  const { rows } = memory;
  const isDense = memory.layers[0]!.inputRows.form === 'dense';
  let k = 0;
  for (const [s, sample] of samples.entries()) {
    for (const [i, x] of sample.entries()) {
      if (x === 0 && !isDense) continue;
      if (!isDense) rows.index[k] = i;
      rows.value[k] = x;
      k++;
    }
    rows.starts[s + 1] = k;
  }
  findBlockStarts(memory, 0, samples.length);
  placeSamples(memory, (slot) => slot, 0, samples.length);
  placeHiddenRows(memory);
}

/** z or δ of one sample, padding left out. */
export function outputsOf({ memory }: Network, layer: number, slot: number): number[] {
  const { outputs, panels } = memory.layers[layer]!;
  return panels.flatMap(({ width, delta }) => [...delta.subarray(slot * width, (slot + 1) * width)]).slice(0, outputs);
}

/** Puts δ of one sample where the loss or the layer above would. */
export function setOutputs({ memory }: Network, layer: number, slot: number, values: readonly number[]): void {
  for (const { firstColumn, width, delta } of memory.layers[layer]!.panels) {
    for (let j = 0; j < width && firstColumn + j < values.length; j++) {
      delta[slot * width + j] = values[firstColumn + j]!;
    }
  }
}

/** A layer's inputs of one sample, all of them. */
export function inputsOf({ memory }: Network, layer: number, slot: number): number[] {
  const { inputs, inputRows } = memory.layers[layer]!;
  const values = new Array<number>(inputs).fill(0);
  forEachInput(inputRows, slot, (i, x) => {
    values[i] = x;
  });
  return values;
}

/** Gives a hidden layer its inputs directly. */
export function setInputs(network: Network, layer: number, slot: number, values: readonly number[]): void {
  const { memory, plan } = network;
  // z, from which it tells the active units going back; or ReLU's derivative.
  const isZ = plan.mirrors;
  setOutputs(network, layer - 1, slot, isZ ? values : values.map((h) => Number(h > 0)));
  const { form, starts, lengths, index, value } = memory.layers[layer]!.inputRows;
  const start = starts[slot]!;
  if (form === 'dense') {
    value.set(values, start);
    return;
  }
  let length = 0;
  for (const [i, x] of values.entries()) {
    if (x === 0) continue;
    index[start + length] = i;
    value[start + length] = x;
    length++;
  }
  lengths[slot] = length;
}

/** The dense strategy's sums of gradients, in the order of the parameters. */
export function gradientsOf({ memory }: Network): number[] {
  return memory.layers.flatMap(({ inputs, outputs, panels }) => {
    const values: number[] = [];
    for (let row = 0; row <= inputs; row++) {
      for (const { firstColumn, width, gradients } of panels) {
        const columns = Math.min(width, outputs - firstColumn);
        values.push(...gradients[0]!.subarray(row * width, row * width + columns));
      }
    }
    return values;
  });
}

/** A layer forward as workers do it: all panels (or in two parts, cut at `panelCut`), and ReLU behind a hidden layer. */
export function forwardLayer(
  { memory, kernel }: Network,
  layer: number,
  from: number,
  to: number,
  panelCut = 0,
  dropoutOf?: DropoutOf,
): void {
  const { panels } = memory.layers[layer]!;
  const cut = Math.min(panelCut, panels.length);
  if (layer > 0) kernel.findBlocks(layer, from, to);
  kernel.forward(layer, { from: 0, to: cut }, from, to);
  kernel.forward(layer, { from: cut, to: panels.length }, from, to);
  if (layer + 1 < memory.layers.length) kernel.activate(layer, from, to, dropoutOf?.(layer + 1));
}

/** The step of a layer, its rows and its panels each in two parts, cut as told. */
export function stepLayer(
  { memory, kernel, plan }: Network,
  layer: number,
  rate: number,
  { rowCut = 0, panelCut = 0 } = {},
): void {
  const { inputs, panels } = memory.layers[layer]!;
  const row = Math.min(rowCut, inputs + 1);
  const panel = Math.min(panelCut, panels.length);
  const slices = [
    { index: 0, from: 0, to: row },
    { index: 1, from: row, to: inputs + 1 },
  ];
  // A single panel cannot be cut: its slices are stepped by whoever owns the rows.
  const parts =
    panels.length === 1
      ? [{ from: 0, to: 1 }]
      : [
          { from: 0, to: panel },
          { from: panel, to: panels.length },
        ];
  for (const slice of slices) kernel.transpose(layer, slice, plan.batchSize);
  // From here on a worker may place the next batch in the slots.
  const { starts, lengths } = memory.layers[layer]!.inputRows;
  const [startsBefore, lengthsBefore] = [starts.slice(), lengths.slice()];
  if (layer === 0) for (const list of [starts, lengths]) list.fill(0);
  for (const range of parts) for (const slice of slices) kernel.step(layer, slice, range, plan.batchSize, rate);
  starts.set(startsBefore);
  lengths.set(lengthsBefore);
}
