/**
 * What a kernel is: the arithmetic of one layer over the shared memory, for any number of layers.
 *
 * There are two implementations: `reference.ts` is the mathematics, `wasm.ts` is fast. Tests compare them. The symbols are
 * those of docs/mathematics.md.
 *
 * `from` and `to` are slots, half-open. Panels are numbered from 0.
 */
import type { Reals } from '../memory/layer-memory.js';
import type { Dropout } from './dropout.js';

/** Half-open. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Neighboring rows of a layer's weights that one worker transposes and usually steps: worker number `index`. */
export interface RowSlice extends Range {
  readonly index: number;
}

export interface Kernel {
  /** z = x·W + b for the slots' samples and the outputs in these panels. The inputs must have been placed, or their blocks found. */
  forward(layer: number, panels: Range, from: number, to: number): void;

  /**
   * h = f(z) of a hidden layer, all panels, as the next layer's inputs. f′(z) replaces z, for `backward`; for units that sparse
   * inputs leave out, 0 does. A kernel may compute ReLU's derivative from h or z instead, and then leaves z or 0 there.
   *
   * With dropout, h and f′(z) are multiplied by the units' factors.
   */
  activate(layer: number, from: number, to: number, dropout?: Dropout): void;

  /**
   * Copies a row of inputs without those that are dropped for a slot's sample; in dense form with zeros instead.
   *
   * @param row  where it lies, in elements of `rows.value`
   * @param at   where the copy goes: elsewhere, or the row's own beginning
   * @returns the copy's length
   */
  dropInputs(dropout: Dropout, slot: number, row: Range, at: number): number;

  /** δ of the layer below: (δ·Wᵀ) ⊙ f′(z). For layers from 1 on. */
  backward(layer: number, from: number, to: number): void;

  /** Prepares what `forward` needs of the slots' inputs to a hidden layer, for all panels. */
  findBlocks(layer: number, from: number, to: number): void;

  /** Reads a word of each cache line of the slots' inputs, so that they are in the cache when they are needed. May do nothing. */
  prefetchInputs(layer: number, from: number, to: number): void;

  /**
   * Prepares what `step` and `reduce` need of the slots [0, batch) for the rows of the slice, for all panels. Afterwards other
   * samples may be placed in these slots.
   */
  transpose(layer: number, slice: RowSlice, batch: number): void;

  /**
   * W ← W − rate · Σ_s xᵀδ for the rows of the slice and the outputs in these panels, summed over the slots [0, batch) in
   * ascending order. Row `inputs` is the bias. The slice must have been transposed.
   */
  step(layer: number, slice: RowSlice, panels: Range, batch: number, rate: number): void;

  /** As `step`, but writes the sums to the gradient (the first buffer) and leaves W. */
  reduce(layer: number, slice: RowSlice, panels: Range, batch: number): void;

  /** Strategy `dense`: this worker's buffer ← Σ_s xᵀδ over the slots [from, to), for all rows. */
  accumulate(layer: number, from: number, to: number): void;

  /** Strategy `dense`: W ← W − rate · Σ_t (worker t's buffer), in ascending order of t. */
  applyGradients(layer: number, rate: number): void;

  /** Strategy `dense`: the gradient ← Σ_t (worker t's buffer), in ascending order of t. */
  sumGradients(layer: number): void;

  /** The gradient ← the gradient + this buffer, for some elements of the layer's array: whole vectors. */
  addGradient(layer: number, elements: Range, buffer: number): void;

  /**
   * Adds up the squares of the gradient's elements row by row into the layer's `rowSquares`: in float64, in ascending order
   * of columns, four sums per row, so that the result does not depend on the panels.
   */
  squareRows(layer: number, rows: Range): void;

  /**
   * The squared norms that the gradients of these slots' samples consist of (model/sample-norms.ts): of the inputs into
   * `inputSquares`, and of δ into `deltaSquares`. In float64, in ascending order of inputs and columns, so that the results do not
   * depend on the panels or on the form of the inputs.
   */
  squareSamples(layer: number, from: number, to: number): void;

  /** δ ← δ times the slot's `sampleFactors`, which is the gradient of the sample's loss times this factor. Rounds as `reals` does. */
  scaleSamples(layer: number, from: number, to: number): void;

  /**
   * Scales the incoming weights of a unit, a column without its bias, down to a norm if theirs is larger. All rows of the columns must
   * have been stepped.
   */
  limitNorms(layer: number, panels: Range, most: number): void;

  /** Applies the gradient to these rows and panels, and to the optimizer's moments. */
  update(layer: number, rows: Range, panels: Range, update: Update): void;
}

/** One step of an optimizer: a rule with the numbers of this step. optim/ has the rules. */
export interface Update {
  /**
   * The rule, in plain TypeScript: applies the gradient G of the elements [from, to) to the parameters W and to the moments
   * that the optimizer keeps. All are arrays of one panel.
   */
  readonly apply: (W: Reals, G: Reals, moments: readonly Reals[], from: number, to: number) => void;
  /** Before the rule: G ← scale · G + l1 · sign(W), without the penalty for biases. */
  readonly penalty?: { readonly scale: number; readonly l1: number };
  /** The same as a function of the WebAssembly module, if it has one: its name, how many moments it takes, its numbers. */
  readonly assembly?: {
    readonly name: UpdateFunction;
    /** −1: the last one only. */
    readonly moments: -1 | 0 | 1 | 2 | 3;
    readonly numbers: readonly number[];
  };
  /** Whether the rule changes only moments. */
  readonly keepsWeights?: true;
  /** Applied to the same elements afterwards. */
  readonly next?: Update | undefined;
}

/** The WebAssembly module's functions for updates, (weights, gradients, …moments, bytes, …numbers), and how many moments they take. */
export const UPDATE_MOMENTS = {
  sgdUpdate: 0,
  momentumUpdate: 1,
  rmspropUpdate: 1,
  lionUpdate: 1,
  adamUpdate: 2,
  adamWUpdate: 2,
  rmspropMomentumUpdate: 3,
  averageUpdate: 1,
} as const satisfies Readonly<Record<string, 0 | 1 | 2 | 3>>;
export type UpdateFunction = keyof typeof UPDATE_MOMENTS;
