/** Divides samples into the folds of a cross-validation. */
import { FOLD_STREAM, Random } from '../model/random.js';
import { shuffling } from './order.js';
import { inParts, type Steps } from './table/steps.js';

/** What the division respects. */
export interface FoldTraits {
  /** (samples) Each fold gets the same fraction of every class, as far as the numbers allow. */
  readonly classes?: ArrayLike<number> | undefined;
  /** (samples) The samples of a group are in the same fold. */
  readonly groups?: ArrayLike<number> | undefined;
}

/** `--fold 2/5`. */
export interface Fold {
  /** From 1. */
  readonly number: number;
  readonly folds: number;
}

const MOST_FOLDS = 10_000;
const FOLD = /^(\d{1,5})\/(\d{1,5})$/;

/** Undefined if the text names no fold. */
export function parseFold(text: string): Fold | undefined {
  const [, number = 0, folds = 0] = (FOLD.exec(text) ?? []).map(Number);
  return number >= 1 && number <= folds && folds >= 2 && folds <= MOST_FOLDS ? { number, folds } : undefined;
}

/**
 * The fold of each sample. It depends only on the arguments. Without groups, the sizes of two folds differ by at most one sample,
 * and so do their numbers of samples of each class.
 *
 * @param count  number of samples; at least as many as there are folds
 * @param seed   each seed gives another division
 * @returns (samples) from 0
 */
export function* foldOfEach(
  count: number,
  folds: number,
  seed: number,
  { classes, groups }: FoldTraits,
): Steps<Uint16Array> {
  const random = new Random(seed, FOLD_STREAM);
  if (groups) return yield* foldByGroup(folds, random, groups, classes);
  const order = new Uint32Array(count);
  yield* shuffling(order, random);
  const dealt = classes ? yield* byClass(order, classes) : order;
  const foldOf = new Uint16Array(count);
  yield* inParts(count, (from, to) => {
    for (let i = from; i < to; i++) foldOf[dealt[i]!] = i % folds;
  });
  return foldOf;
}

/** Number of different groups. */
export function* countGroups(groups: ArrayLike<number>, count: number): Steps<number> {
  const found = new Set<number>();
  yield* inParts(count, (from, to) => {
    for (let s = from; s < to; s++) found.add(groups[s]!);
  });
  return found.size;
}

/** The samples of class 0 first, then those of class 1, …, each class in the given order. */
function* byClass(order: Uint32Array, classes: ArrayLike<number>): Steps<Uint32Array> {
  const counts: number[] = [];
  yield* inParts(order.length, (from, to) => {
    for (let s = from; s < to; s++) counts[classes[s]!] = (counts[classes[s]!] ?? 0) + 1;
  });
  const next: number[] = [];
  let start = 0;
  for (let c = 0; c < counts.length; c++) {
    next[c] = start;
    start += counts[c] ?? 0;
  }
  const sorted = new Uint32Array(order.length);
  yield* inParts(order.length, (from, to) => {
    for (let i = from; i < to; i++) sorted[next[classes[order[i]!]!]!++] = order[i]!;
  });
  return sorted;
}

/** The samples of a group, by class. */
interface Group {
  samples: number;
  readonly ofClass: Map<number, number>;
}

/**
 * Visits the groups in random order, and puts each into the fold that has the fewest samples of the group's classes, in proportion
 * to the sizes of the classes. (Sorting the groups by size would balance the folds better, but would give every seed nearly the
 * same division.)
 */
function* foldByGroup(
  folds: number,
  random: Random,
  of: ArrayLike<number>,
  classes: ArrayLike<number> | undefined,
): Steps<Uint16Array> {
  const groups = new Map<number, Group>();
  const classSizes = new Map<number, number>();
  yield* inParts(of.length, (from, to) => {
    for (let s = from; s < to; s++) {
      const label = classes?.[s] ?? 0;
      const group = groups.get(of[s]!) ?? { samples: 0, ofClass: new Map() };
      groups.set(of[s]!, group);
      group.samples++;
      group.ofClass.set(label, (group.ofClass.get(label) ?? 0) + 1);
      classSizes.set(label, (classSizes.get(label) ?? 0) + 1);
    }
  });
  const names = [...groups.keys()];
  const order = new Uint32Array(names.length);
  yield* shuffling(order, random);
  const sizes = new Float64Array(folds);
  const ofClass = Array.from({ length: folds }, () => new Map<number, number>());
  const crowding = ({ ofClass: own }: Group, fold: number) => {
    let sum = 0;
    for (const [label, samples] of own)
      sum += (samples * (ofClass[fold]!.get(label) ?? 0)) / classSizes.get(label)! ** 2;
    return sum;
  };
  const chosen = new Map<number, number>();
  for (const position of order) {
    const group = groups.get(names[position]!)!;
    let best = 0;
    let least = crowding(group, 0);
    for (let fold = 1; fold < folds; fold++) {
      const other = crowding(group, fold);
      if (other > least || (other === least && sizes[fold]! >= sizes[best]!)) continue;
      best = fold;
      least = other;
    }
    sizes[best]! += group.samples;
    for (const [label, samples] of group.ofClass) ofClass[best]!.set(label, (ofClass[best]!.get(label) ?? 0) + samples);
    chosen.set(names[position]!, best);
    yield;
  }
  const foldOf = new Uint16Array(of.length);
  yield* inParts(of.length, (from, to) => {
    for (let s = from; s < to; s++) foldOf[s] = chosen.get(of[s]!)!;
  });
  return foldOf;
}
