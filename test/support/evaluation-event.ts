/** An evaluation as `lockstep evaluate` reports it, made up. */
import type { EvaluationEvent } from '../../src/metrics/events.js';
import { BY_CLASS, OVERALL } from '../../src/metrics/quality/classification.js';

const every = <Name extends string, T>(names: readonly Name[], value: T) =>
  Object.fromEntries(names.map((name) => [name, value])) as { readonly [M in Name]: T };

export function evaluationEvent(names: readonly (string | number)[], name = 'mnist'): EvaluationEvent {
  return {
    event: 'evaluation',
    model: 'model.safetensors',
    objective: 'softmax-cross-entropy',
    dataset: { name, split: 'test', samples: 10_000 },
    ...{ test_loss: 0.25, test_error: 0.07, kernel: 'simd', weights_sha256: '0123456789abcdef'.repeat(4) },
    ...{ ...every(OVERALL, 0.875), top_k: 5, intervals: every(OVERALL, [0.25, 1] as const) },
    bootstrap: { resamples: 1000, seed: 1, level: 0.95 },
    classes: names.map((each, label) => ({
      ...{ class: each, samples: 1000, ...every(BY_CLASS, 0.5), precision: 0.9, recall: label === 0 ? null : 0.5 },
      intervals: every(BY_CLASS, label === 0 ? null : ([0.125, 0.75] as const)),
    })),
    calibration: [],
    confusion: names.map(() => new Array<number>(names.length).fill(1234)),
  };
}
