/** Weights of classes, as `--class-weights` gives them. */
import { errors } from '../errors.js';
import type { Samples } from './samples.js';

export const BALANCED = 'balanced';

/** Whether a text is `name=weight`. */
export function isClassWeight(text: string): boolean {
  const [, weight] = partsOf(text) ?? [];
  return weight !== undefined;
}

/** A name may contain an equals sign. */
function partsOf(text: string): readonly [name: string, weight: number] | undefined {
  const [, name, weight = ''] = /^(.+)=(\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)$/i.exec(text) ?? [];
  return name !== undefined && Number.isFinite(Number(weight)) ? [name, Number(weight)] : undefined;
}

/**
 * @param given  `balanced` alone, or `name=weight`; other classes have weight 1
 * @param train  the samples that are trained on
 * @param names  of the classes 0, 1, 2, …
 * @throws LockstepError if a class is not known, or no sample would count
 */
export function classWeightsOf(
  given: readonly string[],
  train: Samples,
  names: readonly (string | number)[],
): number[] {
  const counts = countClasses(train, names.length);
  const weights = given[0] === BALANCED ? balanced(counts, train.count) : named(given, names);
  if (!weights.some((weight, c) => weight > 0 && counts[c]! > 0)) throw errors.noWeight('--class-weights');
  return weights;
}

/** (classes) */
export function countClasses({ targets, count }: Samples, classes: number): Uint32Array {
  const counts = new Uint32Array(classes);
  for (let s = 0; s < count; s++) counts[targets[s]!]!++;
  return counts;
}

/** n / (k · n_c), as scikit-learn's `balanced`: k classes have samples. */
function balanced(counts: Uint32Array, samples: number): number[] {
  const classes = counts.filter((count) => count > 0).length;
  return Array.from(counts, (count) => (count === 0 ? 1 : samples / (classes * count)));
}

function named(given: readonly string[], names: readonly (string | number)[]): number[] {
  const weights = names.map(() => 1);
  const positions = new Map(names.map((name, c) => [String(name), c]));
  const seen = new Set<number>();
  for (const text of given) {
    const [name, weight] = partsOf(text)!;
    const position = positions.get(name);
    if (position === undefined) throw errors.weightOfNoClass(text, names.map(String));
    if (seen.has(position)) throw errors.weightTwice(name);
    seen.add(position);
    weights[position] = weight;
  }
  return weights;
}
