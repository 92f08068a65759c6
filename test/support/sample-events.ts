/** One event of each kind, with figures that are easy to read. */
import type {
  CheckpointEvent,
  EndEvent,
  EpochEvent,
  StartEvent,
  StepEvent,
  WarningEvent,
} from '../../src/metrics/events.js';

export const START: StartEvent = {
  event: 'start',
  schema: 1,
  time: '2026-01-02T03:04:05.678Z',
  config: {
    threads: 2,
    data: 'mnist',
    label: null,
    header: 'auto',
    scale: 'none',
    test_split: null,
    test_data: null,
    hidden: [1000],
    epochs: 100,
    batch_size: 100,
    lr: 0.001,
    reduction: 'sum',
    optimizer: 'sgd',
    momentum: 0,
    nesterov: false,
    beta1: 0.9,
    beta2: 0.999,
    eps: 1e-8,
    weight_decay: 0,
    clip_norm: null,
    schedule: 'constant',
    warmup_steps: 0,
    lr_step_size: 30,
    lr_gamma: 0.1,
    validation_split: null,
    patience: null,
    keep_best: false,
    max_time: null,
    strategy: 'sliced',
    exact: false,
    seed: 1,
    limit: null,
    kernel: 'auto',
    log_every: null,
    save: null,
    checkpoint_dir: null,
    checkpoint_every: 1,
    checkpoint_every_steps: null,
    keep: 3,
    checkpoint_required: false,
  },
  dataset: { name: 'mnist', train: 60_000, test: 10_000, inputs: 784, classes: 10, density: 0.1912 },
  model: { layers: [784, 1000, 10], parameters: 795_010 },
  threads: 2,
  kernel: 'simd-fma',
  node: '24.0.0',
};

export const STEP: StepEvent = { event: 'step', epoch: 1, step: 100, loss: 2.25, error: 0.875, seconds: 0.5 };

export const EPOCH: EpochEvent = {
  event: 'epoch',
  epoch: 1,
  step: 600,
  train_loss: 0.5,
  train_error: 0.1251,
  test_loss: 0.25,
  test_error: 0.0725,
  seconds: 0.75,
  samples_per_second: 80_000,
  wait_fraction: 0.013,
  phase_fractions: { forward: 0.437, gradients: 0.15, update: 0.4, wait: 0.013 },
};

export const CHECKPOINT: CheckpointEvent = {
  event: 'checkpoint',
  file: 'checkpoints/epoch-000001.safetensors',
  epochs: 1,
  step: 600,
};

export const WARNING: WarningEvent = {
  event: 'warning',
  code: 'checkpoint_failed',
  message: 'checkpoints/epoch-000002.safetensors could not be written (ENOSPC); older ones are still there',
};

export const END: EndEvent = {
  event: 'end',
  status: 'completed',
  epochs: 1,
  train_loss: 0.5,
  train_error: 0.1251,
  test_loss: 0.25,
  test_error: 0.0725,
  seconds: 1.5,
  weights_sha256: '0123456789abcdef'.repeat(4),
};
