/**
 * What a kernel is: the arithmetic of one layer over the shared memory, for any stack of layers.
 *
 * There are two implementations: `reference.ts` is the mathematics, `wasm.ts` is fast. Tests hold them
 * together. The names of the mathematics are those of docs/mathematics.md.
 *
 * A layer's lists say which inputs of each sample are not zero; its panels hold weights, and z or δ.
 * `from` and `to` are slots, half-open.
 */
export const KERNEL_NAMES = ['simd-fma', 'simd', 'reference'] as const;
export type KernelName = (typeof KERNEL_NAMES)[number];

export interface Kernel {
  /**
   * z = b + x·W for the slots' samples. Behind a hidden layer comes ReLU: it fills the next layer's lists
   * and leaves zeros where z was. The last layer leaves its z, the logits, for the loss.
   */
  forward(layer: number, from: number, to: number): void;

  /** δ of the layer below: (δ·Wᵀ) where ReLU was active, else 0. For layers from 1 on. */
  backward(layer: number, from: number, to: number): void;

  /**
   * W ← W − rate · Σ_s xᵀδ for the rows [rowFrom, rowTo) of the layer, summed over the slots [0, batch) in
   * ascending order. Row `inputs` is the bias.
   */
  step(layer: number, rowFrom: number, rowTo: number, batch: number, rate: number): void;

  /** The dense strategy: this member's buffer ← Σ_s xᵀδ over the slots [from, to), for all rows. */
  accumulate(layer: number, from: number, to: number): void;

  /** The dense strategy: W ← W − rate · Σ_t (member t's buffer), in ascending order of t. */
  applyGradients(layer: number, rate: number): void;
}
