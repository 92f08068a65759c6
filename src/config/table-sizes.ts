/** The defaults for tables that depend on their size. bench/tables.ts --variants compares them with others. */
import type { TableTraits } from './option.js';

/** @returns undefined until the number of rows is known */
function byRows<Value>(choose: (rows: number) => Value): (table: TableTraits) => Value | undefined {
  return ({ rows }) => (rows === undefined ? undefined : choose(rows));
}

const LARGE = 5_000;
/** A second layer helps where there are many rows: 10.5 % test error instead of 12.5 % on 16,000 rows, and no less on 400. */
export const hiddenFor = byRows((rows): readonly number[] => (rows < LARGE ? [64] : [128, 64]));
export const HIDDEN_TEXT = '64, or 128,64 for 5,000 or more rows';

/** The power of two that is nearest to √rows: an epoch has about √rows steps. */
export const batchSizeFor = byRows((rows) => Math.min(256, Math.max(16, 2 ** Math.round(Math.log2(rows) / 2))));
export const BATCH_TEXT = '√rows, rounded to a power of two from 16 to 256';

/** Small tables need more epochs, because their epochs have fewer steps. Loss on the test rows rises again with twice as many. */
export const epochsFor = byRows((rows) => Math.min(100, Math.max(15, Math.round(300 / Math.sqrt(rows)))));
export const EPOCHS_TEXT = '300/√rows, at least 15 and at most 100';

/** A Gaussian prior of variance 1 for each weight: it keeps small tables from being learned by heart. */
export const weightDecayFor = byRows((rows) => Math.min(0.01, Number((1 / rows).toPrecision(2))));
export const DECAY_TEXT = '1/rows, at most 0.01';
