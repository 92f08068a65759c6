/** Initial values as in the reference: weights and biases uniform in ±1/√inputs of their layer. */
import type { LayerMemory } from '../memory/layout.js';
import { forEachParameter } from './parameters.js';
import { INITIAL_VALUES_STREAM, Random } from './random.js';

/**
 * Fills the parameters in the order of `forEachParameter`, each one draw: (2u − 1) · 1/√inputs with u uniform
 * in [0, 1), rounded to float32.
 */
export function drawInitialValues(layers: readonly LayerMemory[], seed: number): void {
  const random = new Random(seed, INITIAL_VALUES_STREAM);
  for (const layer of layers) {
    const bound = 1 / Math.sqrt(layer.inputs);
    forEachParameter(layer, (panel, at) => {
      panel[at] = Math.fround((2 * random.fraction() - 1) * bound);
    });
  }
}
