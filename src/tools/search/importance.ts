/** How much each searched option matters. */
import type { TrialEvent } from '../../metrics/search-events.js';
import { snakeCase } from '../../text/words.js';
import type { Dimension } from './space.js';

/** Groups that the values of a range are divided into. */
const BINS = 4;

/**
 * The share of the variance of the losses' ranks that an option explains: η², adjusted for the number of groups, so that it is about 0
 * for an option without an effect. Ranks, because a single bad trial would dominate the losses. A failed trial has the last rank.
 */
export function importanceOf(dimensions: readonly Dimension[], trials: readonly TrialEvent[]) {
  const ranks = ranksOf(trials.map(({ loss }) => loss ?? Number.POSITIVE_INFINITY));
  return dimensions
    .map((each) => {
      const name = snakeCase(each.name);
      return {
        option: name,
        share: shareOf(
          ranks,
          groupsOf(
            each,
            trials.map(({ options }) => options[name]),
          ),
        ),
      };
    })
    .sort((a, b) => b.share - a.share || (a.option < b.option ? -1 : 1));
}

/** Equal values share the mean of their ranks. */
export function ranksOf(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2);
}

/** A range: quarters of the trials, by value. */
function groupsOf(dimension: Dimension, values: readonly unknown[]): number[] {
  const texts = values.map((value) => JSON.stringify(value) ?? '');
  if (dimension.kind === 'choice') return texts.map((text) => texts.indexOf(text));
  const known = values.flatMap((value) => (typeof value === 'number' ? [value] : []));
  const ranks = ranksOf(known);
  let at = 0;
  return values.map((value) => (typeof value === 'number' ? Math.floor((BINS * ranks[at++]!) / known.length) : BINS));
}

function shareOf(ranks: readonly number[], groups: readonly number[]): number {
  const n = ranks.length;
  const mean = ranks.reduce((sum, rank) => sum + rank, 0) / n;
  const sums = new Map<number, { sum: number; count: number }>();
  for (const [i, rank] of ranks.entries()) {
    const { sum, count } = sums.get(groups[i]!) ?? { sum: 0, count: 0 };
    sums.set(groups[i]!, { sum: sum + rank, count: count + 1 });
  }
  const total = ranks.reduce((sum, rank) => sum + (rank - mean) ** 2, 0);
  const between = [...sums.values()].reduce((all, { sum, count }) => all + count * (sum / count - mean) ** 2, 0);
  if (total === 0 || n <= sums.size) return 0;
  return Math.max(0, 1 - ((1 - between / total) * (n - 1)) / (n - sums.size));
}
