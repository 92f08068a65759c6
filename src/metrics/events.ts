/**
 * The metrics contract: one type for each kind of NDJSON line (docs/metrics.md). Within a schema number, fields may be added
 * but not renamed or removed.
 *
 * Fractions are fractions: an `error` of 0.1251 is 12.51 % of the samples. Losses are means over samples, in nats for classes.
 */

import type { ConfigRecord } from '../config/options.js';
import type { KernelName } from '../kernels/builds.js';
import type { ObjectiveName } from '../model/objectives/index.js';
import type { GradientMetrics } from './gradient-noise.js';
import type { ClassificationMetrics } from './quality/classification.js';
import type { RegressionIntervals } from './quality/regression.js';
import type { Metrics, SplitMetrics } from './sums.js';

export const SCHEMA = 1;

/** The guarantee of a private run: docs/per-sample.md. */
export interface PrivacyFacts {
  readonly epsilon: number;
  readonly delta: number;
  /** Standard deviation of the noise, as a multiple of the clipping norm. */
  readonly noise_multiplier: number;
  /** Norm that the gradient of each sample is clipped to. */
  readonly clip_norm: number;
  /** Probability that a sample is in the batch of a step. */
  readonly sampling_rate: number;
  /** Steps of the run, up to the last epoch within the budget. */
  readonly steps: number;
}

/** The first event: describes the run. */
export interface StartEvent {
  readonly event: 'start';
  readonly schema: typeof SCHEMA;
  /** Start of the run: ISO 8601, UTC. */
  readonly time: string;
  /** All options, with defaults filled in. */
  readonly config: ConfigRecord;
  readonly dataset: {
    readonly name: string;
    /** Training samples used, without validation samples. */
    readonly train: number;
    /** Validation samples. Absent if there are none. */
    readonly validation?: number;
    /** Test samples; 0 if there are none. */
    readonly test: number;
    readonly inputs: number;
    /** Absent for regression. */
    readonly classes?: number;
    /** The regression targets, with mean and population standard deviation over the training samples. Absent for classes. */
    readonly targets?: readonly { readonly name: string; readonly mean: number; readonly deviation: number }[];
    /** Tables only: the labels of classes 0, 1, 2, … */
    readonly class_names?: readonly (string | number)[];
    /** Fraction of the training samples' inputs that are not zero (for a table, after scaling). Absent in a private run. */
    readonly density?: number;
  };
  /** What the network is trained for: see `src/model/objectives/`. */
  readonly objective: ObjectiveName;
  /** Tables only: the input columns, in order. */
  readonly columns?: readonly {
    /** The number of the column, from 1, if the table has no header. */
    readonly name: string;
    readonly kind: 'number' | 'category' | 'date';
    /** Number of inputs of the network that it is made into. */
    readonly inputs: number;
    /** Number of missing cells in the training rows. */
    readonly missing: number;
    /** Replaces missing numbers and dates (ISO 8601): the median of the training rows. Null for a category. */
    readonly fill: number | string | null;
    /** Levels of a category in the training rows, in order; null for other kinds. */
    readonly levels: readonly string[] | null;
  }[];
  readonly model: {
    /** Widths, input to output. */
    readonly layers: readonly number[];
    readonly parameters: number;
  };
  /** With --ensemble: the number of networks, and how many are trained at the same time. */
  readonly ensemble?: { readonly members: number; readonly at_once: number };
  /** Private runs only: the guarantee (ε, δ) after all planned steps, and what it follows from. */
  readonly privacy?: PrivacyFacts;
  /** Per rank. */
  readonly threads: number;
  /** What the number of threads was chosen by. Absent unless it was chosen by measurement. */
  readonly thread_choice?: {
    /** Available cores. */
    readonly cores: number;
    /** Time of a step's work on one thread. */
    readonly step_seconds: number;
    /** Time of a barrier round of two threads; null if the step is too short for any barrier, or if it could not be measured. */
    readonly barrier_seconds: number | null;
  };
  /** Number of MPI ranks, this process's rank, and the MPI library's name and version. Absent without --mpi. */
  readonly ranks?: number;
  readonly rank?: number;
  readonly mpi?: string;
  readonly kernel: KernelName;
  /** Width of the kernel's vectors; absent for `reference`. */
  readonly vector_bits?: 128 | 256;
  /** Node.js version. */
  readonly node: string;
  /** Where the run was resumed. Absent if it was not. */
  readonly resumed?: {
    /** Path of the checkpoint. */
    readonly file: string;
    /** Completed epochs. */
    readonly epochs: number;
    /** Completed steps. */
    readonly step: number;
  };
}

