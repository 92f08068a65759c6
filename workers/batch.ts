import type { EpochRecord } from '../src/memory/epoch-record.js';
import { SHARDS, shareOfRank } from '../src/parallel/mpi/rank-shares.js';
import type { WorkerTask } from '../src/parallel/task.js';

/** The `count` samples from position `first` of an epoch's order. The sample at position first + slot is in that slot. */
export interface Batch {
  readonly record: EpochRecord;
  readonly epoch: number;
  /** Its index in the epoch, from 0. */
  readonly step: number;
  readonly first: number;
  readonly count: number;
}

type Ranks = Pick<WorkerTask, 'ranks'>;

/** The part of the batch that this process computes; without MPI all of it. */
export function ownOf(batch: Batch, { ranks }: Ranks): Batch {
  return ranks ? partOf(batch, ranks.ranks, ranks.rank) : batch;
}

/** With --exact: how many shards of each batch this process computes. */
export function shardsOfRank({ ranks }: Ranks): number {
  return SHARDS / (ranks?.ranks ?? 1);
}

/** With --exact: the k-th of this process's shards of the batch. */
export function shardOf(batch: Batch, k: number, task: Ranks): Batch {
  return partOf(batch, SHARDS, shardsOfRank(task) * (task.ranks?.rank ?? 0) + k);
}

function partOf(batch: Batch, parts: number, part: number): Batch {
  const { from, to } = shareOfRank(batch.count, parts, part);
  return { ...batch, first: batch.first + from, count: to - from };
}
