/**
 * What each option may do on `--resume`. A run that goes on must end in the weights of one that was never stopped: so every
 * option is refused where it differs from the checkpoint's, unless it is declared here to leave the weights as they are.
 */
import type { CheckedOptions, Config } from '../config/options.js';

/**
 * - `free`: it may differ. It changes how the run is computed, how long, or where output goes, and no step.
 * - `by-content`: it says where the data are, or what of them is used. They are compared by their SHA-256.
 * - `same`: it must agree; with `--resume-anyway` it may differ.
 * - `between-epochs`: likewise, but only from the end of an epoch, whose order depends on it.
 * - `network`: it must agree, since the weights have its shape.
 * - a function: it must agree where this gives a reason, which messages state.
 */
export type Rule =
  | 'free'
  | 'by-content'
  | 'same'
  | 'between-epochs'
  | 'network'
  | ((config: Config) => string | undefined);

export const RESUME_RULES: Readonly<Record<keyof Config, Rule>> = {
  hidden: 'network',
  batchSize: 'between-epochs',
  lr: 'same',
  reduction: 'same',
  strategy: 'same',
  exact: 'same',
  seed: 'between-epochs',
  kernel: 'same',
  scale: 'same',
  testSplit: 'between-epochs',
  optimizer: 'same',
  momentum: 'same',
  nesterov: 'same',
  beta1: 'same',
  beta2: 'same',
  eps: 'same',
  weightDecay: 'same',
  clipNorm: 'same',
  schedule: 'same',
  warmupSteps: 'same',
  lrStepSize: 'same',
  lrGamma: 'same',
  validationSplit: 'between-epochs',
  keepBest: 'same',

  // Each number of threads groups the sums of this strategy in its own way.
  threads: ({ strategy }) => (strategy === 'dense' ? 'strategy dense' : undefined),
  // The cosine's length is the run's.
  epochs: ({ schedule }) => (schedule === 'cosine' ? 'schedule cosine' : undefined),

  data: 'by-content',
  label: 'by-content',
  header: 'by-content',
  testData: 'by-content',
  limit: 'by-content',

  patience: 'free',
  maxTime: 'free',
  logEvery: 'free',
  save: 'free',
  checkpointDir: 'free',
  checkpointEvery: 'free',
  checkpointEverySteps: 'free',
  keep: 'free',
  checkpointRequired: 'free',
};

/**
 * Whether these options say what to train, where there is no checkpoint to go on from: one of them decides the weights. Those
 * that may differ on a resume do not: `--resume runs/a --epochs 200` wants a run that is there to go on.
 */
export function saysWhatToTrain(given: CheckedOptions): boolean {
  const names = Object.keys(RESUME_RULES) as (keyof Config)[];
  return names.some((name) => {
    const rule = RESUME_RULES[name];
    return given[name] !== undefined && rule !== 'free' && typeof rule !== 'function';
  });
}
