/** A network that is explained, with its data. */
import type { Facts, Split } from './asks.js';
import type { Given, NetworkShape } from './derivation.js';

export interface Subject {
  readonly shape: NetworkShape;
  readonly facts: SubjectFacts;
  /** The parameters, in the order of a model file. Valid until the next call. */
  parameters(): Float32Array;
  /** @param index  below `facts.samples[split]` */
  sample(split: Split, index: number): Given;
}

export type SubjectFacts = Omit<Facts, 'version' | 'parameters' | 'layers' | 'activation' | 'objective' | 'mostBatch'>;

export const SPLITS: readonly Split[] = ['train', 'validation', 'test'];

/** More parameters would take too much memory: they are copied in float64, twice. */
export const MOST_PARAMETERS = 10_000_000;

export function parametersOf(layers: readonly number[]): number {
  return layers.slice(1).reduce((sum, outputs, l) => sum + (layers[l]! + 1) * outputs, 0);
}
