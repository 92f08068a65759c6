/**
 * The gradient noise scale (McCandlish et al. 2018, arXiv 1812.06162), from the norms of the samples' gradients.
 *
 *   s = Σ ‖gᵢ‖² / B       b = ‖Σ gᵢ / B‖²       over a batch of B of the N training samples
 *   S² = (s − b) · B / (B − 1)
 *   tr Σ = (1 − 1/N) · S²       ‖G‖² = b − (1 − B/N) · S² / B       B_noise = tr Σ / ‖G‖²
 *
 * G is the mean of the gradients of all training samples, and Σ their covariance. A batch is drawn without replacement: S² is then
 * N / (N − 1) times tr Σ on average, and b exceeds ‖G‖² by (1 − B/N) · S² / B. docs/per-sample.md has the derivation.
 */
import { isRecord } from '../files/type-guards.js';
import type { EpochRecord } from '../memory/epoch-record.js';
import type { Plan } from '../memory/plan.js';
import { grouped } from '../text/grouped.js';

/** Sums over steps, of the whole gradient or of one layer's. */
interface PartSums {
  /** Of the norms of the batches' mean gradients. */
  readonly batchNorms: number;
  /** Of the norms of the samples' gradients. */
  readonly sampleNorms: number;
  /** Of the estimates of tr Σ and ‖G‖², over the steps of more than one sample. */
  readonly variance: number;
  readonly signal: number;
}

export interface GradientSums {
  readonly steps: number;
  readonly samples: number;
  /** The whole gradient, then each layer's. */
  readonly parts: readonly PartSums[];
}

/** Averages of the estimates that forget: the whole gradient's, then each layer's. Their scale is arbitrary. */
export type NoiseAverages = readonly Pick<PartSums, 'variance' | 'signal'>[];

/** What a run remembers between steps. */
export interface GradientState {
  /** Over the steps of the unfinished epoch. */
  readonly epoch: GradientSums;
  /** Over the steps since the last step event. */
  readonly log: GradientSums;
  readonly averages: NoiseAverages;
}

/** Norms of the gradients, of the whole network or of a layer with its biases. Null if it is not known, or not finite. */
export interface GradientFigures {
  /** Norm of a batch's mean gradient: its mean over the steps. */
  readonly grad_norm: number | null;
  /** Norm of a sample's gradient: its mean over the samples. */
  readonly grad_norm_mean: number | null;
  /** Gradient noise scale, in samples. Null if the estimate of ‖G‖² is not above 0. */
  readonly noise_scale: number | null;
}

export interface GradientMetrics extends GradientFigures {
  /** Of each layer, from the input to the output. */
  readonly layer_gradients: readonly GradientFigures[];
}

/**
 * Share of its weight that an estimate keeps with each further step: the averages reach over some 100 steps, as in GPT-NeoX.
 * The estimates of a single step are too far apart to be read.
 */
const KEPT = 0.99;

const NO_SUMS: PartSums = { batchNorms: 0, sampleNorms: 0, variance: 0, signal: 0 };

export function noGradients({ layers }: Pick<Plan, 'layers'>): GradientSums {
  return { steps: 0, samples: 0, parts: layers.map(() => NO_SUMS) };
}

export function freshGradients(plan: Pick<Plan, 'layers'>): GradientState {
  return { epoch: noGradients(plan), log: noGradients(plan), averages: noGradients(plan).parts };
}

/** One step, as a term of the sums. @param step  of the epoch, from 0 */
export function gradientsOfStep(
  { trainSamples: N, batchSize, layers }: Pick<Plan, 'trainSamples' | 'batchSize' | 'layers'>,
  { gradients }: Pick<EpochRecord, 'gradients'>,
  step: number,
): GradientSums {
  const first = step * batchSize;
  const B = Math.min(batchSize, N - first);
  const count = layers.length - 1;
  const ofBatch = gradients.ofBatches.subarray(step * count, (step + 1) * count);
  const wholes = new Float64Array(B);
  for (const ofLayer of gradients.ofSamples) for (let i = 0; i < B; i++) wholes[i]! += ofLayer[first + i]!;
  const partOf = (squares: Float64Array, sumSquare: number): PartSums => {
    let [sampleNorms, sum] = [0, 0];
    for (let i = 0; i < B; i++) {
      sum += squares[i]!;
      sampleNorms += Math.sqrt(squares[i]!);
    }
    const batchNorms = Math.sqrt(sumSquare) / B;
    if (B === 1) return { batchNorms, sampleNorms, variance: 0, signal: 0 };
    const [s, b] = [sum / B, sumSquare / B / B];
    const sampled = ((s - b) * B) / (B - 1);
    return { batchNorms, sampleNorms, variance: (1 - 1 / N) * sampled, signal: b - ((1 - B / N) / B) * sampled };
  };
  const whole = partOf(wholes, added(ofBatch));
  const ofLayers = gradients.ofSamples.map((squares, l) => partOf(squares.subarray(first, first + B), ofBatch[l]!));
  return { steps: 1, samples: B, parts: [whole, ...ofLayers] };
}

