/** The lines of `lockstep search`: docs/metrics.md. */
import type { KernelName } from '../kernels/builds.js';
import type { EndEvent, EnsembleMetrics, SCHEMA } from './events.js';

/** Values of options, by their names in metrics. */
export type OptionValues = Readonly<Record<string, unknown>>;

/** The first line: describes the search. It is also the first line of the log, which a resumed search must match. */
export interface SearchStartEvent {
  readonly event: 'search_start';
  readonly schema: typeof SCHEMA;
  /** Start: ISO 8601, UTC. A resumed search keeps it. */
  readonly time: string;
  readonly dataset: {
    readonly name: string;
    /** Samples that are trained on or judged by. */
    readonly samples: number;
    /** Test samples; used only for the best trial, at the end. */
    readonly test: number;
    readonly sha256: string;
  };
  /** What is searched, by option: a range or choices. */
  readonly space: OptionValues;
  /** The other options that were given. */
  readonly options: OptionValues;
  readonly trials: number;
  readonly search_seed: number;
  /** Folds that judge a trial; null: the validation split does. */
  readonly folds: number | null;
  /** The factor of successive halving; null: none. */
  readonly halving: number | null;
  /** By rung. */
  readonly rungs: readonly {
    /** Number of trials. */
    readonly trials: number;
    /** Fraction of a trial's epochs that it trains for. */
    readonly fraction: number;
  }[];
  readonly kernel: KernelName;
}

/** A trial has been judged. */
export interface TrialEvent {
  readonly event: 'trial';
  /** From 1. */
  readonly trial: number;
  /** From 1. */
  readonly rung: number;
  readonly status: 'completed' | 'failed';
  /** Values of the options that are searched. An option that the others make meaningless is absent. */
  readonly options: OptionValues;
  /** Epochs trained; for folds, of the last one. */
  readonly epochs: number;
  /** Validation loss, or mean test loss over the folds; null if it failed. */
  readonly loss: number | null;
  readonly seconds: number;
  /** Why it failed. Absent if it did not. */
  readonly message?: string;
}

/** The last line. */
export interface SearchEndEvent {
  readonly event: 'search_end';
  readonly status: EndEvent['status'];
  /** Trials judged in the first rung. */
  readonly trials: number;
  /** The best trial. Absent if none has been found. */
  readonly best?: {
    readonly trial: number;
    readonly options: OptionValues;
    readonly loss: number;
  };
  /** How much of the variation of the ranks in the first rung an option explains, the largest first. */
  readonly importance: readonly { readonly option: string; readonly share: number }[];
  /** Of the network that is trained with the best options. Absent if there are no test samples. */
  readonly test_loss?: number;
  readonly test_error?: number;
  readonly test_rmse?: number;
  readonly test_mae?: number;
  readonly test_r2?: number | null;
  readonly test_targets?: EndEvent['test_targets'];
  /** With --ensemble. */
  readonly ensemble?: EnsembleMetrics;
  /** Path of the saved model. Absent if it was not saved. */
  readonly saved?: string;
  /** Path of the picture. Absent if none was written. */
  readonly picture?: string;
  readonly weights_sha256?: string;
  /** Of this invocation. */
  readonly seconds: number;
  readonly message?: string;
}

export type SearchEvent = SearchStartEvent | TrialEvent | SearchEndEvent;
