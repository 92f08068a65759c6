import type { TrainOptions } from '../../src/config/options.js';

/** What images have by default, for tests with tables whose results must not depend on the defaults for tables. */
export const REFERENCE_DEFAULTS = {
  ...{ scale: 'none', testSplit: 0, stratify: false },
  ...{ optimizer: 'sgd', reduction: 'sum', weightDecay: 0, lr: 0.001, hidden: [1000], epochs: 100 },
} as const satisfies TrainOptions;