/**
 * Every `--log-every` steps. Metrics are over the samples since the last step event (or the start of the run), each taken
 * before the update of its step. With `--noise-scale` also GradientMetrics, whose `noise_scale` is made of averages over some 100
 * steps.
 */
export interface StepEvent extends Metrics, Partial<GradientMetrics> {
  readonly event: 'step';
  readonly epoch: number;
  /** Number of the step in the run, from 1. A resumed run continues the count. */
  readonly step: number;
  /** Since the start of the run, without the time between stop and resume. */
  readonly seconds: number;
}

/**
 * After each epoch and its evaluation. `train_loss` and `train_error` are over the samples of the epoch, each taken before
 * the update of its step. `validation_loss`, `validation_error`, `test_loss` and `test_error` are evaluated after the epoch;
 * they are absent if there are no such samples. A private run has no metrics of the training samples.
 * A regression network has `rmse`, `mae` and `r2` instead of `error`.
 * With `--noise-scale` also GradientMetrics, over the steps of the epoch.
 */
export interface EpochEvent extends Partial<SplitMetrics<'train' | 'validation' | 'test'>>, Partial<GradientMetrics> {
  readonly event: 'epoch';
  readonly epoch: number;
  /** Steps since the start of the run. */
  readonly step: number;
  /** Private runs only: the guarantee (ε, δ) after these steps. */
  readonly epsilon?: number;
  readonly delta?: number;
  /** Learning rate of the last step. Absent if the rate is constant. */
  readonly lr?: number;
  /** Training time, without evaluation. */
  readonly seconds: number;
  readonly samples_per_second: number;
  /** Fraction of the threads' time spent waiting for each other. */
  readonly wait_fraction: number;
  /** Fractions of the threads' time by phase; their sum is 1. */
  readonly phase_fractions: PhaseFractions;
}

export interface PhaseFractions {
  /** First layer, if it is split into panels. If not, this is close to 0, and `gradients` includes that layer. */
  readonly forward: number;
  /** Other layers, loss and back-propagation. */
  readonly gradients: number;
  /** Reduction and step. Strategy `dense`: only each thread's own sums; the coordinator's part counts as `wait`. */
  readonly update: number;
  /** First worker of each rank: exchange with the other ranks, while its peers wait (`wait`). Absent without --mpi. */
  readonly exchange?: number;
  /** As `wait_fraction`. */
  readonly wait: number;
}

/** A checkpoint has been written to disk. */
export interface CheckpointEvent {
  readonly event: 'checkpoint';
  readonly file: string;
  /** Completed epochs. */
  readonly epochs: number;
  /** Completed steps. */
  readonly step: number;
}

export const WARNINGS = [
  /** There was no checkpoint to resume: a new run starts. */
  'nothing_to_resume',
  /** A checkpoint cannot be used: an older one is used instead. */
  'checkpoint_unusable',
  /** The run is resumed with other data or another kernel, because of --resume-anyway. */
  'resumed_anyway',
  /** The launcher bound this process to fewer cores than it has threads. */
  'few_cores',
  /** The label column of a table looks like regression targets, or like unique names, not like classes. */
  'doubtful_label',
  /** A class has no training row. */
  'class_without_rows',
  /** The columns of a table differ greatly, and are not scaled. */
  'unscaled_columns',
  /** After the last epoch, the network is no better than always predicting the most frequent class, or the mean. */
  'no_better_than_constant',
  /** Columns of a table are not inputs, although nobody asked to drop them. */
  'columns_left_out',
  /** Columns of a table are not read as numbers or dates, although their text looks like some. */
  'text_like_numbers',
  /** Columns of a table are categories, although at least half of their cells are numbers or dates. */
  'mixed_columns',
  /** Rows of a table have no label or target, or missing cells with --missing drop. */
  'rows_left_out',
  /** The run ends before the warm-up of its learning rate does. */
  'warmup_too_long',
  /** Options act only after more epochs or steps than the run has. */
  'no_effect',
  /** A private run spends so large an ε that the guarantee says little. */
  'weak_privacy',
  /** With the clipped gradients of a private run, the learning rate is too small to learn anything. */
  'small_lr',
  /** A checkpoint could not be written; older ones still exist. */
  'checkpoint_failed',
  /** An older checkpoint could not be removed. */
  'checkpoint_not_removed',
  /** TensorBoard's file could not be written; it may have gaps from now on. */
  'tensorboard_failed',
] as const;

