/**
 * What the server tells the page, and the page the server. Types alone, and without imports: the page, which is compiled for
 * browsers, has them too.
 *
 * A stream's messages are server-sent events: the name is a key of `Messages`, the data are JSON of its type. Each is the whole
 * of what is known, and takes the place of what was there, but for the lists, which grow.
 */

export interface Messages {
  readonly run: RunMessage;
  readonly epochs: ListMessage<EpochPoint>;
  readonly recent: ListMessage<RecentPoint>;
  readonly progress: ProgressMessage;
  readonly threads: ThreadsMessage;
  readonly weights: WeightsMessage;
  readonly results: ResultsMessage;
}

/** Where a run is in its life. */
export type Phase = 'starting' | 'running' | 'completed' | 'interrupted' | 'failed';

export interface RunMessage {
  readonly phase: Phase;
  /** The `start` event, as docs/metrics.md has it. */
  readonly start?: StartFacts;
  /** The `end` event. */
  readonly end?: EndFacts;
  /** Height and width of the inputs, where they are pictures. */
  readonly picture?: Shape;
  /** Of the newest warnings, the messages. */
  readonly warnings: readonly string[];
  /** The newest checkpoint's file name, and the steps that were done. */
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
  };
  readonly dataset: {
    readonly name: string;
    readonly train: number;
    readonly validation?: number;
    readonly test: number;
    readonly inputs: number;
    readonly classes: number;
    /** Of each class its name, where it has one. */
    readonly class_names?: readonly (string | number)[];
  };
  readonly model: { readonly layers: readonly number[]; readonly parameters: number };
  readonly threads: number;
  readonly kernel: string;
  readonly node: string;
  readonly resumed?: { readonly epochs: number };
}

export interface EndFacts {
  readonly status: 'completed' | 'interrupted' | 'failed';
  readonly epochs: number;
  readonly stopped_by?: string;
  readonly best_epoch?: number;
  readonly train_loss?: number;
  readonly train_error?: number;
  readonly test_loss?: number;
  readonly test_error?: number;
  readonly seconds: number;
  readonly weights_sha256?: string;
  readonly saved?: string;
  readonly message?: string;
}

/** What has been added since the last such message; or, after `reset`, all there is. */
export interface ListMessage<Item> {
  readonly reset: boolean;
  readonly items: readonly Item[];
}

/** Of an `epoch` event, what the page shows. */
export interface EpochPoint {
  readonly epoch: number;
  readonly train_loss: number;
  readonly train_error: number;
  readonly validation_loss?: number;
  readonly validation_error?: number;
  readonly test_loss?: number;
  readonly test_error?: number;
  /** The learning rate of its last step, where it is not the same for all. */
  readonly lr?: number;
  readonly seconds: number;
  readonly samples_per_second: number;
}

/** [epochs done, with the part of the one that runs; loss and error of the samples since the last point; samples a second] */
export type RecentPoint = readonly [epochs: number, loss: number, error: number, samplesPerSecond: number];

/** As `onProgress` has it. */
export interface ProgressMessage {
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly stepsPerEpoch: number;
  readonly loss: number;
  readonly error: number;
  readonly samplesPerSecond: number;
  readonly secondsLeft: number;
}

export interface ThreadsMessage {
  /** The epoch that these are of. */
  readonly epoch: number;
  /** By thread, [forward and back-propagation, update, waiting]: fractions of its time, 1 together. */
  readonly threads: readonly (readonly [gradients: number, update: number, wait: number])[];
  /** Threads that there are; only the first are told of. */
  readonly of: number;
}

export interface WeightsMessage {
  /** Units that there are; only the first are told of. */
  readonly of: number;
  readonly units: number;
  /** (units, inputs), base64 of int8: −127 is −scale, 127 is scale. */
  readonly values: string;
  /** The weight at the end of the colors; the few beyond it are cut to it. */
  readonly scale: number;
}

export interface ResultsMessage {
  readonly epoch: number;
  readonly split: 'test' | 'validation';
  readonly samples: number;
  /** (classes, classes) Row: the class; column: the one it was taken for. Absent where there are too many classes. */
  readonly confusion?: readonly number[];
  /** Then these, the most frequent first: [class, taken for, how often]. */
  readonly confused?: readonly (readonly [number, number, number])[];
  /** The samples with the largest losses, the largest first. Absent where they are no pictures. */
  readonly hardest?: readonly HardSample[];
}

export interface HardSample {
  /** Its number in the set, from 0. */
  readonly sample: number;
  readonly class: number;
  readonly predicted: number;
  /** That it had for the network, of its class. */
  readonly probability: number;
  /** (inputs), base64 of uint8: pixels. */
  readonly pixels: string;
}

/** The answer to POST /classify. */
export interface Classification {
  readonly label: number;
  readonly probabilities: readonly number[];
}
