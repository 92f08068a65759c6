/** The lines of `lockstep cv`: docs/metrics.md. */
import type { ConfigRecord } from '../config/options.js';
import type { KernelName } from '../kernels/builds.js';
import type { ObjectiveName } from '../model/objectives/index.js';
import type { EndEvent, SCHEMA, StartEvent, WarningEvent } from './events.js';
import type { Interval } from './quality/bootstrap.js';
import type { OverallValues } from './quality/classification.js';

/** The first line: describes the cross-validation. */
export interface CvStartEvent {
  readonly event: 'cv_start';
  readonly schema: typeof SCHEMA;
  /** Start: ISO 8601, UTC. */
  readonly time: string;
  /** The options of the first fold's run, with defaults filled in. (Some defaults for tables depend on the number of rows.) */
  readonly config: ConfigRecord;
  readonly dataset: {
    readonly name: string;
    /** Samples that the folds consist of. */
    readonly samples: number;
    /** Absent if the network estimates numbers. */
    readonly classes?: number;
    /** Tables only: the labels of classes 0, 1, 2, … */
    readonly class_names?: readonly (string | number)[];
    /** Names of the regression targets. Absent for classes. */
    readonly targets?: readonly string[];
  };
  readonly objective: ObjectiveName;
  /** Of the first fold. */
  readonly columns?: StartEvent['columns'];
  readonly model: StartEvent['model'];
  /** Folds of a repeat. */
  readonly folds: number;
  readonly repeats: number;
  /** Folds that run at the same time. */
  readonly at_once: number;
  /** Worker threads of the first fold. */
  readonly threads: number;
  readonly kernel: KernelName;
  readonly node: string;
}

/**
 * A fold has ended. The metrics are those of the `end` line of `train --fold <fold>/<folds> --fold-seed <fold_seed>`. A
 * completed fold of a classification also has the metrics of `lockstep evaluate` on the same test samples.
 */
export interface FoldEvent
  extends Omit<EndEvent, 'event' | 'saved' | 'audit' | 'suspects' | 'checkpoint'>,
    Partial<OverallValues> {
  readonly event: 'fold';
  /** From 1. */
  readonly repeat: number;
  /** From 1. */
  readonly fold: number;
  readonly fold_seed: number;
  /** Training samples, without validation samples. */
  readonly train: number;
  /** Absent if there are none. */
  readonly validation?: number;
  /** Samples of the fold. */
  readonly test: number;
}

/** A metric over the completed folds. */
export interface CvMetric {
  /** As the fold events name it. */
  readonly metric: string;
  /** Name of the target. Absent for a metric of the whole network. */
  readonly target?: string;
  /** Folds that have a value. */
  readonly folds: number;
  readonly mean: number;
  /** Sample standard deviation; null for a single fold. */
  readonly std: number | null;
  /** 95 % interval of the mean: docs/choosing.md. Null for a single fold. */
  readonly interval: Interval | null;
}

/** The last line. */
export interface CvEndEvent {
  readonly event: 'cv_end';
  readonly status: EndEvent['status'];
  /** Completed folds, of all repeats. */
  readonly completed: number;
  readonly metrics: readonly CvMetric[];
  /** Since the start, including loading. */
  readonly seconds: number;
  /** Path of the out-of-fold predictions. Absent if they were not written. */
  readonly output?: string;
  /** Why it failed. Absent if it did not. */
  readonly message?: string;
}

export type CvEvent = CvStartEvent | WarningEvent | FoldEvent | CvEndEvent;
