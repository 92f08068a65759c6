/** Permutation importance: of a function whose importances are known, and by what it reads. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/model/random.js';
import {
  type ImportanceData,
  MOST_SAMPLES,
  permutationImportance,
  type SparseRow,
} from '../../src/tools/importance.js';

const SAMPLES = 400;

/** Without zeros. */
function sparse(row: Float32Array): SparseRow {
  const index = Uint32Array.from([...row.keys()].filter((i) => row[i] !== 0));
  return { index, value: Float32Array.from(index, (i) => row[i]!), length: index.length };
}

function dense({ index, value, length }: SparseRow): Float32Array {
  const row = new Float32Array(6);
  for (let k = 0; k < length; k++) {
    if (k > 0 && index[k]! <= index[k - 1]!) throw new Error('not in order');
    row[index[k]!] = value[k]!;
  }
  return row;
}

/** Column `a` is inputs 0 and 1, `b` is input 2, `unused` inputs 3 to 5. The score is (x0 + x1 + 2·x2 − y)², with y = x0 + x1 + 2·x2. */
function example(): ImportanceData & { readonly rows: readonly Float32Array[] } {
  const random = new Random(3, 0);
  const rows = Array.from({ length: SAMPLES }, () =>
    // Every third number of the unused inputs is 0.
    Float32Array.from({ length: 6 }, (_, i) => (i > 2 && random.below(3) === 0 ? 0 : random.fraction() - 0.5)),
  );
  const of = (row: Float32Array) => row[0]! + row[1]! + 2 * row[2]!;
  return {
    rows,
    ...{ count: SAMPLES, inputs: 6, scores: 2 },
    columns: [
      { name: 'a', from: 0, to: 2 },
      { name: 'b', from: 2, to: 3 },
      { name: 'unused', from: 3, to: 6 },
    ],
    readRow: (sample) => sparse(rows[sample]!),
    score: (row, sample, into) => {
      into[0] = (of(dense(row)) - of(rows[sample]!)) ** 2;
      into[1] = 7;
    },
  };
}

describe('permutation importance', () => {
  it('of a linear function is twice the variance of each term', async () => {
    const [a, b, unused] = await permutationImportance(example(), { repeats: 20 });
    // Of uniform numbers in an interval of length 1, the variance is 1 / 12; the terms of a move together.
    expect(a!.increase[0]).toBeCloseTo((2 * 2) / 12, 1);
    expect(b!.increase[0]).toBeCloseTo((2 * 4) / 12, 1);
    expect(unused).toEqual({ name: 'unused', increase: [0, 0], std: [0, 0] });
    expect([a!.increase[1], b!.increase[1]]).toEqual([0, 0]);
    for (const { std } of [a!, b!]) {
      expect(std[0]).toBeGreaterThan(0.001);
      expect(std[0]).toBeLessThan(0.1);
    }
  });

  it('depends on the seed alone, and repeats only add to it', async () => {
    const of = async (seed: number, repeats: number) => permutationImportance(example(), { seed, repeats });
    expect(await of(1, 2)).toEqual(await of(1, 2));
    expect(await of(1, 2)).not.toEqual(await of(2, 2));
    const [one] = await of(1, 1);
    expect(one!.std).toEqual([0, 0]);
    const [three] = await of(1, 3);
    const [two] = await of(1, 2);
    // The mean of three has the mean of the first two in it.
    expect(3 * three!.increase[0]! - 2 * two!.increase[0]!).toBeGreaterThan(0);
  });

  it('moves all inputs of a column from the same sample, and no others', async () => {
    const { rows, ...data } = example();
    const seen = new Set<string>();
    await permutationImportance(
      {
        ...data,
        score: (given, sample, into) => {
          into.fill(0);
          const row = dense(given);
          const source = rows.findIndex((each) => each[0] === row[0]);
          const isOwn = (i: number) => row[i] === rows[sample]![i];
          if (!isOwn(0)) {
            seen.add('a');
            expect(row[1]).toBe(rows[source]![1]);
            expect([2, 3, 4, 5].every(isOwn)).toBe(true);
          }
        },
      },
      { repeats: 1 },
    );
    expect(seen).toEqual(new Set(['a']));
  });

  it('weights samples: a sample of weight 0 is only a donor', async () => {
    const { rows, ...data } = example();
    const heavy = Float64Array.from(rows, (_, s) => (s % 2 === 0 ? 3 : 0));
    const scored = new Set<number>();
    const [a] = await permutationImportance(
      {
        ...data,
        weights: heavy,
        score: (_row, sample, into) => {
          into[0] = scored.has(sample) ? 1 + (sample % 2) * 1000 : 0;
          scored.add(sample);
          into[1] = 0;
        },
      },
      { repeats: 1 },
    );
    // Samples of even number get 1 worse, unless they got their own values; the others count nothing.
    expect(a!.increase[0]).toBeGreaterThan(0.98);
    expect(a!.increase[0]).toBeLessThanOrEqual(1);
  });

  it('takes some of very many samples, each once', async () => {
    const seen = new Set<number>();
    const row = { index: Uint32Array.of(0), value: Float32Array.of(1), length: 1 };
    const [column] = await permutationImportance({
      ...{ count: 3 * MOST_SAMPLES, inputs: 1, scores: 1, columns: [{ name: 'a', from: 0, to: 1 }] },
      readRow: () => row,
      score: (_row, sample, into) => {
        expect(seen.has(sample)).toBe(false);
        seen.add(sample);
        into[0] = sample;
      },
    });
    expect(seen.size).toBe(MOST_SAMPLES);
    expect(Math.max(...seen)).toBeGreaterThan(2.5 * MOST_SAMPLES);
    expect(column!.increase).toEqual([0]);
  });

  it('leaves the scores of a constant column unread', async () => {
    const { rows, ...data } = example();
    for (const row of rows) row[2] = 1;
    let calls = 0;
    await permutationImportance(
      {
        ...data,
        columns: [data.columns[1]!],
        score: (_row, _sample, into) => {
          calls++;
          into.fill(0);
        },
      },
      { repeats: 3 },
    );
    expect(calls).toBe(SAMPLES);
  });
});
