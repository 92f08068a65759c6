/**
 * What a kernel is: the arithmetic of one layer over the shared memory, for any stack of layers.
 *
 * There are two implementations: `reference.ts` is the mathematics, `wasm.ts` is fast. Tests hold them
 * together. The names of the mathematics are those of docs/mathematics.md.
 *
 * A layer's lists say which inputs of each sample are not zero, or in dense form what all of them are; its panels hold
 * weights, and z or δ.
 * `from` and `to` are slots, half-open. Panels are numbered from 0.
 */
import type { Reals } from '../memory/layout.js';

export const KERNEL_NAMES = ['simd-fma', 'simd', 'reference'] as const;
export type KernelName = (typeof KERNEL_NAMES)[number];

/** Half-open. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Some neighboring rows of a layer, which one worker transposes and perhaps all step: the `index`-th worker's. */
export interface RowSlice extends Range {
  readonly index: number;
}

export interface Kernel {
  /** Makes ready what `forward` needs, if anything, of the slots' inputs to a hidden layer, whatever the panels. */
  cutInputs(layer: number, from: number, to: number): void;

  /**
   * Reads a word of each cache line of the slots' inputs, and nothing else: rows that lie anywhere in memory are there sooner if
   * all are asked for at once. May do nothing.
   */
  fetchInputs(layer: number, from: number, to: number): void;

  /** z = b + x·W for the slots' samples and the outputs in these panels. The inputs must have been placed, or cut. */
  forward(layer: number, panels: Range, from: number, to: number): void;

  /**
   * h = ReLU(z) of a hidden layer, all panels, as the next layer's inputs: lists of what is active, and zeros where z was;
   * or, where that layer is in dense form, rows, and z stays. The last layer has none: it leaves its z, the logits, for the
   * loss.
   */
  activate(layer: number, from: number, to: number): void;

  /** δ of the layer below: (δ·Wᵀ) where ReLU was active, else 0. For layers from 1 on. */
  backward(layer: number, from: number, to: number): void;

  /**
   * Makes ready what `step` needs of the slots [0, batch) for the rows of the slice, whatever the panels: from then on other
   * samples may be placed in them.
   */
  transpose(layer: number, slice: RowSlice, batch: number): void;

  /**
   * W ← W − rate · Σ_s xᵀδ for the rows of the slice and the outputs in these panels, summed over the slots [0, batch) in
   * ascending order. Row `inputs` is the bias. The slice must have been transposed.
   */
  step(layer: number, slice: RowSlice, panels: Range, batch: number, rate: number): void;

  /** The dense strategy: this worker's buffer ← Σ_s xᵀδ over the slots [from, to), for all rows. */
  accumulate(layer: number, from: number, to: number): void;

  /** The dense strategy: W ← W − rate · Σ_t (worker t's buffer), in ascending order of t. */
  applyGradients(layer: number, rate: number): void;

  /** As `step`, but the sums go to the gradient (the first buffer), and W stays. */
  reduce(layer: number, slice: RowSlice, panels: Range, batch: number): void;

  /** The dense strategy: the gradient ← Σ_t (worker t's buffer), in ascending order of t. */
  sumGradients(layer: number): void;

  /** The gradient ← the gradient + this buffer, of some elements of the layer's array: whole vectors. */
  addGradient(layer: number, elements: Range, buffer: number): void;

  /**
   * The squares of the gradient's elements, added up row by row into the layer's `rowSquares`: in float64 and in ascending
   * order of columns, four sums a row, so that no cut of the layer changes them.
   */
  squareRows(layer: number, rows: Range): void;

  /** Applies the gradient to the rows and panels, and to what the optimizer remembers of them. */
  update(layer: number, rows: Range, panels: Range, update: Update): void;
}

/** One step of an optimizer: a rule with the numbers of this step. optim/ has the rules. */
export interface Update {
  /**
   * The rule, in plain TypeScript: applies the gradient G of the elements [from, to) to the parameters W and to the moments
   * that the optimizer keeps. All are arrays of one panel.
   */
  readonly apply: (W: Reals, G: Reals, moments: readonly Reals[], from: number, to: number) => void;
  /** The same as a function of the WebAssembly module, if it has one: its name, how many moments it takes, its numbers. */
  readonly assembly?: {
    readonly name: UpdateFunction;
    readonly moments: 0 | 1 | 2;
    readonly numbers: readonly number[];
  };
}

/** The WebAssembly module's functions for updates: (weights, gradients, …moments, bytes, …numbers). */
export type UpdateFunction = 'sgdUpdate' | 'momentumUpdate' | 'adamUpdate';
