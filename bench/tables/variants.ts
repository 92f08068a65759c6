/** The defaults for tables, with one of them changed. */
import type { TrainOptions } from '../../src/config/options.js';

export interface Defaults {
  readonly hidden: readonly number[];
  readonly batchSize: number;
  readonly epochs: number;
  readonly lr: number;
}

/** What each changes. */
export const VARIANTS = {
  'hidden 32': () => ({ hidden: [32] }),
  'hidden 128-64': () => ({ hidden: [128, 64] }),
  'batch / 2': ({ batchSize }) => ({ batchSize: Math.max(1, batchSize / 2) }),
  'batch × 2': ({ batchSize }) => ({ batchSize: batchSize * 2 }),
  'lr / 3': ({ lr }) => ({ lr: lr / 3 }),
  'lr × 3': ({ lr }) => ({ lr: lr * 3 }),
  'epochs / 2': ({ epochs }) => ({ epochs: Math.ceil(epochs / 2) }),
  'epochs × 2': ({ epochs }) => ({ epochs: epochs * 2 }),
  'no decay': () => ({ weightDecay: 0 }),
} satisfies Readonly<Record<string, (defaults: Defaults) => TrainOptions>>;
export type Variant = keyof typeof VARIANTS;
export const VARIANT_NAMES = Object.keys(VARIANTS) as Variant[];
