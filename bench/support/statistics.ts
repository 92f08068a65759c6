/** What benchmarks print: the median to quote, and the spread that says how far to trust it. */

/** The middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function spread(values: readonly number[]): { readonly min: number; readonly max: number } {
  return { min: Math.min(...values), max: Math.max(...values) };
}

/** The 95% interval of the median, by the ranks of the values (a normal approximation: for 20 values or more). */
export function medianInterval(values: readonly number[]): { readonly low: number; readonly high: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const below = Math.max(0, Math.floor((n - 1.96 * Math.sqrt(n)) / 2) - 1);
  return { low: sorted[below]!, high: sorted[n - 1 - below]! };
}
