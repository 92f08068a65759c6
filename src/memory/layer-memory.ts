/** What the memory holds of each layer, and the samples' rows, from which the first layer reads. */
import type { Arena, Elements } from './arena.js';
import { heldOutSamples, ownBatch, type Plan, type RowForm } from './plan.js';
import { inputBlocksOf, inVectors, LANES, padded, panelCount, panelStart } from './tiling.js';

export type Reals = Float32Array | Float64Array;

/** Each sample's inputs, sparse or dense. Training samples come first, then validation samples, then test samples. */
export interface SampleRows {
  /** (samples + 1): where each sample's row begins in `index` and `value`. */
  readonly starts: Uint32Array;
  /** (samples, blocks − 1): where each block of inputs but the first begins in the row. */
  readonly blockStarts: Uint32Array;
  /** (stored inputs) Empty in dense form. The batches' rows lie behind them. */
  readonly index: Uint32Array;
  /** (stored inputs), and likewise. */
  readonly value: Float32Array;
  /** (samples, targets) A class, or the regression targets: the objective knows what they are. */
  readonly targets: Elements;
  /** (samples) Weights of the samples. Empty without. */
  readonly weights: Float64Array;
}

/** A layer's inputs, a row per slot. */
export interface InputRows {
  readonly form: RowForm;
  /** (S) */
  readonly starts: Uint32Array;
  /** (S) */
  readonly lengths: Uint32Array;
  /** (blocks + 1, S): where each block of inputs begins and the last ends. Empty in dense form, and without `blocks`. */
  readonly blockBounds: Uint32Array;
  /** Empty in dense form. */
  readonly index: Uint32Array;
  readonly value: Reals;
}

/** Some neighboring outputs of a layer, `width` columns of which the last may be padding: always zero. */
export interface Panel {
  readonly firstColumn: number;
  readonly width: number;
  /** (inputs + 1, width): the last row is the bias, the weights of an input that is always 1. */
  readonly weights: Reals;
  /** (S, width): z going forward, δ = dL/dz going back. */
  readonly delta: Reals;
  /** (inputs + 1, width): in strategy `dense` a sum for each worker's share; else one for the whole batch, or none. */
  readonly gradients: readonly Reals[];
  /** (inputs + 1, width): what the optimizer remembers. */
  readonly moments: readonly Reals[];
}

export interface LayerMemory {
  readonly inputs: number;
  readonly outputs: number;
  /** Columns with padding: the sum of the panels' widths. */
  readonly paddedOutputs: number;
  /** The panels' widths are multiples of this. */
  readonly lanes: number;
  /** Blocks of inputs: going forward, a block's weights in a panel stay in the first-level cache. */
  readonly inputBlocks: number;
  /** Inputs of a block; the last may have fewer. */
  readonly blockInputs: number;
  /** In the first layer, each worker has places of its own (they point into the samples' rows): no worker waits for them. */
  readonly inputRows: InputRows;
  readonly panels: readonly Panel[];
  /** All panels' weights, one after another. */
  readonly parameters: Reals;
  /** In the order of `parameters`, as all the following. */
  readonly gradients: readonly Reals[];
  readonly moments: readonly Reals[];
  /** The parameters of the best epoch. Empty if they are not kept. */
  readonly best: Reals;
  /** (inputs + 1, 4): sums of the squares of a row of the gradient. Empty unless the norm is needed. */
  readonly rowSquares: Float64Array;
  /** (S) Squared norm of a slot's inputs. Empty unless the norms of the samples' gradients are needed. */
  readonly inputSquares: Float64Array;
  /** (S, 4): sums of the squares of a slot's δ. Empty unless the norms of the samples' gradients are needed. */
  readonly deltaSquares: Float64Array;
  /**
   * For each panel of the layer below: the weights of its units, (outputs in whole vectors, some of its columns) for some columns
   * after the others (kernels/wasm-layer.ts). Always a copy of the weights when back-propagation begins. Empty in the first
   * layer, and without `mirrors`.
   */
  readonly mirror: readonly Reals[];
  /** Blocks of a quarter of the mirror's rows, of at most `mirrorBlockRows`. 0: going back does not skip zeros of δ. */
  readonly mirrorBlocks: number;
  readonly mirrorBlockRows: number;
  /** The batch as the reduction reads it. Empty without `blocks`. */
  readonly transposed: Transposed;
}

