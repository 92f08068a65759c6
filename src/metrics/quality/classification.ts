/**
 * Metrics of a classifier. docs/evaluation.md defines them; they equal scikit-learn's to 1e-12
 * (test/metrics/classification.test.ts).
 */
import type { ClassName } from '../../data/table/cells.js';
import {
  type Bootstrap,
  type BootstrapOptions,
  bootstrapIntervals,
  DEFAULT_SEED,
  type Interval,
  LEVEL,
  orNull,
  resamplesFor,
} from './bootstrap.js';
import type { ClassScores } from './class-scores.js';
import { CHUNK, Pacer } from './pacer.js';
import { Ranking, type Weights } from './ranking.js';

/** Of all classes together. */
export const OVERALL = [
  'accuracy',
  'balanced_accuracy',
  'macro_f1',
  'log_loss',
  'roc_auc',
  'average_precision',
  'brier_score',
  'calibration_error',
  'top_k_accuracy',
] as const;
export type OverallMetric = (typeof OVERALL)[number];

/** Of each class against the rest. */
export const BY_CLASS = ['precision', 'recall', 'f1', 'roc_auc', 'average_precision'] as const;
export type ClassMetric = (typeof BY_CLASS)[number];

/** The others have a value for every set of samples. */
type Undefinable = 'roc_auc' | 'average_precision';
export type OverallValues = { readonly [M in OverallMetric]: M extends Undefinable ? number | null : number };
export type ClassValues = { readonly [M in ClassMetric]: number | null };
export type Intervals<Name extends string> = { readonly [M in Name]: Interval | null };

export interface ClassificationMetrics extends OverallValues {
  /** k of `top_k_accuracy`. */
  readonly top_k: number;
  /** For two classes: the one that `average_precision` and `calibration` are of. */
  readonly positive_class?: ClassName;
  readonly intervals: Intervals<OverallMetric>;
  readonly bootstrap: Bootstrap;
  readonly classes: readonly ClassMetrics[];
  /** Bins of `calibration_error`, from low to high. */
  readonly calibration: readonly CalibrationBin[];
}

export interface ClassMetrics extends ClassValues {
  /** Number of the class, or its label. */
  readonly class: ClassName;
  /** Samples of the class. */
  readonly samples: number;
  readonly intervals: Intervals<ClassMetric>;
}

export interface CalibrationBin {
  /** Probabilities above `from` and up to `to`; the first bin includes 0. */
  readonly from: number;
  readonly to: number;
  readonly samples: number;
  /** Mean predicted probability; null without samples. */
  readonly confidence: number | null;
  /** Fraction of the samples for which the prediction was true; null without samples. */
  readonly frequency: number | null;
}

export interface ClassificationOptions extends BootstrapOptions {
  /** k of `top_k_accuracy`. @default 5 for 10 or more classes, 2 for 3 to 9, 1 for two */
  readonly topK?: number | undefined;
  /** Weights of the samples, as scikit-learn's `sample_weight`. @default 1 each */
  readonly weights?: Float64Array | undefined;
}

export const BINS = 10;
/** With more classes, the values of all resamples would take too much memory. */
const MOST_INTERVALS = 1000;

/** The metrics, and what a report draws. */
export interface MeasuredClasses {
  readonly metrics: ClassificationMetrics;
  /** By class; undefined for a class without samples. Undefined if there are too many samples and classes. */
  readonly rankings: readonly (Ranking | undefined)[] | undefined;
  /** The weights that `metrics` is computed with. */
  readonly weights: Weights;
}

export async function measureClasses(
  scores: ClassScores,
  names: readonly ClassName[],
  { topK = defaultTopK(scores.classes), weights: given, resamples, seed = DEFAULT_SEED }: ClassificationOptions = {},
): Promise<MeasuredClasses> {
  const { count, classes, targets, probabilities } = scores;
  const pacer = new Pacer();
  const samples = samplesByClass(scores);
  const rankings: (Ranking | undefined)[] = [];
  for (const [c, column] of probabilities?.entries() ?? []) {
    rankings.push(samples[c] === 0 ? undefined : await Ranking.of(column, (s) => targets[s] === c, pacer));
  }
  const measures = new Measures(scores, await findCells(scores, topK, pacer), rankings, pacer);
  const weights = given ?? new Uint16Array(count).fill(1);
  const values = new Float64Array(measures.length);
  await measures.measure(weights, values);
  const calibration = measures.bins();

  const plan = { resamples: resamples ?? resamplesFor(count, classes + 2), seed, level: LEVEL };
  const limit = classes <= MOST_INTERVALS ? measures.length : OVERALL.length;
  const found = await bootstrapIntervals(count, given, plan, limit, (w, into) => measures.measure(w, into), pacer);

  const overall = valuesAt(OVERALL, values, found, 0);
  const metrics: ClassificationMetrics = {
    ...(overall.values as OverallValues),
    top_k: topK,
    ...(classes === 2 && { positive_class: names[scores.positive]! }),
    intervals: overall.intervals,
    bootstrap: plan,
    classes: names.map((name, c) => {
      const own = valuesAt(BY_CLASS, values, found, OVERALL.length + c * BY_CLASS.length);
      return { class: name, samples: samples[c]!, ...own.values, intervals: own.intervals };
    }),
    calibration,
  };
  return { metrics, rankings: probabilities && rankings, weights };
}

