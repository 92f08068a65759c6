/** One event of each kind, with figures that are easy to read. */
import { recordOfConfig, withDefaults } from '../../src/config/options.js';
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
  config: recordOfConfig(withDefaults({ threads: 2 })),
  dataset: { name: 'mnist', train: 60_000, test: 10_000, inputs: 784, classes: 10, density: 0.1912 },
  objective: 'softmax-cross-entropy',
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