/** For each row of weights, the samples whose input is not zero; in dense form only where each slot's row begins. */
export interface Transposed {
  /**
   * (B · (inputs + 1)), or in dense form (B): a copy of `inputRows.starts`, which may be the next batch's by then. In the
   * first layer each worker has its own.
   */
  readonly slot: Uint32Array;
  /** (B · (inputs + 1)) */
  readonly value: Reals;
  /** (T, inputs + 3): by slice, where each row's entries begin. */
  readonly cursors: Uint32Array;
}

/**
 * Units of which dropout keeps fewer than this are stored as lists, even if the activation gives few zeros. Lists are also read in
 * evaluation, where nothing is dropped (bench/regularization.ts).
 */
const LISTS_BELOW = 0.7;

/** Rows of a quarter of a mirror, in whole vectors. */
export function quarterOf(outputs: number): number {
  return inVectors(inVectors(outputs) / LANES);
}

/** Whether going back through a layer skips zeros of δ, which ReLU and dropout make. The last layer's δ has none. */
export function skipsZeros(plan: Plan, l: number): boolean {
  const { layers, mirrors, skipsZeros: skips, hiddenForm } = plan;
  if (!mirrors || !skips || l === 0 || l + 2 >= layers.length || layers[l + 1]! < skips.from) return false;
  return hiddenForm === 'sparse' || keptUnits(plan, l + 1) < LISTS_BELOW;
}

/** Blocks of a quarter of a layer's mirror; 0 if going back does not skip zeros of δ. */
function mirrorBlocksOf(plan: Plan, l: number): number {
  return skipsZeros(plan, l) ? Math.ceil(quarterOf(plan.layers[l + 1]!) / plan.skipsZeros!.rows) : 0;
}

/** The form of a layer's inputs. */
export function formOf(plan: Plan, l: number): RowForm {
  if (l === 0) return plan.inputForm;
  const outputs = plan.layers[l + 1]!;
  const isNarrow = panelCount(plan, l, padded(outputs, plan)) === 1 && inVectors(outputs) <= plan.denseOutputs;
  if (isNarrow) return 'dense';
  return keptUnits(plan, l) < LISTS_BELOW ? 'sparse' : plan.hiddenForm;
}

/** Of a layer's inputs: what dropout keeps of them, on average. */
function keptUnits({ dropout }: Plan, l: number): number {
  return 1 - (dropout?.thresholds[l] ?? 0) / 65_536;
}

/** Blocks of a layer's inputs. */
export function blocksOf(plan: Plan, l: number): number {
  if (!plan.blocks || formOf(plan, l) === 'dense') return 1;
  const inputs = plan.layers[l]!;
  // Half of a hidden layer's units are assumed to be active.
  const kept = keptUnits(plan, l);
  const ofSample =
    l === 0 ? (kept * plan.storedInputs) / (plan.trainSamples + heldOutSamples(plan)) : (kept * inputs) / 2;
  return inputBlocksOf(inputs, ofSample, plan.blocks);
}

