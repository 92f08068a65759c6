/**
 * Messages between the server and the page. Only types, without imports, because the page is compiled for browsers.
 *
 * The stream consists of server-sent events: the name is a key of `Messages`, the data is JSON of its type. A message replaces
 * the previous one of its name, except for lists, which grow.
 */

export interface Messages {
  readonly run: RunMessage;
  readonly epochs: ListMessage<EpochPoint>;
  readonly recent: ListMessage<RecentPoint>;
  readonly progress: ProgressMessage;
  readonly threads: ThreadsMessage;
  readonly weights: WeightsMessage;
  readonly results: ResultsMessage;
  readonly doubtful: DoubtfulMessage;
}

export type Phase = 'starting' | 'running' | 'completed' | 'interrupted' | 'failed';

export interface RunMessage {
  readonly phase: Phase;
  /** The `start` event: see docs/metrics.md. */
  readonly start?: StartFacts;
  /** The `end` event. */
  readonly end?: EndFacts;
  /** Height and width of the inputs, if they are images. */
  readonly picture?: Shape;
  /** Messages of the newest warnings. */
  readonly warnings: readonly string[];
  /** File name and number of steps of the newest checkpoint. */
  readonly checkpoint?: { readonly file: string; readonly step: number };
}

export interface Shape {
  readonly height: number;
  readonly width: number;
}

export interface StartFacts {
  readonly time: string;
  readonly config: {
    readonly epochs: number;
    readonly batch_size: number;
    readonly lr: number;
    readonly optimizer: string;
    readonly schedule: string;
    readonly warmup_steps: number;
    readonly seed: number;
    /** A file, or whether there is an audit. Absent in streams of older versions. */
    readonly audit?: string | boolean;
  };
  readonly dataset: {
    readonly name: string;
    readonly train: number;
    readonly validation?: number;
    readonly test: number;
    readonly inputs: number;
    /** Absent for regression. */
    readonly classes?: number;
    /** Names of the classes, if they have names. */
    readonly class_names?: readonly (string | number)[];
  };
  /** What the network is trained for: the names of its metrics. */
  readonly objective?: string;
  readonly model: { readonly layers: readonly number[]; readonly parameters: number };
  readonly threads: number;
  readonly kernel: string;
  readonly node: string;
  readonly resumed?: { readonly epochs: number };
}

export interface EndFacts {
  readonly status: 'completed' | 'interrupted' | 'failed';
  readonly epochs: number;
  readonly stopped_by?: 'patience' | 'max_time' | 'privacy_budget';
  readonly best_epoch?: number;
  readonly train_loss?: number;
  readonly train_error?: number;
  readonly test_loss?: number;
  readonly test_error?: number;
  readonly test_rmse?: number;
  readonly test_mae?: number;
  readonly test_r2?: number | null;
  readonly seconds: number;
  readonly weights_sha256?: string;
  readonly saved?: string;
  readonly message?: string;
}

/** The items added since the last message; with `reset`, all items. */
export interface ListMessage<Item> {
  readonly reset: boolean;
  readonly items: readonly Item[];
}

/** The fields of an `epoch` event that the page shows. */
export interface EpochPoint {
  readonly epoch: number;
  /** Absent in a private run. */
  readonly train_loss?: number;
  /** Of classes. */
  readonly train_error?: number;
  readonly validation_loss?: number;
  readonly validation_error?: number;
  readonly test_loss?: number;
  readonly test_error?: number;
  /** For regression. */
  readonly train_rmse?: number;
  readonly train_mae?: number;
  readonly train_r2?: number | null;
  readonly validation_rmse?: number;
  readonly validation_mae?: number;
  readonly validation_r2?: number | null;
  readonly test_rmse?: number;
  readonly test_mae?: number;
  readonly test_r2?: number | null;
  /** With `--noise-scale`: docs/per-sample.md. */
  readonly grad_norm?: number | null;
  readonly grad_norm_mean?: number | null;
  readonly noise_scale?: number | null;
  /** The learning rate of its last step, if it is not constant. */
  readonly lr?: number;
  readonly seconds: number;
  readonly samples_per_second: number;
}

/** [epochs done (fractional); loss, and error or rmse, of the samples since the last point; samples per second] */
export type RecentPoint = readonly [epochs: number, loss: number, error: number, samplesPerSecond: number];

/** As in `onProgress`. */
export interface ProgressMessage {
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly stepsPerEpoch: number;
  readonly loss?: number;
  readonly error?: number;
  readonly rmse?: number;
  readonly mae?: number;
  readonly r2?: number | null;
  readonly samplesPerSecond: number;
  readonly secondsLeft: number;
}

export interface ThreadsMessage {
  /** The epoch of these times. */
  readonly epoch: number;
  /** By thread: [forward and back-propagation, update, waiting] as fractions of its time, sum 1. */
  readonly threads: readonly (readonly [gradients: number, update: number, wait: number])[];
  /** Total number of threads; only the first ones are sent. */
  readonly of: number;
}

export interface WeightsMessage {
  /** Total number of units; only the first ones are sent. */
  readonly of: number;
  readonly units: number;
  /** [units, inputs], base64 of int8: −127 is −scale, 127 is scale. */
  readonly values: string;
  /** The weight at the end of the color scale; the few larger ones are clipped. */
  readonly scale: number;
}

export interface ResultsMessage {
  readonly epoch: number;
  readonly split: 'test' | 'validation';
  readonly samples: number;
  /** [classes, classes], rows: true class, columns: predicted class. Absent if there are too many classes. */
  readonly confusion?: readonly number[];
  /** With too many classes, the most frequent errors: [class, predicted class, count]. */
  readonly confused?: readonly (readonly [number, number, number])[];
  /** The samples with the largest losses, largest first. Absent if they are not images. */
  readonly hardest?: readonly HardSample[];
}

export interface HardSample {
  /** Position in the set, from 0. */
  readonly sample: number;
  readonly class: number;
  readonly predicted: number;
  /** Probability of the true class. */
  readonly probability: number;
  /** [inputs], base64 of uint8. */
  readonly pixels: string;
}

/** With an audit: the training samples whose labels are most doubtful, the most doubtful first. docs/per-sample.md */
export interface DoubtfulMessage {
  readonly epoch: number;
  readonly samples: readonly DoubtfulSample[];
}

export interface DoubtfulSample {
  /** Number of the row as in messages; of an image, from 0. */
  readonly row: number;
  /** The target that is doubtful, if numbers are estimated. */
  readonly column?: string;
  /** The label, or the target. */
  readonly given: string | number;
  readonly suggested: string | number;
  /** That the label is wrong. */
  readonly probability: number;
  /** [inputs], base64 of uint8. Absent if they are not images. */
  readonly pixels?: string;
}

/** The answer to POST /classify. */
export interface Classification {
  readonly label: number;
  readonly probabilities: readonly number[];
}
