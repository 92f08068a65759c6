/**
 * Groups of samples: those with the same label y and the same suggested class j. What would the scores of a group be if its labels
 * were wrong, and the suggested classes right?
 *
 * A sample whose label was changed from j to y looks like the samples with label j. So its score is about what theirs would be with
 * label y: the mirrored score ln p̄_j − ln p̄_y of the samples with label j. (Only of those for which j is the most likely class: most
 * of the others are wrong labels themselves.)
 */

export interface Groups {
  /** (samples) Group of each. */
  readonly groups: Uint32Array;
  /** (groups) Share of all wrong labels that would be in each if they were drawn at random. Sums to 1 at most. */
  readonly expected: Float64Array;
  /** (groups) Mean and standard deviation of the mirrored scores. */
  readonly mirrored: { readonly means: Float64Array; readonly deviations: Float64Array };
}

/** Groups with few mirrored scores borrow from the others: as many scores as this. (2 to 50 make no difference in bench/audit.ts.) */
const PRIOR = 10;
/** Without a limit, a few equal scores would make a group of their own. */
const LEAST_VARIANCE = 0.05;

/**
 * @param logs       (samples, classes) ln p̄
 * @param labels     (samples)
 * @param suggested  (samples)
 * @param scores     (samples) Below 0: the label is the most likely class.
 */
export function groupsOf(
  logs: Float64Array,
  labels: ArrayLike<number>,
  suggested: Uint32Array,
  scores: Float64Array,
): Groups {
  const n = labels.length;
  const classes = logs.length / n;
  const numbers = new Map<number, number>();
  const groups = Uint32Array.from({ length: n }, (_, i) => {
    const pair = labels[i]! * classes + suggested[i]!;
    const number = numbers.get(pair) ?? numbers.size;
    numbers.set(pair, number);
    return number;
  });
  const counts = new Float64Array(classes);
  for (let i = 0; i < n; i++) counts[labels[i]!]!++;
  const pairs = [...numbers.keys()].map((pair) => ({ label: Math.floor(pair / classes), suggested: pair % classes }));
  return {
    groups,
    expected: Float64Array.from(pairs, ({ label }) => counts[label]! / n / (classes - 1)),
    mirrored: mirroredScores(logs, labels, scores, pairs),
  };
}

function mirroredScores(
  logs: Float64Array,
  labels: ArrayLike<number>,
  scores: Float64Array,
  pairs: readonly { readonly label: number; readonly suggested: number }[],
): Groups['mirrored'] {
  const n = labels.length;
  const classes = logs.length / n;
  /** (classes) The groups that suggest each. */
  const suggesting: number[][] = Array.from({ length: classes }, () => []);
  for (const [g, { suggested }] of pairs.entries()) suggesting[suggested]!.push(g);
  const [counts, sums, squares] = [0, 1, 2].map(() => new Float64Array(pairs.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let i = 0; i < n; i++) {
    if (scores[i]! >= 0) continue;
    const at = i * classes;
    const own = logs[at + labels[i]!]!;
    for (const g of suggesting[labels[i]!]!) {
      const score = own - logs[at + pairs[g]!.label]!;
      counts[g]!++;
      sums[g]! += score;
      squares[g]! += score * score;
    }
  }
  const sumOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);
  const count = sumOf(counts);
  // Where the network has learned no class, any will do.
  const mean = count > 0 ? sumOf(sums) / count : 1;
  const square = count > 0 ? sumOf(squares) / count : 2;
  const means = sums.map((sum, g) => (sum + PRIOR * mean) / (counts[g]! + PRIOR));
  const deviations = squares.map((own, g) =>
    Math.sqrt(Math.max(LEAST_VARIANCE, (own + PRIOR * square) / (counts[g]! + PRIOR) - means[g]! ** 2)),
  );
  return { means, deviations };
}
