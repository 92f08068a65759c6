/** The lines of `lockstep find-lr`: docs/metrics.md. */

import type { ConfigRecord } from '../config/options.js';
import type { KernelName } from '../kernels/builds.js';
import type { ObjectiveName } from '../model/objectives/index.js';
import type { SCHEMA, StartEvent } from './events.js';

/** The first line: describes the test. */
export interface FindLrStartEvent {
  readonly event: 'find_lr_start';
  readonly schema: typeof SCHEMA;
  /** Start: ISO 8601, UTC. */
  readonly time: string;
  /** The options of the run, with defaults filled in. Its learning rate is not used. */
  readonly config: ConfigRecord;
  readonly dataset: { readonly name: string; readonly train: number };
  readonly objective: ObjectiveName;
  readonly model: StartEvent['model'];
  /** The first and the last learning rate, and the number of steps between them. */
  readonly from: number;
  readonly to: number;
  readonly steps: number;
  readonly threads: number;
  readonly kernel: KernelName;
  readonly node: string;
}

/** A step with its learning rate. */
export interface RateEvent {
  readonly event: 'rate';
  /** From 1. */
  readonly step: number;
  readonly lr: number;
  /** Of the step's batch, before its update. */
  readonly loss: number;
  /** Exponential moving average, corrected for its start. */
  readonly smoothed_loss: number;
}

/** The last line. */
export interface FindLrEndEvent {
  readonly event: 'find_lr_end';
  readonly status: 'completed' | 'interrupted';
  readonly steps: number;
  /** Whether the test ended early, because the loss grew too much. */
  readonly diverged: boolean;
  /** The proposed learning rate; null if the loss has not fallen. */
  readonly lr: number | null;
  readonly reason: string;
  /** The rate at which the smoothed loss falls fastest, and that at which it is lowest; null if it has not fallen. */
  readonly steepest: number | null;
  readonly lowest: number | null;
  /** Path of the picture. Absent if none was drawn. */
  readonly picture?: string;
  readonly seconds: number;
}

export type FindLrEvent = FindLrStartEvent | RateEvent | FindLrEndEvent;