export function defaultTopK(classes: number): number {
  if (classes < 3) return 1;
  return classes < 10 ? 2 : 5;
}

function valuesAt<Name extends string>(
  names: readonly Name[],
  values: Float64Array,
  found: readonly (Interval | null)[],
  from: number,
): { readonly values: { readonly [M in Name]: number | null }; readonly intervals: Intervals<Name> } {
  const of = <T>(value: (index: number) => T) =>
    Object.fromEntries(names.map((name, i) => [name, value(from + i)])) as { readonly [M in Name]: T };
  return {
    values: of((i) => orNull(values[i]!)),
    // A metric without a value has no interval.
    intervals: of((i) => (Number.isNaN(values[i]!) ? null : (found[i] ?? null))),
  };
}

function samplesByClass({ targets, classes }: ClassScores): Uint32Array {
  const samples = new Uint32Array(classes);
  for (const target of targets) samples[target]!++;
  return samples;
}

/**
 * Computes all metrics of weighted samples into one array: those of `OVERALL`, then those of `BY_CLASS` for each class.
 *
 * Samples that count alike for every metric but the loss, the Brier score and the rankings share a cell: they have the same
 * true class, predicted class and bin, and are alike in whether the true class is among the top k. So a resample takes only
 * few additions per sample.
 */
class Measures {
  readonly #scores: ClassScores;
  readonly #rankings: readonly (Ranking | undefined)[];
  readonly #pacer: Pacer;
  readonly #cells: readonly Cell[];
  /** (samples) Number of the cell. */
  readonly #cellOf: Uint32Array;
  // (cells) Sums of the samples' weights, and of their confidences.
  readonly #weight: Float64Array;
  readonly #confidence: Float64Array;
  // (classes) Sums of weights.
  readonly #support: Float64Array;
  readonly #taken: Float64Array;
  readonly #right: Float64Array;

  constructor(scores: ClassScores, { cells, cellOf }: Cells, rankings: readonly (Ranking | undefined)[], pacer: Pacer) {
    const { classes } = scores;
    this.#scores = scores;
    this.#cells = cells;
    this.#cellOf = cellOf;
    this.#rankings = rankings;
    this.#pacer = pacer;
    this.#weight = new Float64Array(cells.length);
    this.#confidence = new Float64Array(cells.length);
    this.#support = new Float64Array(classes);
    this.#taken = new Float64Array(classes);
    this.#right = new Float64Array(classes);
  }

  get length(): number {
    return OVERALL.length + this.#scores.classes * BY_CLASS.length;
  }

