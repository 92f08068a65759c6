/**
 * Finds regression targets that are probably wrong.
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
import {
  type AuditedData,
  type AuditedNumber,
  meanNormOf,
  meanOf,
  type Ranking,
  rounded,
  supported,
} from './audited-sample.js';

/** Degrees of freedom of the network's errors: from heavy tails to a normal distribution. */
const FREEDOMS = [2, 3, 4, 6, 10, 30, 1000] as const;
const FREEDOM_OF_WRONG = 3;
/** Iterations change the third digit of a probability by less than one after some 50. To choose ν, fewer will do. */
const ITERATIONS = 100;
const ITERATIONS_TO_CHOOSE = 30;
/** More samples than this do not change three numbers, but take time. */
const FITTED_SAMPLES = 20_000;
/** Networks that have learned all targets by heart leave no errors to compare. */
const LEAST_SCALE = 1e-6;

interface Mixture {
  readonly freedom: number;
  readonly share: number;
  readonly scale: number;
  readonly likelihood: number;
}

/** @param fitted  samples to fit the distributions to */
export function rankedNumbers(
  memory: Memory,
  plan: Plan,
  { rows, targets: names }: AuditedData,
  fitted?: number,
): Ranking<AuditedNumber> {
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
      fitted,
    ),
  );
  /** (samples) The most doubtful target. */
  const doubtful = Uint32Array.from({ length: n }, (_, i) => {
    let k = 0;
    for (let other = 1; other < width; other++) if (isWorse(wrong, residuals, other, k, i)) k = other;
    return k;
  });
  const probabilityOf = (i: number) => wrong[doubtful[i]!]![i]!;
  const sizeOf = (i: number) => Math.abs(residuals[doubtful[i]!]![i]!);
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort(
    (a, b) => probabilityOf(b) - probabilityOf(a) || sizeOf(b) - sizeOf(a) || rows[a]! - rows[b]!,
  );
  return {
    order,
    sampleAt: (position) => {
      const i = order[position]!;
      const k = doubtful[i]!;
      const at = i * auditWords;
      const { mean, deviation, name } = facts.targets[k]!;
      const target = mean + deviation * targets[i * width + k]!;
      const residual = deviation * residuals[k]![i]!;
      const probability = supported(probabilityOf(i), n);
      return {
        rank: position + 1,
        row: rows[i]!,
        column: name,
        target: rounded(target),
        suggested: rounded(target - residual),
        suspect: probability > 0.5,
        probability: rounded(probability),
        residual: rounded(residual),
        mean_loss: rounded(meanOf(memory, at, AuditWord.LOSS)),
        grad_norm: rounded(meanNormOf(memory, at)),
      };
    },
  };
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

/**
 * P(wrong) of each sample.
 *
 * @param most  samples to fit the distributions to
 */
export function wrongNumbers(targets: Float64Array, residuals: Float64Array, most = FITTED_SAMPLES): Float64Array {
  const stride = Math.max(1, Math.ceil(targets.length / most));
  const isUsed = (_: number, i: number) => i % stride === 0;
  const used = [targets.filter(isUsed), residuals.filter(isUsed)] as const;
  const scale = Math.max(LEAST_SCALE, 1.4826 * medianOf(used[1].map(Math.abs)));
  const tried = FREEDOMS.map((freedom) =>
    improved(...used, { freedom, share: 0.05, scale, likelihood: 0 }, ITERATIONS_TO_CHOOSE),
  );
  const best = tried.reduce((most, each) => (each.likelihood > most.likelihood ? each : most));
  const mixture = improved(...used, best, ITERATIONS - ITERATIONS_TO_CHOOSE);
  return targets.map((t, i) =>
    wrongOf(densitiesOf(mixture, Math.exp(logStudent(t, FREEDOM_OF_WRONG, 1)), residuals[i]!)),
  );
}

/** By expectation maximization. */
function improved(targets: Float64Array, residuals: Float64Array, start: Mixture, iterations: number): Mixture {
  const n = targets.length;
  const ofWrong = targets.map((t) => Math.exp(logStudent(t, FREEDOM_OF_WRONG, 1)));
  const { freedom } = start;
  let mixture = start;
  for (let iteration = 0; iteration < iterations; iteration++) {
    let [likelihood, sum, squares] = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      const r = residuals[i]!;
      const densities = densitiesOf(mixture, ofWrong[i]!, r);
      const wrong = wrongOf(densities);
      likelihood += Math.log(Math.max(densities.wrong + densities.right, Number.MIN_VALUE));
      sum += wrong;
      squares += (1 - wrong) * r * r * ((freedom + 1) / (freedom + (r / mixture.scale) ** 2));
    }
    mixture = {
      ...{ freedom, likelihood },
      // (Jeffreys' prior of a count.)
      share: Math.min(0.5, (sum + 0.5) / (n + 1)),
      scale: Math.max(LEAST_SCALE, Math.sqrt(squares / Math.max(1, n - sum))),
    };
  }
  return mixture;
}

interface Densities {
  readonly wrong: number;
  readonly right: number;
}

/** π · g(t), (1 − π) · f(t − z) */
function densitiesOf({ freedom, share, scale }: Mixture, ofWrong: number, residual: number): Densities {
  return { wrong: share * ofWrong, right: (1 - share) * Math.exp(logStudent(residual, freedom, scale)) };
}

function wrongOf({ wrong, right }: Densities): number {
  return wrong + right > 0 ? wrong / (wrong + right) : 1;
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
