/** Jobs with regularization, for tests of whole runs: by name. */
import type { TrainOptions } from '../../src/config/options.js';

export const REGULARIZATION_CASES: Readonly<Record<string, TrainOptions>> = {
  'dropout by layer': { dropout: [0.5, 0.2] },
  'dropout of inputs': { inputDropout: 0.3 },
  'dropout and gelu': { dropout: 0.3, inputDropout: 0.2, activation: 'gelu' },
  'maximum norm': { maxNorm: 0.5, dropout: 0.2 },
  'maximum norm and L1 penalty': { maxNorm: 0.5, l1: 0.01, optimizer: 'adamw', lr: 0.01 },
  'dropout, label smoothing, adam': { dropout: 0.5, labelSmoothing: 0.1, optimizer: 'adam', lr: 0.01 },
};