/** A problem that does not stop the run. */
export interface WarningEvent {
  readonly event: 'warning';
  readonly code: (typeof WARNINGS)[number];
  readonly message: string;
}

/** What an ensemble gains: its own metrics stand beside these. */
export interface EnsembleMetrics {
  /** Number of networks. */
  readonly members: number;
  /** Means of the metrics of the single networks, by name. */
  readonly mean: {
    readonly [name in keyof Omit<SplitMetrics<'train' | 'validation' | 'test'>, TargetFields>]?: number;
  };
}
type TargetFields = 'train_targets' | 'validation_targets' | 'test_targets';

/**
 * The last event of every run that started. Its metrics are those of the last completed epoch, or of the best epoch with
 * `--keep-best` (see EpochEvent); they are absent if no epoch was completed.
 */
export interface EndEvent extends Partial<SplitMetrics<'train' | 'validation' | 'test'>> {
  readonly event: 'end';
  readonly status: 'completed' | 'interrupted' | 'failed';
  /** Completed epochs. */
  readonly epochs: number;
  /** Why the run ended early, for an ensemble the first network that did. Absent if it did not. */
  readonly stopped_by?: 'patience' | 'max_time' | 'privacy_budget';
  /** Private runs only: the guarantee (ε, δ) after the steps that were done. */
  readonly epsilon?: number;
  readonly delta?: number;
  /** Epoch with the lowest validation loss. Absent if there are no validation samples. */
  readonly best_epoch?: number;
  /** With --ensemble. */
  readonly ensemble?: EnsembleMetrics;
  /** Since the start of the run, including loading and evaluation, without the time between stop and resume. */
  readonly seconds: number;
  /**
   * Hash of the parameters after the last complete step, or after the best epoch with `--keep-best` (docs/metrics.md). Absent if a
   * thread died during a step.
   */
  readonly weights_sha256?: string;
  /** Path of the saved model. Absent if it was not saved. */
  readonly saved?: string;
  /** Path of the audit, and the number of samples whose labels are probably wrong. Absent if none was written. */
  readonly audit?: string;
  readonly suspects?: number;
  /** Path of the newest checkpoint. Absent if none was written. */
  readonly checkpoint?: string;
  /** Why the run failed. Absent if it did not. */
  readonly message?: string;
}

/** A network of an ensemble has ended: the fields of the `end` event of a run with this seed. */
export interface MemberEvent
  extends Omit<EndEvent, 'event' | 'ensemble' | 'saved' | 'audit' | 'suspects' | 'epsilon' | 'delta'> {
  readonly event: 'member';
  /** From 1. */
  readonly member: number;
  readonly seed: number;
  /** Where it was resumed. Absent if it was not. */
  readonly resumed?: StartEvent['resumed'];
}

export type TrainEvent = StartEvent | StepEvent | EpochEvent | CheckpointEvent | WarningEvent | MemberEvent | EndEvent;

/**
 * Result of `lockstep evaluate`. All metrics are over its samples, whichever split they are from. Those of
 * ClassificationMetrics are defined in docs/evaluation.md.
 */
export interface EvaluationEvent extends SplitMetrics<'test'>, ClassificationMetrics {
  readonly event: 'evaluation';
  readonly model: string;
  readonly objective: ObjectiveName;
  readonly dataset: { readonly name: string; readonly split: 'test' | 'train' | 'all'; readonly samples: number };
  /** Tables only: columns with categories that no training row has, and the number of these cells. Absent if there are none. */
  readonly unseen_levels?: readonly { readonly column: string; readonly cells: number }[];
  /** Ensembles only. */
  readonly ensemble?: EnsembleMetrics;
  /** (classes, classes) Rows: true classes; columns: predicted classes. */
  readonly confusion: readonly (readonly number[])[];
  /** With `--importance`: the columns of the table, the most important first. */
  readonly importance?: readonly {
    /** Name of the column, or its number among the inputs, from 1. */
    readonly column: string | number;
    /** Increase of the mean loss if the column is shuffled: mean and population standard deviation over the permutations. */
    readonly loss_increase: number;
    readonly loss_increase_std: number;
    /** Increase of the error, likewise. */
    readonly error_increase: number;
    readonly error_increase_std: number;
  }[];
  /** Path of the report. Absent if none was written. */
  readonly report?: string;
  readonly kernel: KernelName;
  /** SHA-256 of the model's parameters, as in the end event. */
  readonly weights_sha256: string;
}

