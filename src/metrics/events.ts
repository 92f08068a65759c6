/**
 * The metrics contract: one type a line of NDJSON (docs/metrics.md). Names are snake_case, as columns in the
 * tools that read them. A field may be added; none is renamed or dropped within a schema number.
 *
 * Fractions are fractions: an `error` of 0.1251 is 12.51 % of the samples. Losses are means over samples, in nats.
 */

import type { ConfigRecord } from '../config/options.js';
import type { KernelName } from '../kernels/kernel.js';
import type { Metrics, SplitMetrics } from './sums.js';

export const SCHEMA = 1;

/** The first event: what is about to run. */
export interface StartEvent {
  readonly event: 'start';
  readonly schema: typeof SCHEMA;
  /** When the run began, ISO 8601, UTC. */
  readonly time: string;
  /** The options, as they apply. */
  readonly config: ConfigRecord;
  readonly dataset: {
    readonly name: string;
    /** Training samples used, without those held out for validation. */
    readonly train: number;
    /** Validation samples. Absent where none are held out. */
    readonly validation?: number;
    /** Test samples; 0 where there are none. */
    readonly test: number;
    readonly inputs: number;
    readonly classes: number;
    /** Of a table: what stands in its label column for class 0, 1, 2, … */
    readonly class_names?: readonly (string | number)[];
    /** Fraction of the training samples' inputs that are not zero; of a table, after scaling. */
    readonly density: number;
  };
  readonly model: {
    /** Widths, input to output. */
    readonly layers: readonly number[];
    readonly parameters: number;
  };
  /** Of each rank, where there are several. */
  readonly threads: number;
  /** Processes that share each batch by MPI, which of them this is, and the MPI's name and version. Absent without --mpi. */
  readonly ranks?: number;
  readonly rank?: number;
  readonly mpi?: string;
  readonly kernel: KernelName;
  /** Node's version. */
  readonly node: string;
  /** Where the run goes on, if it is resumed. */
  readonly resumed?: {
    /** The checkpoint. */
    readonly file: string;
    /** Epochs completed. */
    readonly epochs: number;
    /** Steps done. */
    readonly step: number;
  };
}

/**
 * Every `--log-every` steps. Loss and other metrics are means since the last step event (or the run's start), each sample's
 * taken before its step's update.
 */
export interface StepEvent extends Metrics {
  readonly event: 'step';
  readonly epoch: number;
  /** Counted from the run's start, from 1, earlier parts of a resumed run included. */
  readonly step: number;
  /** Since the run's start, without the time between its parts if it was resumed. */
  readonly seconds: number;
}

/**
 * After each epoch and its evaluation. `train_loss`, `train_error`: means over the epoch, each sample's taken before its step's
 * update. `validation_loss`, `validation_error`, `test_loss`, `test_error`: after the epoch; absent without such samples.
 */
export interface EpochEvent extends SplitMetrics<'train'>, Partial<SplitMetrics<'validation' | 'test'>> {
  readonly event: 'epoch';
  readonly epoch: number;
  /** Steps since the run's start. */
  readonly step: number;
  /** The learning rate of its last step. Absent where it is the same for all. */
  readonly lr?: number;
  /** The epoch's training, without its evaluation. */
  readonly seconds: number;
  readonly samples_per_second: number;
  /** Fraction of the threads' time that they waited for each other. */
  readonly wait_fraction: number;
  /** Where the threads' time went: fractions of it, 1 together. */
  readonly phase_fractions: PhaseFractions;
}

export interface PhaseFractions {
  /** The first layer, where it is cut by panels; else next to nothing, and that layer is among the gradients. */
  readonly forward: number;
  /** The other layers, the loss and back-propagation. */
  readonly gradients: number;
  /** Reduction and step. Strategy `dense`: each thread's sums alone, the coordinator's part is a wait. */
  readonly update: number;
  /** Among ranks, of their first workers: the sums travel, and the others wait (`wait`). Absent without --mpi. */
  readonly exchange?: number;
  /** As `wait_fraction`. */
  readonly wait: number;
}

/** A checkpoint has been written, and is on the disk. */
export interface CheckpointEvent {
  readonly event: 'checkpoint';
  readonly file: string;
  /** Epochs completed. */
  readonly epochs: number;
  /** Steps done. */
  readonly step: number;
}

export const WARNINGS = [
  /** There was no checkpoint to resume: the run starts afresh. */
  'nothing_to_resume',
  /** A checkpoint of the folder cannot be used; an older one is. */
  'checkpoint_unusable',
  /** The run is resumed with something other than it was begun with, as was asked for. */
  'resumed_anyway',
  /** The launcher has bound this process to fewer cores than it has threads. */
  'few_cores',
  /** A table's label looks like a number to be estimated, or like a name of each row, and not like a class. */
  'doubtful_label',
  /** The run ends before its learning rate has risen. */
  'warmup_too_long',
  /** A checkpoint could not be written; the older ones are still there. */
  'checkpoint_failed',
  /** An older checkpoint could not be removed. */
  'checkpoint_not_removed',
  /** What TensorBoard is to show could not be written; from then on it may have gaps. */
  'tensorboard_failed',
] as const;

/** Something is not as it should be, and the run goes on. */
export interface WarningEvent {
  readonly event: 'warning';
  readonly code: (typeof WARNINGS)[number];
  readonly message: string;
}

