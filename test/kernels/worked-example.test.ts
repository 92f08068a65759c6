/** The worked example of docs/mathematics.md: the reference kernel computes every number that the page states. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseKernel } from '../../src/kernels/builds.js';
import { SoftmaxCrossEntropy } from '../../src/model/objectives/softmax-cross-entropy.js';
import { readParameters } from '../../src/model/parameters.js';
import { createNetwork, forwardLayer, gradientsOf, inputsOf, outputsOf, stepLayer } from '../support/network.js';
import { root } from '../support/paths.js';

const page = readFileSync(path.join(root, 'docs/mathematics.md'), 'utf8');
const section = page.slice(page.indexOf('## A worked example'), page.indexOf('## Why these choices'));
/** Everything from a bold word of the section to the next one. */
const partOf = (title: string) => {
  const start = section.indexOf(`**${title}`);
  expect(start).toBeGreaterThan(0);
  return section.slice(start, section.indexOf('\n**', start + 1));
};

const LAYERS = [2, 3, 2];
const TARGET = 0;
const RATE = 0.1;
const PARAMETERS = [1, -1, 0, 0, 0, 1, 0, 0, -1, 1, 0, 0, 1, -1, 1, 0, 0];

/** Numbers as the page has them. */
const rounded = (x: number) => String(Number(x.toFixed(4)) + 0);
/** A matrix as the page writes it. */
function matrix(values: readonly number[], columns: number): string {
  const rows = Array.from({ length: values.length / columns }, (_, i) =>
    values
      .slice(i * columns, (i + 1) * columns)
      .map(rounded)
      .join(' & '),
  );
  return `\\begin{bmatrix} ${rows.join(' \\\\ ')} \\end{bmatrix}`;
}

/** U, u, V and v of anything that has the order of the parameters. */
const split = (all: readonly number[]) =>
  [
    matrix(all.slice(0, 6), 3),
    matrix(all.slice(6, 9), 3),
    matrix(all.slice(9, 15), 2),
    matrix(all.slice(15), 2),
  ] as const;

function forward(parameters: readonly number[]) {
  const network = createNetwork(chooseKernel('reference'), LAYERS, [[1, 2]], Float32Array.from(parameters));
  const { kernel, memory } = network;
  kernel.forward(0, { from: 0, to: 1 }, 0, 1);
  const Y = outputsOf(network, 0, 0);
  kernel.activate(0, 0, 1);
  const H = inputsOf(network, 1, 0);
  forwardLayer(network, 1, 0, 1);
  const Z = outputsOf(network, 1, 0);
  memory.rows.targets[0] = TARGET;
  const loss = new SoftmaxCrossEntropy(memory);
  loss.evaluate(0, 0);
  const P = [...loss.probabilities];
  loss.differentiate(0, 0);
  return { network, Y, H, Z, P, L: loss.loss };
}

/** The loss after one step with this rate, in float64. */
function lossAfter(rate: number): number {
  const { network } = oneStep(rate);
  forwardLayer(network, 0, 0, 1);
  forwardLayer(network, 1, 0, 1);
  const loss = new SoftmaxCrossEntropy(network.memory);
  loss.evaluate(0, 0);
  return loss.loss;
}

function oneStep(rate: number) {
  const { network } = forward(PARAMETERS);
  const { kernel, memory } = network;
  kernel.backward(1, 0, 1);
  for (const l of memory.layers.keys()) kernel.accumulate(l, 0, 1);
  const gradients = gradientsOf(network);
  const dY = outputsOf(network, 0, 0);
  for (const l of memory.layers.keys()) stepLayer(network, l, rate);
  return { network, gradients, dY };
}

describe('the worked example has the numbers of the reference kernel', () => {
  it('initial parameters', () => {
    for (const each of split(PARAMETERS)) expect(section).toContain(each);
  });

  it('forward pass and loss', () => {
    const { Y, H, Z, P, L } = forward(PARAMETERS);
    const text = partOf('Forward.');
    expect(text).toContain(`Y = X U + u = ${matrix(Y, 3)}`);
    expect(text).toContain(`\\mathrm{ReLU}(Y) = ${matrix(H, 3)}`);
    expect(text).toContain(`Z = H V + v = ${matrix(Z, 2)}`);
    expect(partOf('Loss.')).toContain(`P = ${matrix(P, 2)}`);
    expect(partOf('Loss.')).toContain(`L = -\\log ${rounded(P[TARGET]!)} = ${rounded(L)}`);
  });

  it('backpropagation', () => {
    const { gradients, dY } = oneStep(RATE);
    const [dU, du, dV, dv] = split(gradients);
    const text = partOf('Backpropagation');
    expect(text).toContain(`P - T = ${dv}`);
    expect(text).toContain(`H^\\top \\frac{\\partial L}{\\partial Z}\n= ${dV}`);
    expect(text).toContain(`{\\partial v} = ${dv}`);
    expect(text).toContain(`{\\partial Y} = ${matrix(dY, 3)}`);
    expect(text).toContain(`X^\\top \\frac{\\partial L}{\\partial Y}\n= ${dU}`);
    expect(text).toContain(`{\\partial u} = ${du}`);
    // δ·Vᵀ, which the kernel computes for active units only.
    const [d0, d1] = gradients.slice(15) as [number, number];
    const dH = [0, 1, 2].map((k) => d0 * PARAMETERS[9 + 2 * k]! + d1 * PARAMETERS[10 + 2 * k]!);
    expect(text).toContain(`V^\\top\n= ${matrix(dH, 3)}`);
  });

  it('step and result', () => {
    const { network, gradients } = oneStep(RATE);
    const stepped = [...readParameters(network.memory.layers)];
    const [U, u, V, v] = split(stepped);
    const step = partOf('Step.');
    for (const each of [`U = ${U}`, `u = ${u}`, `V = ${V}`, `v = ${v}`]) expect(step).toContain(each);

    const { Y, Z, P, L } = forward(stepped);
    const text = section.slice(section.indexOf('**Result.'));
    for (const each of [`Y = ${matrix(Y, 3)}`, `Z = ${matrix(Z, 2)}`, `P = ${matrix(P, 2)}`, `L = ${rounded(L)}`]) {
      expect(text).toContain(each);
    }
    const before = forward(PARAMETERS).L;
    const squares = gradients.reduce((sum, g) => sum + g * g, 0);
    expect(text).toContain(`fallen by ${rounded(before - lossAfter(RATE))}`);
    expect(text).toContain(`${gradients.length} derivatives add up to ${squares.toFixed(4)}`);
    expect(text).toContain(`= ${(RATE * squares).toFixed(4)}`);
    expect(text).toContain(
      `a fall of ${(0.001 * squares).toFixed(4)}, and the actual fall is ${rounded(before - lossAfter(0.001))}`,
    );
  });
});
