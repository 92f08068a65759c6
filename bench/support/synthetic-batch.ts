/** A network and one batch of made-up samples in memory, without data set or threads: the same for the same seed. */
import { activationNeeds, DEFAULT_ACTIVATION } from '../../src/kernels/activations.js';
import { createKernel, type KernelChoice } from '../../src/kernels/builds.js';
import type { Kernel } from '../../src/kernels/kernel.js';
import type { LayerMemory } from '../../src/memory/layer-memory.js';
import { bytesNeeded, createSharedMemory, layOut, type Memory } from '../../src/memory/layout.js';
import { PLAIN, type Plan } from '../../src/memory/plan.js';
import { findBlockStarts, placeHiddenRows, placeSamples } from '../../src/memory/rows.js';
import { drawInitialValues } from '../../src/model/initial-values.js';
import { Random } from '../../src/model/random.js';

/** Rows of nonzeros, as `SampleRows` has them. */
export interface SyntheticRows {
  /** (samples + 1) */
  readonly starts: Uint32Array;
  readonly index: Uint32Array;
  readonly value: Float32Array;
}

export interface SyntheticBatch {
  readonly plan: Plan;
  readonly memory: Memory;
  readonly kernel: Kernel;
}

/** Streams of the seed: 0 is that of the initial values. */
const ROWS_STREAM = 1;
const DELTA_STREAM = 2;

/**
 * Each input of each sample is nonzero with probability `density`, whatever its neighbors are, and then uniform in
 * (0, 1]. (In images, neighbors light together; no kernel of today is faster for it.)
 */
export function syntheticRows(samples: number, inputs: number, density: number, seed: number): SyntheticRows {
  const random = new Random(seed, ROWS_STREAM);
  const starts = new Uint32Array(samples + 1);
  const index: number[] = [];
  const value: number[] = [];
  for (let s = 0; s < samples; s++) {
    for (let i = 0; i < inputs; i++) {
      if (random.fraction() >= density) continue;
      index.push(i);
      value.push(1 - random.fraction());
    }
    starts[s + 1] = index.length;
  }
  return { starts, index: Uint32Array.from(index), value: Float32Array.from(value) };
}

/**
 * One batch, which is all there is: sample s in slot s, and the seed's initial values as parameters.
 *
 * @param layers       widths, input to output; the first is that of the rows
 * @param denseInputs  the samples in dense form
 */
export function createBatch(
  choice: KernelChoice,
  layers: readonly number[],
  rows: SyntheticRows,
  seed: number,
  denseInputs = false,
): SyntheticBatch {
  const samples = rows.starts.length - 1;
  const stored = denseInputs ? denseRows(rows, layers[0]!) : rows;
  const plan: Plan = {
    layers,
    trainSamples: samples,
    testSamples: 0,
    storedInputs: stored.value.length,
    inputForm: denseInputs ? 'dense' : 'sparse',
    batchSize: samples,
    threads: 1,
    ...PLAIN,
    ...choice.needs,
    ...activationNeeds(DEFAULT_ACTIVATION),
  };
  const shared = createSharedMemory(bytesNeeded(plan));
  const memory = layOut(plan, shared);
  memory.rows.starts.set(stored.starts);
  memory.rows.index.set(stored.index);
  memory.rows.value.set(stored.value);
  findBlockStarts(memory, 0, samples);
  placeSamples(memory, (slot) => slot, 0, samples);
  placeHiddenRows(memory);
  drawInitialValues(memory.layers, seed);
  return { plan, memory, kernel: createKernel(choice, plan.activation, shared, memory, 0) };
}

/** The same rows with their zeros, and without indices. */
function denseRows({ starts, index, value }: SyntheticRows, inputs: number): SyntheticRows {
  const samples = starts.length - 1;
  const dense = new Float32Array(samples * inputs);
  for (let s = 0; s < samples; s++) {
    for (let k = starts[s]!; k < starts[s + 1]!; k++) dense[s * inputs + index[k]!] = value[k]!;
  }
  return { starts: starts.map((_, s) => s * inputs), index: new Uint32Array(0), value: dense };
}

/** Writes a hidden layer's inputs, as ReLU would. */
export function fillInputs({ inputs, inputRows }: LayerMemory, rows: SyntheticRows): void {
  if (inputRows.form === 'dense') {
    inputRows.value.set(denseRows(rows, inputs).value);
    return;
  }
  const { starts, index, value } = rows;
  for (let s = 0; s + 1 < starts.length; s++) {
    const [from, to] = [starts[s]!, starts[s + 1]!];
    inputRows.index.set(index.subarray(from, to), inputRows.starts[s]!);
    inputRows.value.set(value.subarray(from, to), inputRows.starts[s]!);
    inputRows.lengths[s] = to - from;
  }
}

/** Random δ: (samples, outputs). */
export function syntheticDelta(samples: number, outputs: number, seed: number): Float32Array {
  const random = new Random(seed, DELTA_STREAM);
  return Float32Array.from({ length: samples * outputs }, () => (random.fraction() - 0.5) / 10);
}

export function fillDelta({ panels, outputs }: LayerMemory, values: Float32Array): void {
  for (const { firstColumn, width, delta } of panels) {
    const columns = Math.min(width, outputs - firstColumn);
    for (let s = 0; s * outputs < values.length; s++) {
      const first = s * outputs + firstColumn;
      delta.set(values.subarray(first, first + columns), s * width);
    }
  }
}
