/** The defaults for tables that depend on their size. bench/table-defaults.ts compares the values with others. */
import type { TableTraits } from './option.js';

/** @returns undefined until the number of rows is known */
function byRows<Value>(choose: (rows: number) => Value): (table: TableTraits) => Value | undefined {
  return ({ rows }) => (rows === undefined ? undefined : choose(rows));
}

const LARGE = 5_000;
/** A second layer pays only where there are many rows. With fewer, a larger network learns noise. */
export const hiddenFor = byRows((rows): readonly number[] => (rows < LARGE ? [64] : [128, 64]));
export const HIDDEN_TEXT = '64, or 128,64 from 5,000 rows';

/** The power of two that is nearest to √rows: an epoch has about √rows steps. */
export const batchSizeFor = byRows((rows) => Math.min(256, Math.max(8, 2 ** Math.round(Math.log2(rows) / 2))));
export const BATCH_TEXT = '√rows, rounded to a power of two from 8 to 256';

/** About 500 steps for a small table: fewer do not learn it, and more learn noise. */
export const epochsFor = byRows((rows) => Math.min(100, Math.max(20, Math.round(500 / Math.sqrt(rows)))));
export const EPOCHS_TEXT = '500/√rows, from 20 to 100';
