/** A network's parameters, from the panels in memory to plain tensors and back. */
import { createHash } from 'node:crypto';
import type { LayerMemory, Reals } from '../memory/layout.js';

/**
 * Visits a layer's parameters in the order in which everything outside the kernels sees them: weights
 * [inputs, outputs] row by row, then biases [outputs]; padding is left out.
 */
export function forEachParameter(layer: LayerMemory, visit: (panel: Reals, at: number) => void): void {
  const { inputs, outputs, panels } = layer;
  for (let row = 0; row <= inputs; row++) {
    for (const { firstColumn, width, weights } of panels) {
      const columns = Math.min(width, outputs - firstColumn);
      for (let column = 0; column < columns; column++) visit(weights, row * width + column);
    }
  }
}

/** All parameters as float32, layer by layer. */
export function readParameters(layers: readonly LayerMemory[]): Float32Array {
  const values = new Float32Array(parameterCount(layers));
  let next = 0;
  for (const layer of layers) {
    forEachParameter(layer, (panel, at) => {
      values[next++] = panel[at]!;
    });
  }
  return values;
}

/** The reverse of `readParameters`. */
export function writeParameters(layers: readonly LayerMemory[], values: Float32Array): void {
  let next = 0;
  for (const layer of layers) {
    forEachParameter(layer, (panel, at) => {
      panel[at] = values[next++]!;
    });
  }
}

export function parameterCount(layers: readonly Pick<LayerMemory, 'inputs' | 'outputs'>[]): number {
  return layers.reduce((sum, { inputs, outputs }) => sum + (inputs + 1) * outputs, 0);
}

const HASHED_AT_ONCE_BYTES = 1 << 16;

/** SHA-256 of all parameters as little-endian float32, in hexadecimal. */
export function weightsSha256(layers: readonly LayerMemory[]): string {
  const hash = createHash('sha256');
  // Piece by piece: a model may be larger than a hash takes at once, and a copy of it costs memory.
  const piece = new DataView(new ArrayBuffer(HASHED_AT_ONCE_BYTES));
  let filled = 0;
  for (const layer of layers) {
    forEachParameter(layer, (panel, at) => {
      piece.setFloat32(filled, panel[at]!, true);
      filled += 4;
      if (filled === HASHED_AT_ONCE_BYTES) {
        hash.update(piece);
        filled = 0;
      }
    });
  }
  return hash.update(new Uint8Array(piece.buffer, 0, filled)).digest('hex');
}
