/** What a run needs of memory, in numbers: where the arrays lie follows from it (layout.ts). */

/** Types of arrays, as plain data. */
export type ElementType = 'uint8' | 'uint32' | 'float64';

/** One number for each sample, kept in the epoch records. */
export interface ScoreSpec {
  readonly name: string;
  readonly type: ElementType;
  /** Whether metrics need its sum. If not, it is kept for held-out samples only, and not exchanged among ranks. */
  readonly isSummed: boolean;
  /** Name of its sum in a checkpoint's state. @default its name */
  readonly storedAs?: string;
}

/** Everything that decides where the arrays lie. Plain data: it is sent to the workers as it is. */
export interface Plan {
  /** Widths, input to output: [D, …hidden, C]. */
  readonly layers: readonly number[];
  readonly trainSamples: number;
  /** Held out of the training samples, to judge the run while it goes on. */
  readonly validationSamples: number;
  readonly testSamples: number;
  /** Inputs that are stored of all samples, training, validation and test: those that are not zero, or all in dense form. */
  readonly storedInputs: number;
  /** Whether the samples are stored in dense form, zeros included. */
  readonly denseInputs: boolean;
  /** Name of the objective (model/objectives/), and what it stores of each sample: a target, and scores besides the loss. */
  readonly objective: string;
  readonly targets: ElementType;
  readonly scores: readonly ScoreSpec[];
  readonly batchSize: number;
  /** Processes that share a batch by MPI (R), each of which has this whole memory; 0 without MPI. */
  readonly ranks: number;
  readonly threads: number;
  readonly realBytes: 4 | 8;
  /** The most columns of a panel of weights: a multiple of 4, or Infinity for one panel as wide as the layer. */
  readonly panelWidth: number;
  /** Buffers for all gradients: one for each worker (strategy `dense`), one for all, or none. */
  readonly gradientBuffers: number;
  /** Arrays as large as the parameters, that the optimizer remembers from step to step. */
  readonly moments: number;
  /** Whether the gradient's norm is asked for. */
  readonly needsNorm: boolean;
  /** Whether the best epoch's parameters are kept. */
  readonly keepsBest: boolean;
  /** Bytes at the beginning of the memory that the kernel keeps for itself. */
  readonly reservedBytes: number;
}

/** A plan's values without options. */
export const PLAIN = {
  objective: 'softmax-cross-entropy',
  targets: 'uint32',
  scores: [],
  ranks: 0,
  validationSamples: 0,
  gradientBuffers: 0,
  moments: 0,
  needsNorm: false,
  keepsBest: false,
} as const satisfies Partial<Plan>;

/** The scores that metrics are made of. */
export function summedScores({ scores }: Pick<Plan, 'scores'>): readonly ScoreSpec[] {
  return [{ name: 'loss', type: 'float64', isSummed: true }, ...scores.filter(({ isSummed }) => isSummed)];
}

/** V + M */
export function heldOutSamples({ validationSamples, testSamples }: Plan): number {
  return validationSamples + testSamples;
}

/** The most samples of a batch that this process computes. */
export function ownBatch({ batchSize, ranks }: Plan): number {
  return Math.ceil(batchSize / Math.max(1, ranks));
}

export function stepsPerEpoch(plan: Plan): number {
  return Math.ceil(plan.trainSamples / plan.batchSize);
}