/**
 * The last event of every run that began. Its metrics are those of the last completed epoch, or with `--keep-best` of the
 * best: see EpochEvent. Absent if no epoch was completed.
 */
export interface EndEvent extends Partial<SplitMetrics<'train' | 'validation' | 'test'>> {
  readonly event: 'end';
  readonly status: 'completed' | 'interrupted' | 'failed';
  /** Epochs completed. */
  readonly epochs: number;
  /** Why the run was complete before its last epoch. Absent if it was not. */
  readonly stopped_by?: 'patience' | 'max_time';
  /** The epoch of the least validation loss. Absent where no samples are held out for it. */
  readonly best_epoch?: number;
  /** Since the run's start, with loading and evaluation, without the time between its parts. */
  readonly seconds: number;
  /**
   * Of the parameters after the last whole step, or with `--keep-best` after the best epoch (docs/metrics.md). Absent if a
   * thread died in one.
   */
  readonly weights_sha256?: string;
  /** Where the model has been written, if that was asked for. */
  readonly saved?: string;
  /** The newest checkpoint, to go on from. Absent where none is written. */
  readonly checkpoint?: string;
  /** Why the run failed. */
  readonly message?: string;
}

export type TrainEvent = StartEvent | StepEvent | EpochEvent | CheckpointEvent | WarningEvent | EndEvent;

/** What `lockstep evaluate` finds. `test_loss` and `test_error` are means over the samples, whichever split they are of. */
export interface EvaluationEvent extends SplitMetrics<'test'> {
  readonly event: 'evaluation';
  readonly model: string;
  readonly dataset: { readonly name: string; readonly split: 'test' | 'train' | 'all'; readonly samples: number };
  readonly classes: readonly {
    /** Of a network that was trained on a table: as in its label column. */
    readonly class: number | string;
    readonly samples: number;
    /** Of the samples taken for this class, the fraction that are of it; null if none were. */
    readonly precision: number | null;
    /** Of the samples of this class, the fraction taken for it; null if there are none. */
    readonly recall: number | null;
  }[];
  /** (classes, classes) Row: the class; column: the one it was taken for. */
  readonly confusion: readonly (readonly number[])[];
  readonly kernel: KernelName;
  /** SHA-256 of the model's parameters: as in the end event. */
  readonly weights_sha256: string;
}

/** What `lockstep export` wrote. */
export interface ExportEvent {
  readonly event: 'export';
  readonly model: string;
  readonly file: string;
  readonly format: 'onnx' | 'npz' | 'safetensors';
  readonly bytes: number;
  /** SHA-256 of the parameters as float32: as in the end event. */
  readonly weights_sha256: string;
}

/** What `lockstep inspect` finds. */
export interface ModelEvent {
  readonly event: 'model';
  readonly model: string;
  /** Null where another program wrote the file. */
  readonly kind: 'model' | 'checkpoint' | null;
  readonly bytes: number;
  /** Widths, input to output. */
  readonly layers: readonly number[];
  readonly parameters: number;
  readonly tensors: readonly TensorFigures[];
  /** Null where the file does not say it. Numbers, not what the run was asked for: what is in this file. */
  readonly epochs: number | null;
  readonly step: number | null;
  readonly kernel: string | null;
  /** What it was trained on, and with which options: docs/files.md. */
  readonly dataset: unknown;
  readonly config: unknown;
  /** A checkpoint's: what a resume needs besides. */
  readonly state: unknown;
  /** All else that the file says of itself, as it is there. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The whole file's. (A file whose checksum is wrong is refused.) */
  readonly checksum: 'right' | 'absent';
  /** Of the parameters, computed. */
  readonly weights_sha256: string;
  /** That of the file's metadata. (A file that has another one is refused.) */
  readonly weights_checksum: 'right' | 'absent';
}

export interface TensorFigures {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: 'float32' | 'float64';
  /** Over the finite values; null where there are none. */
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** Standard deviation, of all values (not of a sample). */
  readonly std: number | null;
  /** Square root of the sum of squares. */
  readonly l2: number | null;
  /** Fraction of the values that are 0. */
  readonly zeros: number;
  /** How many. */
  readonly nan: number;
  readonly infinite: number;
}

/** A sheet of pictures that `lockstep inspect` wrote. */
export interface SheetEvent {
  readonly event: 'sheet';
  readonly sheet: 'weights' | 'errors';
  readonly file: string;
  /** How many there were to choose from: hidden units, or errors. */
  readonly of: number;
  /** What is on it, in its order: the first layer's units, by number. */
  readonly units?: readonly number[];
  /** Or the misclassified samples. */
  readonly errors?: readonly Misclassified[];
}

export interface Misclassified {
  /** Its number in the test set, from 0. */
  readonly sample: number;
  readonly class: number;
  /** What it was taken for, and with which probability. */
  readonly taken_for: number;
  readonly probability: number;
  readonly loss: number;
}

/** Where a run is, between events: for progress bars. Loss and other metrics are means over this epoch so far. */
export interface Progress extends Metrics {
  readonly epoch: number;
  readonly epochs: number;
  /** Steps of this epoch that are done, of `stepsPerEpoch`. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  /** Training samples of this epoch that are done. */
  readonly samples: number;
  /** Over this epoch so far. */
  readonly samplesPerSecond: number;
  /** Until the run's end, evaluations included, at the speed so far. */
  readonly secondsLeft: number;
}