export function addGradients(sums: GradientSums, { steps, samples, parts }: GradientSums): GradientSums {
  return {
    steps: sums.steps + steps,
    samples: sums.samples + samples,
    parts: sums.parts.map((part, i) => ({
      batchNorms: part.batchNorms + parts[i]!.batchNorms,
      sampleNorms: part.sampleNorms + parts[i]!.sampleNorms,
      variance: part.variance + parts[i]!.variance,
      signal: part.signal + parts[i]!.signal,
    })),
  };
}

/** The averages after one more step, which a step of a single sample leaves as they are. */
export function averagesAfter(averages: NoiseAverages, { samples, parts }: GradientSums): NoiseAverages {
  if (samples === 1) return averages;
  return averages.map(({ variance, signal }, i) => ({
    variance: KEPT * variance + parts[i]!.variance,
    signal: KEPT * signal + parts[i]!.signal,
  }));
}

/** @param estimates  what the noise scale is made of. @default the sums */
export function gradientMetrics(sums: GradientSums, estimates: NoiseAverages = sums.parts): GradientMetrics {
  const [whole, ...layers] = sums.parts.map(({ batchNorms, sampleNorms }, i): GradientFigures => {
    const { variance, signal } = estimates[i]!;
    return {
      grad_norm: finite(batchNorms / sums.steps),
      grad_norm_mean: finite(sampleNorms / sums.samples),
      noise_scale: signal > 0 ? finite(Math.max(0, variance) / signal) : null,
    };
  });
  return { ...whole!, layer_gradients: layers };
}

/**
 * What the noise scale of the last epoch says of the batch size, in a sentence.
 *
 * @param batch    samples of a batch
 * @param isPlain  whether the step is the gradient times a rate; for other optimizers, the theory is a guide only
 */
export function noiseAdvice(noise: number | null, batch: number, isPlain: boolean): string {
  const used = `this run used ${grouped(batch)}`;
  if (noise === null)
    return `noise scale unknown: the noise of a batch hides the gradient, so larger batches pay; ${used}`;
  const scale = noise < 10 ? noise.toPrecision(2) : grouped(Number(noise.toPrecision(3)));
  const guide = isPlain ? '' : ' (only a guide, because the theory is for plain SGD)';
  return `noise scale ${scale}: larger batches pay up to about this size; ${used}${guide}`;
}

/** As plain data from a checkpoint. Undefined if it is not a state. */
export function gradientStateOf(value: unknown): GradientState | undefined {
  if (!isRecord(value)) return undefined;
  const { epoch, log, averages } = value;
  if (!areSums(epoch) || !areSums(log) || !areParts(averages, ['variance', 'signal'])) return undefined;
  return { epoch, log, averages: averages as unknown as NoiseAverages };
}

/** Whether it is of a network with so many layers of weights. */
export function hasGradientsOf({ epoch, log, averages }: GradientState, layers: number): boolean {
  return [epoch.parts, log.parts, averages].every((parts) => parts.length === layers + 1);
}

function areSums(value: unknown): value is GradientSums {
  return (
    isRecord(value) &&
    [value.steps, value.samples].every((count) => Number.isSafeInteger(count) && (count as number) >= 0) &&
    (value.samples as number) >= (value.steps as number) &&
    areParts(value.parts, Object.keys(NO_SUMS))
  );
}

function areParts(value: unknown, names: readonly string[]): value is readonly Record<string, number>[] {
  return Array.isArray(value) && value.every((part) => isRecord(part) && names.every((name) => isSum(part[name])));
}

/** Sums stay finite, however many steps are added. */
const MOST_SUM = 1e290;

function isSum(value: unknown): boolean {
  return Number.isFinite(value) && Math.abs(value as number) <= MOST_SUM;
}

function added(numbers: Float64Array): number {
  let sum = 0;
  for (const each of numbers) sum += each;
  return sum;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
