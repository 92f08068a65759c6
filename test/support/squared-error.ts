/**
 * An objective of the tests' own: half the squared error of each output against a number. Nothing outside the tests knows it.
 * Registered in OBJECTIVES here, and by `node --import dist/test/support/squared-error-everywhere.js` in place of the default.
 */
import type { Memory, Scores } from '../../src/memory/layout.js';
import { OBJECTIVES } from '../../src/model/objectives/index.js';
import { type Criterion, type Objective, readOutputs, writeDelta } from '../../src/model/objectives/objective.js';

export const squaredError: Objective = {
  name: 'squared-error',
  outputs: () => 1,
  targets: (outputs) => ({ type: 'float64', perSample: outputs }),
  scores: [
    { name: 'absolute', type: 'float64', isSummed: true },
    { name: 'estimate', type: 'float64', isSummed: false },
  ],
  metrics: [
    { name: 'loss', unit: 'target²', better: 'lower', of: ({ samples, loss }) => loss / samples },
    { name: 'mae', unit: 'target', better: 'lower', of: ({ samples, absolute }) => absolute! / samples },
  ],
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
      differences[j]! -= rows.targets[sample * differences.length + j]!;
      this.loss += differences[j]! ** 2 / 2;
      this.#absolute += Math.abs(differences[j]!) / differences.length;
    }
  }

  differentiate(slot: number, sample: number): void {
    this.evaluate(slot, sample);
    writeDelta(this.#memory.layers.at(-1)!, slot, this.#differences);
  }

  record({ loss, absolute, estimate }: Scores, position: number): void {
    loss[position] = this.loss;
    absolute![position] = this.#absolute;
    if (estimate) estimate[position] = this.#estimate;
  }
}

Object.assign(OBJECTIVES, { [squaredError.name]: squaredError });
