/** What a run needs in memory. Where the arrays lie follows from it (layout.ts). */

/** Types of arrays, as plain data. */
export type ElementType = 'uint8' | 'uint32' | 'float64';

/** One number for each sample, kept in the epoch records. */
export interface ScoreSpec {
  readonly name: string;
  readonly type: ElementType;
  /** Whether its sum may be negative. */
  readonly isSigned?: true;
  /** Whether metrics need its sum. If not, it is kept for held-out samples only, and not exchanged among ranks. */
  readonly isSummed: boolean;
  /** Name of its sum in a checkpoint's state. @default its name */
  readonly storedAs?: string;
}

/** A regression target. Networks estimate (number − mean) / deviation. */
export interface Target {
  /** Name of its column, or its number, from 1. */
  readonly name: string;
  /** Over the training samples. */
  readonly mean: number;
  /** Population standard deviation over the training samples; 1 if they are all the same. */
  readonly deviation: number;
}

/** What an objective knows of the data and the options. Plain data. */
export interface ObjectiveFacts {
  /** The regression targets; empty for classes. */
  readonly targets: readonly Target[];
  /** Where Huber's loss becomes linear, in standard deviations. */
  readonly huberDelta: number;
  /** What the targets of training give to all classes alike. @default 0 */
  readonly labelSmoothing?: number;
  /** Whether the samples have weights of their own. */
  readonly isWeighted: boolean;
  /** (classes) Undefined: 1 each. */
  readonly classWeights?: readonly number[] | undefined;
}

export const NO_FACTS: ObjectiveFacts = { targets: [], huberDelta: 1, isWeighted: false };

/** How a row of inputs is stored: `sparse`, the nonzeros as (index, value) in ascending order; `dense`, all values in order. */
export type RowForm = 'sparse' | 'dense';

/**
 * The end of a block of inputs costs a mispredicted branch per sample, so a block needs enough nonzeros to be worth it; its
 * weights in a panel should fit the first-level cache.
 */
export interface InputBlocks {
  /** Mean nonzeros of a sample in a block. */
  readonly nonzeros: number;
  /** Minimum inputs of a block. */
  readonly inputs: number;
}

/** What a kernel build needs of the memory. */
export interface KernelNeeds {
  /** Type of parameters, activations and gradients. */
  readonly reals: 'float32' | 'float64';
  /** Outputs are padded to a multiple of this, and panels are multiples of it. 1: no padding. */
  readonly lanes: number;
  /** Maximum columns of a panel of weights: a multiple of `lanes`, or Infinity for one panel as wide as the layer. */
  readonly panelWidth: number;
  /** A hidden layer of at most this many outputs gets dense rows, even where zeros are common. */
  readonly denseOutputs: number;
  /** If it works in blocks, of inputs going forward and of samples in a transposed batch: the size of those of inputs. */
  readonly blocks: InputBlocks | undefined;
  /** Whether it can go back through a mirror of a layer's weights, which has a row for each output. */
  readonly mirrors: boolean;
  /** With mirrors: hidden layers of at least `from` outputs skip zeros of δ going back, in blocks of `rows` of the mirror. */
  readonly skipsZeros: { readonly from: number; readonly rows: number } | undefined;
  /** Bytes at the beginning of the memory that the kernel keeps for itself. */
  readonly reservedBytes: number;
}

/** How the hidden layers' activation wants its values stored. */
export interface ActivationNeeds {
  /** Its name in the table (kernels/activations.ts). */
  readonly activation: string;
  /** The form of its values, but for `denseOutputs`. */
  readonly hiddenForm: RowForm;
}