/** @param worker  whose view of the memory it is */
export function carveLayer(
  plan: Plan,
  arena: Arena,
  l: number,
  slots: number,
  rows: SampleRows,
  worker: number,
): LayerMemory {
  const inputs = plan.layers[l] as number;
  const outputs = plan.layers[l + 1] as number;
  const Real = plan.reals === 'float32' ? Float32Array : Float64Array;
  const takeReals = (length: number): Reals => arena.take<Reals>(Real, length);

  const paddedInputs = l === 0 ? inputs : padded(inputs, plan);
  const paddedOutputs = padded(outputs, plan);
  const parameterCount = (inputs + 1) * paddedOutputs;
  const parameters = takeReals(parameterCount);
  const delta = takeReals(slots * paddedOutputs);
  const takeLikeParameters = (length: number) => Array.from({ length }, () => takeReals(parameterCount));
  const gradients = takeLikeParameters(plan.gradientBuffers);
  const moments = takeLikeParameters(plan.moments);
  const [best = takeReals(0)] = takeLikeParameters(plan.keepsBest ? 1 : 0);
  const rowSquares = arena.take(Float64Array, plan.needsNorm ? (inputs + 1) * LANES : 0);

  const inputSquares = arena.take(Float64Array, plan.needsSampleNorms ? slots : 0);
  const deltaSquares = arena.take(Float64Array, plan.needsSampleNorms ? slots * LANES : 0);

  const count = panelCount(plan, l, paddedOutputs);
  // (A size alone needs no views: a layer too wide for the memory may have a million panels.)
  const panels = Array.from({ length: arena.isReal ? count : 0 }, (_, p): Panel => {
    const [from, to] = [p, p + 1].map((at) => panelStart(at, count, paddedOutputs, plan.lanes)) as [number, number];
    const part = (array: Reals, height: number) => array.subarray(from * height, to * height);
    return {
      firstColumn: from,
      width: to - from,
      weights: part(parameters, inputs + 1),
      delta: part(delta, slots),
      gradients: gradients.map((buffer) => part(buffer, inputs + 1)),
      moments: moments.map((array) => part(array, inputs + 1)),
    };
  });

  const mirrorRows = plan.mirrors && l > 0 ? inVectors(outputs) : 0;
  const mirrored = takeReals(mirrorRows * paddedInputs);
  const panelsBelow = mirrorRows > 0 && arena.isReal ? panelCount(plan, l - 1, paddedInputs) : 0;
  const mirror = Array.from({ length: panelsBelow }, (_, p) => {
    const [from, to] = [p, p + 1].map((at) => panelStart(at, panelsBelow, paddedInputs, plan.lanes)) as [
      number,
      number,
    ];
    return mirrored.subarray(from * mirrorRows, to * mirrorRows);
  });

  const mirrorBlocks = mirrorBlocksOf(plan, l);

  const form = formOf(plan, l);
  const isDense = form === 'dense';
  const inputBlocks = blocksOf(plan, l);
  const hasBounds = plan.blocks && !isDense;
  const ofEach = Array.from({ length: l === 0 ? plan.threads : 1 }, () => {
    const blockBounds = arena.take(Uint32Array, hasBounds ? (inputBlocks + 1) * slots : 0);
    return {
      blockBounds,
      // (A row begins where its first block does.)
      starts: hasBounds ? blockBounds.subarray(0, slots) : arena.take(Uint32Array, slots),
      lengths: arena.take(Uint32Array, slots),
      denseStarts: arena.take(Uint32Array, isDense ? ownBatch(plan) : 0),
    };
  });
  const { denseStarts, ...places } = ofEach[l === 0 ? worker : 0]!;
  const inputRows: InputRows = {
    form,
    ...places,
    // The first layer's rows are the samples' own. A hidden layer's have room for every unit, padding included, because
    // ReLU writes each unit before it knows whether it is active.
    index: l === 0 ? rows.index : arena.take(Uint32Array, isDense ? 0 : slots * paddedInputs),
    value: l === 0 ? rows.value : takeReals(slots * paddedInputs),
  };
  const transposedLength = hasBounds ? ownBatch(plan) * (inputs + 1) : 0;
  const transposed = {
    slot: isDense ? denseStarts : arena.take(Uint32Array, transposedLength),
    value: takeReals(transposedLength),
    cursors: arena.take(Uint32Array, transposedLength === 0 ? 0 : plan.threads * (inputs + 3)),
  };
  return {
    inputs,
    outputs,
    paddedOutputs,
    lanes: plan.lanes,
    inputBlocks,
    blockInputs: Math.ceil(inputs / inputBlocks),
    inputRows,
    panels,
    parameters,
    gradients,
    moments,
    best,
    rowSquares,
    inputSquares,
    deltaSquares,
    mirror,
    mirrorBlocks,
    mirrorBlockRows: inVectors(Math.ceil(quarterOf(outputs) / Math.max(1, mirrorBlocks))),
    transposed,
  };
}
