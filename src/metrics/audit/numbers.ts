/**
 * Which numbers to estimate are probably wrong.
 *
 * With the target t and the mean estimate z of a sample, standardized, two explanations compete: the number is right, and t − z
 * is an error of the network, from a Student distribution with ν degrees of freedom and scale s; or it is wrong, and t is a number
 * like any other of its column, from a Student distribution of scale 1:
 *
 *   P(wrong) = π · g(t) / (π · g(t) + (1 − π) · f(t − z))        g = Student(3, 1)    f = Student(ν, s)
 *
 * The share π of wrong numbers, s and ν are those of greatest likelihood. (π and s by expectation maximization, ν from a list.)
 */
import type { Memory } from '../../memory/layout.js';
import type { Plan } from '../../memory/plan.js';
import { AuditWord } from '../../model/objectives/audited.js';
import { type AuditedData, type AuditedNumber, meanNormOf, meanOf, rounded, supported } from './audited-sample.js';

/** Degrees of freedom of the network's errors: from heavy tails to a normal distribution. */
const FREEDOMS = [2, 3, 4, 6, 10, 30, 1000] as const;
const FREEDOM_OF_WRONG = 3;
/** Iterations change the third digit of a probability by less than one after some 50. */
const ITERATIONS = 100;
/** Networks that have learned all targets by heart leave no errors to compare. */
const LEAST_SCALE = 1e-6;

interface Mixture {
  readonly likelihood: number;
  /** (samples) P(wrong) */
  readonly wrong: Float64Array;
}

export function auditedNumbers(memory: Memory, plan: Plan, { rows, targets: names }: AuditedData): AuditedNumber[] {
  const { trainSamples: n, auditWords, facts } = plan;
  const { targets } = memory.rows;
  const width = names.length;
  const residuals = names.map((_, k) =>
    Float64Array.from({ length: n }, (_, i) => -meanOf(memory, i * auditWords, AuditWord.OWN + k)),
  );
  const wrong = residuals.map((residual, k) =>
    wrongNumbers(
      Float64Array.from({ length: n }, (_, i) => targets[i * width + k]!),
      residual,
    ),
  );
  const samples = Array.from({ length: n }, (_, i) => {
    const at = i * auditWords;
    let k = 0;
    for (let other = 1; other < width; other++) if (isWorse(wrong, residuals, other, k, i)) k = other;
    const { mean, deviation, name } = facts.targets[k]!;
    const target = mean + deviation * targets[i * width + k]!;
    const residual = deviation * residuals[k]![i]!;
    const probability = supported(wrong[k]![i]!, n);
    return {
      rank: 0,
      row: rows[i]!,
      column: name,
      target: rounded(target),
      suggested: rounded(target - residual),
      suspect: probability > 0.5,
      probability: rounded(probability),
      residual: rounded(residual),
      mean_loss: rounded(meanOf(memory, at, AuditWord.LOSS)),
      grad_norm: rounded(meanNormOf(memory, at)),
      size: Math.abs(residuals[k]![i]!),
    };
  });
  samples.sort((a, b) => b.probability - a.probability || b.size - a.size || a.row - b.row);
  return samples.map(({ size: _, ...sample }, i) => ({ ...sample, rank: i + 1 }));
}

function isWorse(
  wrong: readonly Float64Array[],
  residuals: readonly Float64Array[],
  k: number,
  than: number,
  i: number,
): boolean {
  const difference = wrong[k]![i]! - wrong[than]![i]!;
  return difference > 0 || (difference === 0 && Math.abs(residuals[k]![i]!) > Math.abs(residuals[than]![i]!));
}

/** P(wrong) of each sample. */
export function wrongNumbers(targets: Float64Array, residuals: Float64Array): Float64Array {
  const mixtures = FREEDOMS.map((freedom) => mixtureOf(targets, residuals, freedom));
  return mixtures.reduce((best, each) => (each.likelihood > best.likelihood ? each : best)).wrong;
}

function mixtureOf(targets: Float64Array, residuals: Float64Array, freedom: number): Mixture {
  const n = targets.length;
  const ofWrong = targets.map((t) => Math.exp(logStudent(t, FREEDOM_OF_WRONG, 1)));
  const wrong = new Float64Array(n);
  let share = 0.05;
  let scale = Math.max(LEAST_SCALE, 1.4826 * medianOf(residuals.map(Math.abs)));
  let likelihood = 0;
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    likelihood = 0;
    let [sum, squares] = [0, 0];
    for (let i = 0; i < n; i++) {
      const r = residuals[i]!;
      const asWrong = share * ofWrong[i]!;
      const all = asWrong + (1 - share) * Math.exp(logStudent(r, freedom, scale));
      likelihood += Math.log(Math.max(all, Number.MIN_VALUE));
      wrong[i] = all > 0 ? asWrong / all : 1;
      sum += wrong[i]!;
      squares += (1 - wrong[i]!) * r * r * ((freedom + 1) / (freedom + (r / scale) ** 2));
    }
    // (Jeffreys' prior of a count.)
    share = Math.min(0.5, (sum + 0.5) / (n + 1));
    scale = Math.max(LEAST_SCALE, Math.sqrt(squares / Math.max(1, n - sum)));
  }
  return { likelihood, wrong };
}

/** ln of the density at x. */
function logStudent(x: number, freedom: number, scale: number): number {
  const square = (x / scale) ** 2;
  return logNormalizer(freedom) - Math.log(scale) - ((freedom + 1) / 2) * Math.log1p(square / freedom);
}

/** ln of Γ((ν + 1) / 2) / (Γ(ν / 2) · √(νπ)), for the whole numbers of the list. */
function logNormalizer(freedom: number): number {
  // Γ(x + 1/2) / Γ(x) by its recurrence from x = 1/2 or 1.
  const half = freedom / 2;
  let x = freedom % 2 === 0 ? 1 : 0.5;
  let ratio = freedom % 2 === 0 ? Math.sqrt(Math.PI) / 2 : 1 / Math.sqrt(Math.PI);
  for (; x < half; x++) ratio *= (x + 0.5) / x;
  return Math.log(ratio / Math.sqrt(freedom * Math.PI));
}

function medianOf(values: Float64Array): number {
  return values.slice().sort()[values.length >> 1]!;
}