  /** @param into  may be shorter than `length`: then it has the first metrics */
  async measure(weights: Weights, into: Float64Array): Promise<void> {
    const [total, loss, squares] = this.#addUp(weights);
    const [support, taken, right] = [this.#support, this.#taken, this.#right];
    for (const sums of [support, taken, right]) sums.fill(0);
    let [correct, top] = [0, 0];
    for (const { number, target, predicted, isTop } of this.#cells) {
      const weight = this.#weight[number]!;
      support[target]! += weight;
      taken[predicted]! += weight;
      if (isTop) top += weight;
      if (target !== predicted) continue;
      right[target]! += weight;
      correct += weight;
    }
    const { classes, positive } = this.#scores;
    const recall = new Mean();
    const f1 = new Mean();
    const auc = new Mean();
    const precision = new Mean();
    for (let c = 0; c < classes; c++) {
      const ranking = this.#rankings[c];
      ranking?.measure(weights);
      if (this.#pacer.isDue) await this.#pacer.pause();
      const values = [
        right[c]! / taken[c]!,
        right[c]! / support[c]!,
        (2 * right[c]!) / (support[c]! + taken[c]!),
        ranking?.auc ?? Number.NaN,
        ranking?.averagePrecision ?? Number.NaN,
      ] as const;
      const at = OVERALL.length + c * BY_CLASS.length;
      if (at < into.length) into.set(values, at);
      recall.add(values[1]);
      f1.add(values[2]);
      // For two classes, as in scikit-learn: of one of them.
      if (classes > 2 || c === positive) {
        auc.add(values[3]);
        precision.add(values[4]);
      }
    }
    const calibration = this.#sumsByBin().reduce((sum, { hits, confidence }) => sum + Math.abs(hits - confidence), 0);
    into.set([
      correct / total,
      recall.value,
      f1.value,
      loss / total,
      auc.value,
      precision.value,
      squares / total,
      calibration / total,
      top / total,
    ]);
  }

  /** Sums over the samples, in their order. */
  #addUp(weights: Weights): [total: number, loss: number, squares: number] {
    const { count, loss: losses, squaredError, confidence } = this.#scores;
    const [cellOf, cellWeight, cellConfidence] = [this.#cellOf, this.#weight, this.#confidence];
    cellWeight.fill(0);
    cellConfidence.fill(0);
    let [total, loss, squares] = [0, 0, 0];
    for (let s = 0; s < count; s++) {
      const weight = weights[s]!;
      const cell = cellOf[s]!;
      total += weight;
      loss += weight * losses[s]!;
      squares += weight * squaredError[s]!;
      cellWeight[cell]! += weight;
      cellConfidence[cell]! += weight * confidence[s]!;
    }
    return [total, loss, squares];
  }

  #sumsByBin() {
    const bins = Array.from({ length: BINS }, () => ({ samples: 0, weight: 0, confidence: 0, hits: 0 }));
    for (const { number, bin, isHit, samples } of this.#cells) {
      const sums = bins[bin]!;
      sums.samples += samples;
      sums.weight += this.#weight[number]!;
      sums.confidence += this.#confidence[number]!;
      if (isHit) sums.hits += this.#weight[number]!;
    }
    return bins;
  }

  /** Of the last `measure`. */
  bins(): CalibrationBin[] {
    return this.#sumsByBin().map(({ samples, weight, confidence, hits }, b) => ({
      from: b / BINS,
      to: (b + 1) / BINS,
      samples,
      confidence: orNull(confidence / weight),
      frequency: orNull(hits / weight),
    }));
  }
}

interface Cell {
  readonly number: number;
  readonly target: number;
  readonly predicted: number;
  readonly bin: number;
  readonly isTop: boolean;
  /** Whether what the confidence is a probability of is true. */
  readonly isHit: boolean;
  samples: number;
}

interface Cells {
  readonly cells: readonly Cell[];
  /** (samples) Number of the cell. */
  readonly cellOf: Uint32Array;
}

async function findCells(scores: ClassScores, topK: number, pacer: Pacer): Promise<Cells> {
  const { count, classes } = scores;
  const cellOf = new Uint32Array(count);
  const cells = new Map<number, Cell>();
  for (let s = 0; s < count; s++) {
    const target = scores.targets[s]!;
    const predicted = scores.predicted[s]!;
    const bin = binOf(scores.confidence[s]!);
    const isTop = scores.rank[s]! < topK;
    const key = ((target * classes + predicted) * BINS + bin) * 2 + Number(isTop);
    let cell = cells.get(key);
    if (!cell) {
      cell = { number: cells.size, target, predicted, bin, isTop, isHit: scores.isHit(s), samples: 0 };
      cells.set(key, cell);
    }
    cell.samples++;
    cellOf[s] = cell.number;
    if (s % CHUNK === 0) await pacer.pause();
  }
  return { cells: [...cells.values()], cellOf };
}

/** Bins include their upper edges, as in scikit-learn's calibration_curve and Guo et al. 2017. The edges are numpy's. */
function binOf(probability: number): number {
  let bin = 0;
  while (bin < BINS - 1 && probability > (bin + 1) * (1 / BINS)) bin++;
  return bin;
}

/** Over the values that are not NaN; NaN if there are none. */
class Mean {
  #sum = 0;
  #count = 0;

  add(value: number): void {
    if (Number.isNaN(value)) return;
    this.#sum += value;
    this.#count++;
  }

  get value(): number {
    return this.#sum / this.#count;
  }
}
