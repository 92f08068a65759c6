/** The measured cases: a layer, its batch, and the kernel's operations, each with its bound. */

import type { KernelChoice } from '../../src/kernels/builds.js';
import type { Kernel } from '../../src/kernels/kernel.js';
import type { LayerMemory } from '../../src/memory/layout.js';
import type { RowForm } from '../../src/memory/plan.js';
import { inputBlocksOf } from '../../src/memory/tiling.js';
import { readParameters } from '../../src/model/parameters.js';
import {
  createBatch,
  fillDelta,
  fillInputs,
  type SyntheticBatch,
  type SyntheticRows,
  syntheticDelta,
  syntheticRows,
} from '../support/synthetic-batch.js';
import { type PlainLayer, RATE, type Sums } from './c-loops.js';
import type { LimitLoop } from './limits.js';

/** The reference's network and batch. */
const [INPUTS, HIDDEN, CLASSES, BATCH] = [784, 1000, 10, 100];

/** Inputs of the layer below the measured one, where one is needed: as few as possible. */
const BELOW = 1;

/** Typical after ReLU. */
const HIDDEN_DENSITY = 0.5;

export interface Operation {
  readonly name: 'forward' | 'backward' | 'transpose' | 'step';
  readonly run: () => void;
  /**
   * The loop that bounds the operation, and the bytes that it reads repeatedly. Undefined where nothing is multiplied.
   */
  readonly bound: { readonly loop: LimitLoop; readonly bytes: number } | undefined;
}

export interface Case {
  readonly inputs: number;
  readonly outputs: number;
  readonly density: number;
  readonly nonzeros: number;
  /** How the inputs are stored. */
  readonly form: RowForm;
  /** Multiply-adds of an operation: one for each stored input and output. */
  readonly products: number;
  readonly operations: readonly Operation[];
  /** Input of the C program. */
  readonly plain: PlainLayer;
  /** Results of the kernel's first forward and step. */
  readonly sums: Sums;
}

/** The first layer, and `backward` of a second layer of the same size. */
export function firstLayer(choice: KernelChoice, density: number, seed: number, form: RowForm = 'sparse'): Case {
  const rows = syntheticRows(BATCH, INPUTS, density, seed);
  const batch = createBatch(choice, [INPUTS, HIDDEN], rows, seed, form === 'dense');
  const above = secondLayerBatch(choice, INPUTS, HIDDEN, rows, seed);
  return createCase(density, rows, batch, 0, seed, above);
}

/** The output layer, with inputs as after ReLU. */
export function outputLayer(choice: KernelChoice, seed: number): Case {
  const rows = syntheticRows(BATCH, HIDDEN, HIDDEN_DENSITY, seed);
  const batch = secondLayerBatch(choice, HIDDEN, CLASSES, rows, seed);
  return createCase(HIDDEN_DENSITY, rows, batch, 1, seed, batch);
}

/** @param rows  the second layer's inputs */
function secondLayerBatch(choice: KernelChoice, inputs: number, outputs: number, rows: SyntheticRows, seed: number) {
  const batch = createBatch(choice, [BELOW, inputs, outputs], syntheticRows(BATCH, BELOW, 1, seed), seed);
  const layer = batch.memory.layers[1]!;
  fillInputs(layer, rows);
  fillDelta(layer, syntheticDelta(BATCH, outputs, seed));
  return batch;
}

/** @param above  a batch whose layer 1 has these rows: for `backward` */
function createCase(
  density: number,
  rows: SyntheticRows,
  batch: SyntheticBatch,
  l: number,
  seed: number,
  above: SyntheticBatch,
): Case {
  const { memory, kernel } = batch;
  const layer = memory.layers[l]!;
  const { inputs, outputs } = layer;
  const delta = syntheticDelta(BATCH, outputs, seed);
  const parameters = readParameters([layer]);
  const operations = operationsOf(kernel, layer, l, above.kernel);
  const { forward, transpose, step } = operations;
  forward.run();
  const z = sumOfMagnitudes(layer.panels.flatMap((panel) => [...panel.delta]));
  fillDelta(layer, delta);
  transpose.run();
  step.run();
  const moved = sumOfMagnitudes(readParameters([layer]).map((value, i) => value - parameters[i]!));
  return {
    inputs,
    outputs,
    density,
    nonzeros: rows.index.length,
    form: layer.inputRows.form,
    products: (layer.inputRows.form === 'dense' ? BATCH * inputs : rows.index.length) * outputs,
    // Dense rows and the reference kernel have nothing to transpose. In dense form only the output layer has `backward`.
    operations: Object.values(operations).filter(({ name }) => {
      if (name === 'transpose') return layer.transposed.value.length > 0;
      return name !== 'backward' || layer.inputRows.form === 'sparse' || above === batch;
    }),
    plain: {
      inputs,
      outputs,
      panels: layer.panels.length,
      // (C takes sparse inputs, whatever the form.)
      blocks: inputBlocksOf(inputs, rows.index.length / BATCH, batch.plan.blocks ?? { nonzeros: inputs, inputs }),
      rows,
      parameters,
      delta,
    },
    sums: { z, moved },
  };
}

function operationsOf(kernel: Kernel, layer: LayerMemory, l: number, above: Kernel) {
  const { inputs, inputBlocks, inputRows, panels, parameters } = layer;
  const isDense = inputRows.form === 'dense';
  const allPanels = { from: 0, to: panels.length };
  const allRows = { index: 0, from: 0, to: inputs + 1 };
  const columnBytes = widthOf(layer) * parameters.BYTES_PER_ELEMENT;
  const panelOfWeights = { loop: 'loads', bytes: (inputs + 1) * columnBytes } as const;
  const blockOfWeights = { loop: 'loads', bytes: Math.ceil(inputs / inputBlocks) * columnBytes } as const;
  const panelOfDelta = { loop: 'loads', bytes: BATCH * columnBytes } as const;
  // In dense form each load serves two multiply-adds, of two samples or rows, so arithmetic is the bound, but not in `backward`.
  const products = { loop: 'registers', bytes: 0 } as const;
  return {
    forward: {
      name: 'forward',
      bound: isDense ? products : blockOfWeights,
      run: () => {
        if (l > 0) kernel.findBlocks(l, 0, BATCH);
        kernel.forward(l, allPanels, 0, BATCH);
      },
    },
    backward: { name: 'backward', bound: panelOfWeights, run: () => above.backward(1, 0, BATCH) },
    transpose: { name: 'transpose', bound: undefined, run: () => kernel.transpose(l, allRows, BATCH) },
    step: {
      name: 'step',
      bound: isDense ? products : panelOfDelta,
      run: () => kernel.step(l, allRows, allPanels, BATCH, RATE),
    },
  } as const satisfies Record<string, Operation>;
}

/** Columns of the widest panel. */
function widthOf({ panels }: LayerMemory): number {
  return Math.max(...panels.map(({ width }) => width));
}

function sumOfMagnitudes(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += Math.abs(value);
  return sum;
}
