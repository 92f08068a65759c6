/** Splits off test or validation samples. */
import { Random } from '../model/random.js';
import { shuffling } from './order.js';
import { atOnce, inParts, type Steps } from './table/steps.js';

export interface Split {
  /** Positions of the remaining samples, ascending. */
  readonly kept: Uint32Array;
  /** Positions of the samples that are split off, ascending. */
  readonly apart: Uint32Array;
}

/** Tolerance for rounding errors: 0.07 × 100 is 7.000000000000001. */
const ROUNDING = 1e-9;

/**
 * A uniform random split without stratification, like scikit-learn's `train_test_split`. It depends only on seed and stream.
 *
 * @param count     number of samples
 * @param fraction  to split off, from 0 to 1; rounded up to whole samples
 * @param stream    see model/random.ts
 */
export function splitOff(count: number, fraction: number, seed: number, stream: number): Split {
  return atOnce(splitting(count, fraction, seed, stream));
}

/**
 * A split that is as large, and takes the same fraction of every class as far as the numbers allow. The samples that remain go to
 * the classes with the largest remainders.
 *
 * @param classes  (samples)
 */
export function splitOffByClass(classes: ArrayLike<number>, fraction: number, seed: number, stream: number): Split {
  return atOnce(splitting(classes.length, fraction, seed, stream, classes));
}

/**
 * `splitOff`, or with classes `splitOffByClass`, in steps.
 *
 * @param groups  (samples) if given, no group is divided, and classes are not stratified; the size is as close as the groups allow
 */
export function* splitting(
  count: number,
  fraction: number,
  seed: number,
  stream: number,
  classes?: ArrayLike<number>,
  groups?: ArrayLike<number>,
): Steps<Split> {
  if (groups) return yield* splittingGroups(groups.length, fraction, new Random(seed, stream), groups);
  const order = new Uint32Array(count);
  yield* shuffling(order, new Random(seed, stream));
  const size = Math.min(count, Math.max(0, Math.ceil(count * fraction - ROUNDING)));
  const isApart = new Uint8Array(count);
  if (classes) yield* takeByClass(isApart, order, classes, size);
  else {
    yield* inParts(size, (from, to) => {
      for (let i = from; i < to; i++) isApart[order[i]!] = 1;
    });
  }
  return yield* splitBy(isApart, size);
}

/** Takes groups in random order, as long as each brings the size closer to the one that is wanted; but at least one. */
function* splittingGroups(count: number, fraction: number, random: Random, groups: ArrayLike<number>): Steps<Split> {
  const sizes = new Map<number, number>();
  yield* inParts(count, (from, to) => {
    for (let s = from; s < to; s++) sizes.set(groups[s]!, (sizes.get(groups[s]!) ?? 0) + 1);
  });
  const all = [...sizes];
  const order = new Uint32Array(all.length);
  yield* shuffling(order, random);
  const wanted = count * fraction;
  const taken = new Set<number>();
  let size = 0;
  for (const position of order) {
    const [group, own] = all[position]!;
    if (Math.abs(size + own - wanted) > Math.abs(size - wanted)) continue;
    taken.add(group);
    size += own;
  }
  if (taken.size === 0 && wanted > 0 && all.length > 0) {
    const [group, own] = all.reduce((least, each) => (each[1] < least[1] ? each : least));
    taken.add(group);
    size = own;
  }
  const isApart = new Uint8Array(count);
  yield* inParts(count, (from, to) => {
    for (let s = from; s < to; s++) if (taken.has(groups[s]!)) isApart[s] = 1;
  });
  return yield* splitBy(isApart, size);
}

/** Marks `size` samples. @param order  in which they are taken */
function* takeByClass(isApart: Uint8Array, order: Uint32Array, classes: ArrayLike<number>, size: number): Steps<void> {
  const count = order.length;
  const counts = new Map<number, number>();
  yield* inParts(count, (from, to) => {
    for (let s = from; s < to; s++) counts.set(classes[s]!, (counts.get(classes[s]!) ?? 0) + 1);
  });
  const shares = [...counts]
    .sort(([a], [b]) => a - b)
    .map(([label, own]) => ({ label, whole: Math.floor((own * size) / count), rest: (own * size) % count }));
  let left = size - shares.reduce((sum, { whole }) => sum + whole, 0);
  const wanted = new Map(shares.map(({ label, whole }) => [label, whole]));
  for (const { label, whole } of shares.toSorted((a, b) => b.rest - a.rest)) {
    if (left-- <= 0) break;
    wanted.set(label, whole + 1);
  }
  yield* inParts(count, (from, to) => {
    for (let i = from; i < to; i++) {
      const s = order[i]!;
      const open = wanted.get(classes[s]!)!;
      if (open === 0) continue;
      isApart[s] = 1;
      wanted.set(classes[s]!, open - 1);
    }
  });
}

/** @param size  number of samples that are split off */
export function* splitBy(isApart: Uint8Array, size: number): Steps<Split> {
  const kept = new Uint32Array(isApart.length - size);
  const apart = new Uint32Array(size);
  let [k, a] = [0, 0];
  yield* inParts(isApart.length, (from, to) => {
    for (let s = from; s < to; s++) {
      if (isApart[s] === 0) kept[k++] = s;
      else apart[a++] = s;
    }
  });
  return { kept, apart };
}
