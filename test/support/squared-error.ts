/**
 * An objective that only the tests know: each output estimates the same number, by half its squared error. To train with it,
 * load squared-error-everywhere.js.
 */
import type { Scores } from '../../src/memory/epoch-record.js';
import type { Memory } from '../../src/memory/layout.js';
import { type Criterion, type Objective, readOutputs, writeDelta } from '../../src/model/objectives/objective.js';

export const halfSquaredError: Objective = {
  name: 'half-squared-error',
  outputs: ({ classes }) => classes,
  targets: 'float64',
  scores: [
    { name: 'absolute', type: 'float64', isSummed: true },
    { name: 'estimate', type: 'float64', isSummed: false },
  ],
  metrics: [
    {
      name: 'loss',
      title: 'half the squared error',
      unit: 'target²',
      better: 'lower',
      of: ({ samples, loss }) => loss / samples,
    },
    {
      name: 'mae',
      title: 'mean absolute error',
      unit: 'target',
      better: 'lower',
      of: ({ samples, absolute }) => absolute! / samples,
    },
  ],
  auditWords: () => 1,
  criterion: (memory) => new SquaredError(memory),
};

class SquaredError implements Criterion {
  readonly #memory: Memory;
  readonly #differences: Float64Array;
  loss = 0;
  #absolute = 0;
  #estimate = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#differences = new Float64Array(memory.layers.at(-1)!.outputs);
  }

  evaluate(slot: number, sample: number): void {
    const { layers, rows } = this.#memory;
    const differences = this.#differences;
    readOutputs(layers.at(-1)!, slot, differences);
    this.#estimate = differences[0]!;
    [this.loss, this.#absolute] = [0, 0];
    for (const j of differences.keys()) {
      differences[j]! -= rows.targets[sample]!;
      this.loss += differences[j]! ** 2 / 2;
      this.#absolute += Math.abs(differences[j]!) / differences.length;
    }
  }

  differentiate(slot: number, sample: number, weight = 1): void {
    this.evaluate(slot, sample);
    writeDelta(this.#memory.layers.at(-1)!, slot, this.#differences, weight);
  }

  addTo(audit: Float32Array, at: number): void {
    audit[at]! += this.#absolute;
  }

  record({ loss, absolute, estimate }: Scores, position: number): void {
    loss[position] = this.loss;
    absolute![position] = this.#absolute;
    if (estimate) estimate[position] = this.#estimate;
  }
}
