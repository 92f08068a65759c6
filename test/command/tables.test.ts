/** Tables for people fit their terminals: what has no room is dropped from the right. */
import { describe, expect, it } from 'vitest';
import { confusionTable } from '../../bin/commands/print-evaluation.js';
import { modelTable } from '../../bin/commands/print-model.js';
import { predictionRow } from '../../bin/commands/print-prediction.js';
import type { EvaluationEvent, ModelEvent } from '../../src/metrics/events.js';
import { columnsOf } from '../../src/text/printable.js';

/** Rows of a table; not the lines of words before it, of which one word may be longer. */
function expectToFit(table: string, columns: number): void {
  for (const line of table.split('\n')) {
    if (line.trim().includes(' ')) expect(columnsOf(line), `${columns}: ${line}`).toBeLessThanOrEqual(columns);
  }
}

function evaluation(classes: number, name: (label: number) => string): EvaluationEvent {
  return {
    event: 'evaluation',
    model: 'model.safetensors',
    objective: 'softmax-cross-entropy',
    dataset: { name: 'mnist', split: 'test', samples: 10_000 },
    ...{ test_loss: 0.25, test_error: 0.07, kernel: 'simd', weights_sha256: '0123456789abcdef'.repeat(4) },
    classes: Array.from({ length: classes }, (_, label) => ({
      class: name(label),
      ...{ samples: 1000, precision: 0.9, recall: label === 0 ? null : 0.5 },
    })),
    confusion: Array.from({ length: classes }, () => new Array<number>(classes).fill(1234)),
  };
}

const tensor = (name: string): ModelEvent['tensors'][number] => ({
  ...{ name, shape: [784, 1000], type: 'float32', min: -1, max: 1, mean: 0.1, std: 0.2, l2: 3, zeros: 0.5 },
  ...{ nan: 0, infinite: 0 },
});
const MODEL: ModelEvent = {
  ...{ event: 'model', model: 'model.safetensors', kind: 'model', bytes: 3_180_000, layers: [784, 1000, 10] },
  ...{ parameters: 795_010, tensors: [tensor('layers.0.weight'), tensor('layers.0.bias')], epochs: 10, step: 6000 },
  ...{ kernel: 'simd', dataset: { name: 'mnist', train: 60_000 }, config: { lr: 0.001, epochs: 10 }, state: null },
  ...{ metadata: {}, checksum: 'right', weights_sha256: '0123456789abcdef'.repeat(4), weights_checksum: 'right' },
};

// (The columns of one class, its name and recall are the least.)
describe.each([30, 40, 60, 79, 80, 100, 132, 200])('on a terminal of %i columns', (columns) => {
  it('the confusion matrix fits', () => {
    for (const classes of [2, 3, 10, 100]) {
      expectToFit(confusionTable(evaluation(classes, String), columns), columns);
      expectToFit(
        confusionTable(
          evaluation(classes, () => '東京タワー'),
          columns,
        ),
        columns,
      );
    }
  });
});

describe.each([20, 24, 30, 40, 60, 79, 80, 100, 132, 200])('on a terminal of %i columns', (columns) => {
  it('predictions and tensors fit', () => {
    for (const file of ['x', 'a'.repeat(100), '東京'.repeat(30)]) {
      const line = { file, id: 7, class: 3, probability: 0.5, probabilities: [0.1, 0.1, 0.1, 0.5, 0.2] };
      expectToFit(predictionRow('', line, [0, 1, 2, 3, 4], columns), columns);
    }
    const rows = modelTable(MODEL, columns).split('\n\n').at(-1)!;
    if (columns >= 30) expectToFit(rows, columns);
  });
});

it('a matrix of ten classes has all of them on 80 columns, and says what it leaves out on fewer', () => {
  const rowOf = (columns: number) =>
    confusionTable(evaluation(10, String), columns)
      .split('\n')
      .find((line) => line.startsWith('     9 '));
  expect(rowOf(80)).toBe(`     9 │${'  1234'.repeat(10)} │ 50.0%`);
  expect(rowOf(60)).toBe(`     9 │${'  1234'.repeat(7)} │ 50.0%`);
  expect(confusionTable(evaluation(10, String), 60)).toContain('columns do not fit; --format ndjson has all of them');
});
