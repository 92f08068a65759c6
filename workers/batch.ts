import type { EpochRecord } from '../src/memory/layout.js';

/** The `count` samples from position `first` of an epoch's order. The sample at position first + slot is in that slot. */
export interface Batch {
  readonly record: EpochRecord;
  readonly epoch: number;
  /** Its index in the epoch, from 0. */
  readonly step: number;
  readonly first: number;
  readonly count: number;
}
