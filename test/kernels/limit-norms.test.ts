/** The norms of units' weights are limited in shares: by panel, and each once. */
import { describe, expect, it } from 'vitest';
import { allPanels } from '../../src/kernels/forward-pass.js';
import { forEachParameter } from '../../src/model/parameters.js';
import { allKernels } from '../support/kernels.js';
import { createNetwork, type Network } from '../support/network.js';

const LAYERS = [3, 40] as const;
const COUNT = (LAYERS[0] + 1) * LAYERS[1];

function parametersOf({ memory }: Network): number[] {
  const all: number[] = [];
  forEachParameter(memory.layers[0]!, (panel, at) => all.push(panel[at]!));
  return all;
}

describe.each(allKernels())('kernel $name ($vectorBits bits)', (choice) => {
  const before = Float32Array.from({ length: COUNT }, (_, i) => Math.sin(i + 1));
  const limited = (shares: (panels: number) => readonly (readonly [number, number])[]) => {
    const network = createNetwork(choice, LAYERS, [[1, 1, 1]], before);
    const { to } = allPanels(network.memory.layers[0]!);
    for (const [from, end] of shares(to)) network.kernel.limitNorms(0, { from, to: end }, 1);
    return parametersOf(network);
  };

  it('leaves the weights alone with no panel', () => {
    const network = createNetwork(choice, LAYERS, [[1, 1, 1]], before);
    expect(
      limited((panels) => [
        [0, 0],
        [panels, panels],
      ]),
    ).toEqual(parametersOf(network));
  });

  it('gives the same weights in shares, of which some are empty, and limits norms, but no bias', () => {
    const whole = limited((panels) => [[0, panels]]);
    expect(limited((panels) => [[0, 0], ...Array.from({ length: panels }, (_, p) => [p, p + 1] as const)])).toEqual(
      whole,
    );
    const [inputs, outputs] = LAYERS;
    for (let j = 0; j < outputs; j++) {
      const column = Array.from({ length: inputs }, (_, i) => i * outputs + j);
      const norm = Math.hypot(...column.map((at) => before[at]!));
      for (const at of column) expect(whole[at]).toBeCloseTo(before[at]! * Math.min(1, 1 / norm), 6);
      expect(whole[inputs * outputs + j]).toBe(before[inputs * outputs + j]);
    }
  });
});
