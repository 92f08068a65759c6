/** The measured cases: a layer, its batch, and the kernel's operations, each with its bound. */

import type { KernelChoice } from '../../src/kernels/builds.js';
import type { Kernel } from '../../src/kernels/kernel.js';
import type { LayerMemory } from '../../src/memory/layer-memory.js';
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
  /** Multiply-adds: one for each stored input and output, or for each weight and sample where no zero is skipped. */
  readonly products: number;
  /** What bounds the operation. Undefined where nothing is multiplied. */
  readonly bound: Bound | undefined;
}

export interface Bound {
  readonly loop: LimitLoop;
  /** That the operation reads repeatedly. */
  readonly bytes: number;
  /** More loads for each load of a row's vector, which the loop lacks: of a list's index and value, for example. */
  readonly moreLoads: number;
}

export interface Case {
  readonly inputs: number;
  readonly outputs: number;
  readonly density: number;
  readonly nonzeros: number;
  /** How the inputs are stored. */
  readonly form: RowForm;
  /** Bytes of the weights in a panel. */
  readonly panelBytes: number;
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
  return createCase(choice, density, rows, batch, 0, seed, above);
}

/** The output layer, with inputs as after ReLU. */
export function outputLayer(choice: KernelChoice, seed: number): Case {
  const rows = syntheticRows(BATCH, HIDDEN, HIDDEN_DENSITY, seed);
  const batch = secondLayerBatch(choice, HIDDEN, CLASSES, rows, seed);
  return createCase(choice, HIDDEN_DENSITY, rows, batch, 1, seed, batch);
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
  choice: KernelChoice,
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
  const operations = operationsOf(choice, kernel, layer, l, rows, above);
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
    panelBytes: panelBytesOf(layer),
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

function operationsOf(
  { vectorBits }: KernelChoice,
  kernel: Kernel,
  layer: LayerMemory,
  l: number,
  rows: SyntheticRows,
  above: SyntheticBatch,
) {
  const { inputs, outputs, inputBlocks, inputRows, panels, parameters } = layer;
  const isDense = inputRows.form === 'dense';
  const allPanels = { from: 0, to: panels.length };
  const allRows = { index: 0, from: 0, to: inputs + 1 };
  const columnBytes = widthOf(layer) * parameters.BYTES_PER_ELEMENT;
  const loadsOfRow = columnBytes / (vectorBits / 8);
  // An index and a value for each row of weights; a slot and a value for each row of δ.
  const ofList = { loop: 'loads', moreLoads: 2 / loadsOfRow } as const;
  const isAboveDense = above.memory.layers[1]!.inputRows.form === 'dense';
  const panelOfWeights: Bound = {
    loop: 'loads',
    bytes: panelBytesOf(layer),
    moreLoads: isAboveDense ? 0 : 1 / loadsOfRow,
  };
  const blockOfWeights = { ...ofList, bytes: Math.ceil(inputs / inputBlocks) * columnBytes } as const;
  const panelOfDelta = { ...ofList, bytes: BATCH * columnBytes } as const;
  // In dense form, and through a mirror, each load serves several multiply-adds, of several samples or rows: arithmetic is the bound.
  const arithmetic = { loop: 'registers', bytes: 0, moreLoads: 0 } as const;
  const all = BATCH * inputs * outputs;
  const stored = isDense ? all : rows.index.length * outputs;
  const goesBackDense = above.plan.mirrors || isAboveDense;
  return {
    forward: {
      name: 'forward',
      products: stored,
      bound: isDense ? arithmetic : blockOfWeights,
      run: () => {
        if (l > 0) kernel.findBlocks(l, 0, BATCH);
        kernel.forward(l, allPanels, 0, BATCH);
      },
    },
    backward: {
      name: 'backward',
      products: goesBackDense ? all : stored,
      bound: above.plan.mirrors ? arithmetic : panelOfWeights,
      run: () => above.kernel.backward(1, 0, BATCH),
    },
    transpose: {
      name: 'transpose',
      products: 0,
      bound: undefined,
      run: () => kernel.transpose(l, allRows, BATCH),
    },
    step: {
      name: 'step',
      products: stored,
      bound: isDense ? arithmetic : panelOfDelta,
      run: () => kernel.step(l, allRows, allPanels, BATCH, RATE),
    },
  } as const satisfies Record<string, Operation>;
}

/** The widest panel's weights. */
function panelBytesOf(layer: LayerMemory): number {
  return (layer.inputs + 1) * widthOf(layer) * layer.parameters.BYTES_PER_ELEMENT;
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