/** Result of `lockstep evaluate` for a regression network. Metrics are over its samples, whichever split they are from. */
export interface NumbersEvaluationEvent
  extends SplitMetrics<'test'>,
    Pick<
      EvaluationEvent,
      | 'event'
      | 'model'
      | 'objective'
      | 'dataset'
      | 'unseen_levels'
      | 'ensemble'
      | 'bootstrap'
      | 'report'
      | 'kernel'
      | 'weights_sha256'
    > {
  /** 95% intervals; null: none. */
  readonly intervals: RegressionIntervals;
  /** Of each target, if there are several. */
  readonly target_intervals?: readonly ({ readonly target: string } & RegressionIntervals)[];
  /** With `--importance`: the columns of the table, the most important first. */
  readonly importance?: readonly {
    readonly column: string | number;
    /** Increase of the mean loss if the column is shuffled: mean and population standard deviation over the permutations. */
    readonly loss_increase: number;
    readonly loss_increase_std: number;
    /** Increase of the MAE, averaged over the targets, in their units. */
    readonly mae_increase: number;
    readonly mae_increase_std: number;
  }[];
}

/** Result of `lockstep export`. */
export interface ExportEvent {
  readonly event: 'export';
  readonly model: string;
  readonly file: string;
  readonly format: 'onnx' | 'npz' | 'safetensors';
  readonly bytes: number;
  /** SHA-256 of the parameters as float32, as in the end event. */
  readonly weights_sha256: string;
}

/** Result of `lockstep inspect`. */
export interface ModelEvent {
  readonly event: 'model';
  readonly model: string;
  /** Null if another program wrote the file. */
  readonly kind: 'model' | 'checkpoint' | null;
  readonly bytes: number;
  /** Widths, input to output. */
  readonly layers: readonly number[];
  readonly parameters: number;
  readonly tensors: readonly TensorStatistics[];
  /** Completed epochs and steps; null if the file does not say. */
  readonly epochs: number | null;
  readonly step: number | null;
  readonly kernel: string | null;
  /** Training data and options: docs/model-files.md. */
  readonly dataset: unknown;
  readonly config: unknown;
  /** The run's state, in a checkpoint. */
  readonly state: unknown;
  /** All other metadata, unchanged. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Checksum of the whole file. (A file with an incorrect checksum is refused.) */
  readonly checksum: 'right' | 'absent';
  /** Computed from the parameters. */
  readonly weights_sha256: string;
  /** Whether the metadata has that checksum. (A file with another one is refused.) */
  readonly weights_checksum: 'right' | 'absent';
}

export interface TensorStatistics {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: 'float32' | 'float64';
  /** Over the finite values; null if there are none. */
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** Population standard deviation. */
  readonly std: number | null;
  /** Square root of the sum of squares. */
  readonly l2: number | null;
  /** Fraction of the values that are 0. */
  readonly zeros: number;
  /** Number of values. */
  readonly nan: number;
  readonly infinite: number;
}

/** A sheet of pictures that `lockstep inspect` wrote to a file. */
export interface SheetEvent {
  readonly event: 'sheet';
  readonly sheet: 'weights' | 'errors';
  readonly file: string;
  /** Number of hidden units, or of errors, to choose from. */
  readonly of: number;
  /** Numbers of the hidden units shown, in order. */
  readonly units?: readonly number[];
  /** The misclassified samples shown, in order. */
  readonly errors?: readonly Misclassified[];
}

export interface Misclassified {
  /** Number of the sample in the test set, from 0. */
  readonly sample: number;
  readonly class: number;
  /** Predicted class, and its probability. */
  readonly taken_for: number;
  readonly probability: number;
  readonly loss: number;
}

/** Progress of a run between events, for progress bars. Metrics are over this epoch so far. */
export interface Progress extends Partial<Metrics> {
  readonly epoch: number;
  readonly epochs: number;
  /** Completed steps of this epoch, out of `stepsPerEpoch`. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  /** Completed training samples of this epoch. */
  readonly samples: number;
  /** Average over this epoch so far. */
  readonly samplesPerSecond: number;
  /** Estimated time to the end of the run, including evaluations. */
  readonly secondsLeft: number;
}
