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

/** SHA-256 of all parameters as little-endian float32, in hexadecimal. */
export function weightsSha256(layers: readonly LayerMemory[]): string {
  const values = readParameters(layers);
  const bytes = new DataView(new ArrayBuffer(values.byteLength));
  for (const [i, value] of values.entries()) bytes.setFloat32(4 * i, value, true);
  return createHash('sha256').update(bytes).digest('hex');
}
