/**
 * exp, log, powers and a cosine, computed with additions, multiplications and divisions only.
 *
 * ECMAScript leaves the rounding of Math.exp and Math.log to the engine, so that weights could differ between versions and
 * processors. IEEE 754 defines the four operations exactly, so these functions give the same bits everywhere. exp and log are
 * within 1 ulp of the true value (test/kernels/exact-math.test.ts).
 */

/** ln 2 in two parts: the first has trailing zeros, so that k times it is exact for every exponent k. */
const LN2_HIGH = 6.931471803691238e-1;
const LN2_LOW = 1.9082149292705877e-10;

/** Below this, exp(x) is smaller than the smallest normal number: 0 for a softmax. */
const UNDERFLOW = -708;

/** 2^k for k = 0, −1, …, −1022, each exact. */
const HALVES = new Float64Array(1023);
HALVES[0] = 1;
for (let k = 1; k < HALVES.length; k++) HALVES[k] = HALVES[k - 1]! / 2;

/** 1/n! for n = 0…13: later terms of the series are below half an ulp for |r| ≤ ln 2 / 2. */
const EXP_SERIES = [
  1,
  1,
  1 / 2,
  1 / 6,
  1 / 24,
  1 / 120,
  1 / 720,
  1 / 5040,
  1 / 40_320,
  1 / 362_880,
  1 / 3_628_800,
  1 / 39_916_800,
  1 / 479_001_600,
  1 / 6_227_020_800,
] as const;

/**
 * e^x for x ≤ 0, as a softmax needs after subtracting its maximum; NaN for NaN.
 * With x = k·ln 2 + r, |r| ≤ ln 2 / 2: e^x = 2^k · e^r, and e^r by its Taylor series.
 */
export function expOfNonPositive(x: number): number {
  if (x < UNDERFLOW) return 0;
  const k = Math.floor(x * Math.LOG2E + 0.5);
  return (1 + expRest(x, k)) * (HALVES[-k] ?? Number.NaN);
}

/** e^x − 1 for x ≤ 0, without cancellation near 0; NaN for NaN. */
export function expMinusOneOfNonPositive(x: number): number {
  if (x < UNDERFLOW) return -1;
  const k = Math.floor(x * Math.LOG2E + 0.5);
  const scale = HALVES[-k] ?? Number.NaN;
  return scale * expRest(x, k) + (scale - 1);
}

/** e^r − 1 */
function expRest(x: number, k: number): number {
  // r in two parts, so that the error of the subtraction is not lost.
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  let tail = 0;
  for (let n = EXP_SERIES.length - 1; n >= 2; n--) tail = tail * r + EXP_SERIES[n]!;
  // r + r²·tail, the small parts first.
  const lost = high - r - low;
  return r + (r * r * tail + lost);
}

/** √½ ≤ m < √2 keeps |s| below 0.172, where 12 terms of the series are enough. */
const LARGEST_M = Math.SQRT2;

/** Terms 2/(2n+1), n = 1…12, of log((1+s)/(1−s)) = 2s + 2s³/3 + 2s⁵/5 + … */
const LOG_SERIES = Array.from({ length: 12 }, (_, n) => 2 / (2 * n + 3));

/**
 * ln x for finite x ≥ 1, as a log-sum-exp needs after subtracting its maximum; NaN for NaN.
 * With x = 2^k · m: ln x = k·ln 2 + ln m, and ln m by the series in s = (m − 1)/(m + 1).
 */
export function logOfAtLeastOne(x: number): number {
  if (!Number.isFinite(x)) return x;
  let k = 0;
  let m = x;
  while (m >= LARGEST_M) {
    m /= 2;
    k++;
  }
  const f = m - 1;
  const s = f / (f + 2);
  const square = s * s;
  let tail = 0;
  for (let n = LOG_SERIES.length - 1; n >= 0; n--) tail = tail * square + LOG_SERIES[n]!;
  // ln m = f − s·(f − s²·tail), since 2s = f − s·f; f itself is exact, so it and k·ln 2 come last.
  return k * LN2_HIGH - (s * (f - square * tail) - k * LN2_LOW - f);
}

/** The words of a float64. (Lockstep runs on little-endian machines only.) */
const DOUBLE = new Float64Array(1);
const WORDS = new Uint32Array(DOUBLE.buffer);
const EXPONENT_BIAS = 1023;

/** ln x for finite x ≥ 1 within 1e-8, in a third of the time: for sums in float32. */
export function roughLog(x: number): number {
  DOUBLE[0] = x;
  const high = WORDS[1]!;
  const k = (high >>> 20) - EXPONENT_BIAS;
  // 1 ≤ m < 2; then √½ ≤ m < √2.
  WORDS[1] = (high & 0xfffff) | (EXPONENT_BIAS << 20);
  const isLarge = DOUBLE[0] >= Math.SQRT2;
  const m = isLarge ? DOUBLE[0] / 2 : DOUBLE[0];
  const s = (m - 1) / (m + 1);
  const square = s * s;
  const series = 2 / 3 + square * (2 / 5 + square * (2 / 7 + square * (2 / 9)));
  return (isLarge ? k + 1 : k) * Math.LN2 + s * (2 + square * series);
}

/** base^n for whole n ≥ 0, by repeated squaring. */
export function power(base: number, n: number): number {
  let result = 1;
  let square = base;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}

/** (−1)^n / (2n)! and (−1)^n / (2n + 1)!: later terms are below half an ulp for |a| ≤ π / 4. */
const COSINE_SERIES = alternating([1, 2, 24, 720, 40_320, 3_628_800, 479_001_600, 87_178_291_200]);
const SINE_SERIES = alternating([1, 6, 120, 5040, 362_880, 39_916_800, 6_227_020_800, 1_307_674_368_000]);

/** cos(π·x) for 0 ≤ x ≤ 1. */
export function cosineOfHalfTurn(x: number): number {
  if (x > 0.5) return -cosineOfHalfTurn(1 - x);
  if (x > 0.25) {
    const a = Math.PI * (0.5 - x);
    return a * seriesIn(a * a, SINE_SERIES);
  }
  const a = Math.PI * x;
  return seriesIn(a * a, COSINE_SERIES);
}

function alternating(factorials: readonly number[]): number[] {
  return factorials.map((factorial, n) => (n % 2 === 0 ? 1 : -1) / factorial);
}

/** Σ terms[n] · yⁿ */
function seriesIn(y: number, terms: readonly number[]): number {
  return terms.reduceRight((sum, term) => sum * y + term, 0);
}
