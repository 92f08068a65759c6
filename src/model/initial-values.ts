/**
 * Initial values. All but `uniform`, which is the reference's, have biases of 0. docs/mathematics.md, "Initial values", has the
 * formulas. They are the same for every kernel: rounded to float32.
 */
import type { LayerMemory } from '../memory/layer-memory.js';
import { orthogonalMatrix } from './orthogonal.js';
import { forEachParameter } from './parameters.js';
import { INITIAL_VALUES_STREAM, Random } from './random.js';

/** The weights of one layer as a bound of uniform numbers. */
const BOUNDS = {
  uniform: (inputs: number) => 1 / Math.sqrt(inputs),
  he: (inputs: number) => Math.sqrt(6 / inputs),
  glorot: (inputs: number, outputs: number) => Math.sqrt(6 / (inputs + outputs)),
  lecun: (inputs: number) => Math.sqrt(3 / inputs),
} as const;

export type Initialization = keyof typeof BOUNDS | 'orthogonal';
/** The default first. */
export const INITIALIZATIONS: readonly Initialization[] = [
  ...(Object.keys(BOUNDS) as (keyof typeof BOUNDS)[]),
  'orthogonal',
];

/** Fills the parameters in the order of `forEachParameter`. */
export function drawInitialValues(
  layers: readonly LayerMemory[],
  seed: number,
  initialization: Initialization = 'uniform',
): void {
  const random = new Random(seed, INITIAL_VALUES_STREAM);
  for (const layer of layers) {
    const { inputs, outputs } = layer;
    if (initialization === 'orthogonal') {
      const weights = orthogonalMatrix(inputs, outputs, random);
      fill(layer, (p) => weights[p]!);
      continue;
    }
    const bound = BOUNDS[initialization](inputs, outputs);
    const hasBiases = initialization === 'uniform';
    // Each one draw: (2u − 1) · bound with u uniform in [0, 1).
    fill(layer, (p) => (hasBiases || p < inputs * outputs ? (2 * random.fraction() - 1) * bound : 0));
  }
}

/** @param parameterAt  of parameter p in the order of files; biases are 0 where it gives undefined */
function fill(layer: LayerMemory, parameterAt: (p: number) => number | undefined): void {
  let p = 0;
  forEachParameter(layer, (panel, at) => {
    panel[at] = Math.fround(parameterAt(p++) ?? 0);
  });
}