/** Everything that decides where the arrays lie. Plain data: it is sent to the workers as it is. */
export interface Plan extends KernelNeeds, ActivationNeeds {
  /** Widths, input to output: [D, …hidden, C]. */
  readonly layers: readonly number[];
  readonly trainSamples: number;
  /** Held out of the training samples. */
  readonly validationSamples: number;
  readonly testSamples: number;
  /** Whether the test samples are evaluated only once, at the end of the run. */
  readonly testsAtEnd: boolean;
  /** Inputs stored for all samples, training, validation and test: those that are not zero, or in dense form all. */
  readonly storedInputs: number;
  /** The form of the samples' rows. */
  readonly inputForm: RowForm;
  /** Name of the objective (model/objectives/), and what it stores of each sample: a target, and scores besides the loss. */
  readonly objective: string;
  readonly facts: ObjectiveFacts;
  readonly targets: ElementType;
  readonly scores: readonly ScoreSpec[];
  readonly batchSize: number;
  /** Processes that share a batch by MPI (R), each of which has this whole memory; 0 without MPI. */
  readonly ranks: number;
  readonly threads: number;
  /** Buffers for all gradients: one for each worker (strategy `dense`), one for all, or none. */
  readonly gradientBuffers: number;
  /** Arrays as large as the parameters that the optimizer keeps from step to step. */
  readonly moments: number;
  /** Whether the last of them is a moving average of the parameters, with which samples are evaluated. */
  readonly keepsAverage: boolean;
  /** Whether the learning rate depends on the losses. */
  readonly hasPlateau: boolean;
  /** Whether the gradient's norm is computed. */
  readonly needsNorm: boolean;
  /** Whether the norm of each sample's gradient is computed. */
  readonly needsSampleNorms: boolean;
  /** Whether the epoch records have these norms, and those of the batches' gradients. */
  readonly keepsGradientNorms: boolean;
  /** Whether the gradient of each sample is multiplied by a factor of its own before it is summed. */
  readonly scalesSamples: boolean;
  /** Numbers that an audit keeps of each training sample: see model/objectives/audited.ts. 0 without an audit. */
  readonly auditWords: number;
  /** Whether the best epoch's parameters are kept. */
  readonly keepsBest: boolean;
  /** How training samples are changed before each use. */
  readonly augmentation: Augmentation | undefined;
  /** Dropout of inputs and units. */
  readonly dropout: DropoutNeeds | undefined;
  /** Private training: batches are drawn at random, and noise is added to their gradients. */
  readonly privacy: PrivateNeeds | undefined;
}

/** Random changes of the training samples (model/augmentation/): each a function of seed, epoch and sample. */
export interface Augmentation {
  readonly seed: number;
  /** Of the images; undefined if they stay as they are. */
  readonly warp: Warp | undefined;
  /** Standard deviation of the noise that is added to each input; 0: none. */
  readonly inputNoise: number;
}

/** Random changes of images, each drawn uniformly. */
export interface Warp {
  readonly height: number;
  readonly width: number;
  /** Most pixels that an image is moved, in each direction. */
  readonly shift: number;
  /** Largest angle, in degrees, either way. */
  readonly rotate: number;
  /** Sizes are multiplied by factors from 1 − zoom to 1 + zoom. */
  readonly zoom: number;
  /** Whether half of the images are mirrored, left to right. */
  readonly flip: boolean;
}

/** Room for what is drawn at random. */
export interface PrivateNeeds {
  /** Samples of a batch. */
  readonly largestBatch: number;
  /** Samples of all batches of an epoch. */
  readonly longestEpoch: number;
}

/** What dropout depends on, besides the epoch, the sample and the unit. */
export interface DropoutNeeds {
  readonly seed: number;
  /** By layer: of 65,536 inputs of the layer, how many are dropped. */
  readonly thresholds: readonly number[];
}

/** A plan's values without options. */
export const PLAIN = {
  objective: 'softmax-cross-entropy',
  facts: NO_FACTS,
  targets: 'uint32',
  scores: [],
  ranks: 0,
  validationSamples: 0,
  testsAtEnd: false,
  gradientBuffers: 0,
  moments: 0,
  keepsAverage: false,
  hasPlateau: false,
  needsNorm: false,
  needsSampleNorms: false,
  keepsGradientNorms: false,
  scalesSamples: false,
  auditWords: 0,
  keepsBest: false,
  augmentation: undefined,
  dropout: undefined,
  privacy: undefined,
} as const satisfies Partial<Plan>;

/** The scores that metrics are made of. */
export function summedScores({ scores }: Pick<Plan, 'scores'>): readonly ScoreSpec[] {
  return [{ name: 'loss', type: 'float64', isSummed: true }, ...scores.filter(({ isSummed }) => isSummed)];
}

/** Numbers stored as the target of a sample. A class is one number. */
export function targetWidth({ facts }: Pick<Plan, 'facts'>): number {
  return Math.max(1, facts.targets.length);
}

/** V + M */
export function heldOutSamples({ validationSamples, testSamples }: Plan): number {
  return validationSamples + testSamples;
}

/** Whether the training samples are changed before each use: their rows are then made for each batch. */
export function makesRows({ augmentation, dropout }: Pick<Plan, 'augmentation' | 'dropout'>): boolean {
  return augmentation !== undefined || (dropout !== undefined && dropout.thresholds[0]! > 0);
}

/** Maximum samples of a batch that this process computes. */
export function ownBatch({ batchSize, ranks, privacy }: Plan): number {
  if (privacy) return privacy.largestBatch;
  return Math.ceil(batchSize / Math.max(1, ranks));
}

export function stepsPerEpoch(plan: Plan): number {
  return Math.ceil(plan.trainSamples / plan.batchSize);
}
