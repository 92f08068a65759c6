/** Suggests the intended name for a mistyped one. */

/** Maximum edit distance; also at most a third of the letters. */
const MOST_WRONG = 2;

/** @returns the nearest known name, or undefined if none is near */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = plainOf(name);
  const most = Math.min(MOST_WRONG, Math.floor(plain.length / 3));
  let found: string | undefined;
  let fewest = most + 1;
  for (const each of known) {
    const other = plainOf(each);
    if (Math.abs(other.length - plain.length) > most) continue;
    const distance = distanceBetween(plain, other);
    if (distance < fewest) [found, fewest] = [each, distance];
  }
  return found;
}

/** Treats batch_size, batch-size and BatchSize as the same name. */
function plainOf(name: string): string {
  return name.replaceAll(/[-_\s]/g, '').toLowerCase();
}

/** Edit distance with transpositions (optimal string alignment). */
function distanceBetween(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (isSame ? 0 : 1));
      const areExchanged = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (areExchanged) next[j] = Math.min(next[j]!, before[j - 2]! + 1);
    }
    [before, row] = [row, next];
  }
  return row[b.length]!;
}
