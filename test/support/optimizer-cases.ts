/** Every option that decides what a gradient does to the parameters, alone and together with others. */
import type { TrainOptions } from '../../src/config/options.js';

export type OptimizerOptionsGiven = Pick<
  TrainOptions,
  | 'reduction'
  | 'lr'
  | 'optimizer'
  | 'momentum'
  | 'nesterov'
  | 'centered'
  | 'ema'
  | 'beta1'
  | 'beta2'
  | 'eps'
  | 'weightDecay'
  | 'l1'
  | 'maxNorm'
  | 'clipNorm'
  | 'schedule'
  | 'warmupSteps'
  | 'lrStepSize'
  | 'lrGamma'
  | 'lrPatience'
>;

/** With rates that change a small network's weights in the first digit within some steps. */
export const OPTIMIZER_CASES: Readonly<Record<string, OptimizerOptionsGiven>> = {
  momentum: { lr: 0.02, momentum: 0.9 },
  'momentum of the mean': { lr: 0.2, momentum: 0.8, reduction: 'mean' },
  nesterov: { lr: 0.02, momentum: 0.9, nesterov: true },
  'weight decay': { lr: 0.05, weightDecay: 0.5 },
  'weight decay and momentum': { lr: 0.02, momentum: 0.9, weightDecay: 0.1, reduction: 'sum' },
  adam: { optimizer: 'adam', lr: 0.05, reduction: 'mean' },
  'adam with other numbers': { optimizer: 'adam', lr: 0.05, beta1: 0.5, beta2: 0.9, eps: 1e-3 },
  'adam and weight decay': { optimizer: 'adam', lr: 0.05, weightDecay: 0.1, reduction: 'mean' },
  clipping: { lr: 0.3, clipNorm: 0.8 },
  'clipping the mean, and momentum': { lr: 0.3, clipNorm: 0.1, momentum: 0.5, reduction: 'mean' },
  'clipping and adam': { optimizer: 'adam', lr: 0.05, clipNorm: 0.8 },
  'L1 penalty': { lr: 0.05, l1: 0.2 },
  'L1 penalty, clipping and adam': { optimizer: 'adam', lr: 0.05, l1: 0.02, clipNorm: 0.1, reduction: 'mean' },
  'maximum norm': { lr: 0.1, maxNorm: 0.55 },
  'maximum norm, L1 penalty, adamw': {
    optimizer: 'adamw',
    lr: 0.05,
    maxNorm: 0.5,
    l1: 0.01,
    weightDecay: 0.1,
    reduction: 'mean',
  },
  adamw: { optimizer: 'adamw', lr: 0.05, weightDecay: 0.5, reduction: 'mean' },
  'rmsprop and weight decay': { optimizer: 'rmsprop', lr: 0.02, weightDecay: 0.1 },
  'rmsprop with other numbers': { optimizer: 'rmsprop', lr: 0.03, beta2: 0.8, eps: 1e-3, reduction: 'mean' },
  lion: { optimizer: 'lion', lr: 0.03, weightDecay: 0.5 },
  'lion with other numbers': { optimizer: 'lion', lr: 0.02, beta1: 0.7, beta2: 0.8, reduction: 'mean' },
  'linear schedule, adamw': { optimizer: 'adamw', lr: 0.05, schedule: 'linear', warmupSteps: 3 },
  'one-cycle schedule': { lr: 0.2, schedule: 'one-cycle', momentum: 0.5 },
  'flat-cosine schedule': { lr: 0.1, schedule: 'flat-cosine' },
  'step schedule': { lr: 0.1, schedule: 'step', lrStepSize: 2, lrGamma: 0.3 },
  'cosine schedule': { lr: 0.1, schedule: 'cosine' },
  'warm-up': { lr: 0.1, warmupSteps: 5 },
  'warm-up, cosine, nesterov, decay and clipping': {
    ...{ lr: 0.05, schedule: 'cosine', warmupSteps: 4, momentum: 0.9, nesterov: true },
    ...{ weightDecay: 0.01, clipNorm: 3 },
  },
  'rmsprop with momentum': { optimizer: 'rmsprop', lr: 0.01, momentum: 0.8, reduction: 'mean' },
  'rmsprop, centered': { optimizer: 'rmsprop', lr: 0.02, centered: true, eps: 0.1, weightDecay: 0.05 },
  'rmsprop, centered, with momentum': {
    ...{ optimizer: 'rmsprop', lr: 0.02, centered: true, momentum: 0.7, beta2: 0.9, eps: 0.05, reduction: 'mean' },
  },
  'moving average': { lr: 0.1, ema: 0.8 },
  'moving average and maximum norm': { lr: 0.1, ema: 0.7, maxNorm: 0.55 },
  'plateau schedule': { lr: 0.4, schedule: 'plateau', lrGamma: 0.3, lrPatience: 0, momentum: 0.8 },
  'moving average, adam and clipping': { optimizer: 'adam', lr: 0.05, ema: 0.6, clipNorm: 0.8 },
};
