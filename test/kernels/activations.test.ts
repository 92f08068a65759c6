/** Every activation but ReLU, and two that only test/support/activations.ts has, also in threads: they train with every kernel. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModel } from '../../src/checkpoints/model-file.js';
import {
  activationNamed,
  activationNames,
  activationNeeds,
  DEFAULT_ACTIVATION,
} from '../../src/kernels/activations.js';
import { chooseKernel, type KernelChoice } from '../../src/kernels/builds.js';
import { SoftmaxCrossEntropy } from '../../src/model/objectives/softmax-cross-entropy.js';
import { readParameters } from '../../src/model/parameters.js';
import { Random } from '../../src/model/random.js';
import { TEST_ACTIVATIONS } from '../support/activations.js';
import { type Folder, temporaryFolder } from '../support/idx-files.js';
import { allKernels, fastKernels } from '../support/kernels.js';
import { createNetwork, forwardLayer, outputsOf, stepLayer } from '../support/network.js';
import { modularTrainCommand, root } from '../support/paths.js';
import { partsOf, sealedFile } from '../support/sealed-file.js';
import { casesOf } from '../support/thoroughness.js';
import { type TinyRun, tinyRun } from '../support/tiny-run.js';

const LAYERS = [7, 40, 33, 5];
const STEPS = 30;
const RATE = 0.05;
const ACTIVATIONS = activationNames()
  .filter((name) => name !== DEFAULT_ACTIVATION)
  .map(activationNamed);

/** Trains on one batch. */
function trained(choice: KernelChoice, activation: string, panelWidth?: number) {
  const random = new Random(1, 0);
  const uniform = () => Math.fround(2 * random.fraction() - 1);
  const samples = Array.from({ length: 6 }, () => Array.from({ length: 7 }, uniform));
  const count = LAYERS.slice(1).reduce((sum, outputs, l) => sum + (LAYERS[l]! + 1) * outputs, 0);
  const parameters = Float32Array.from({ length: count }, () => uniform() / 2);
  const needs = activationNeeds(activation);
  const network = createNetwork(choice, LAYERS, samples, parameters, panelWidth, false, needs);
  const { memory, kernel } = network;
  for (const s of samples.keys()) memory.rows.targets[s] = s % 5;
  const loss = new SoftmaxCrossEntropy(memory);
  const losses: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    for (const l of memory.layers.keys()) forwardLayer(network, l, 0, samples.length);
    let sum = 0;
    for (const slot of samples.keys()) {
      loss.differentiate(slot, slot);
      sum += loss.loss;
    }
    losses.push(sum);
    for (let l = memory.layers.length - 1; l > 0; l--) kernel.backward(l, 0, samples.length);
    for (const l of memory.layers.keys()) stepLayer(network, l, RATE);
  }
  for (const l of memory.layers.keys()) forwardLayer(network, l, 0, samples.length);
  const logits = samples.flatMap((_, slot) => outputsOf(network, LAYERS.length - 2, slot));
  return { losses, logits, parameters: [...readParameters(memory.layers)], memory };
}

describe.each(ACTIVATIONS)('activation $name', ({ name, isSparse }) => {
  it.each(allKernels())(
    'trains with kernel $name ($vectorBits bits): the loss falls to less than half in 30 steps',
    (choice) => {
      const { losses, memory } = trained(choice, name);
      // (Small derivatives make it slow.)
      expect(losses.at(-1)).toBeLessThan(losses[0]! * (name === 'sigmoid' ? 0.75 : 0.5));
      expect(memory.layers[1]!.inputRows.form).toBe(isSparse ? 'sparse' : 'dense');
    },
  );

  it.each(fastKernels())(
    'kernel $name ($vectorBits bits) agrees with the reference within 1e-4 after 30 steps',
    (choice) => {
      const [fast, reference] = [trained(choice, name), trained(chooseKernel('reference'), name)];
      for (const what of ['losses', 'logits', 'parameters'] as const) {
        const far = fast[what].filter((value, i) => !(Math.abs(value - reference[what][i]!) <= 1e-4));
        expect(far).toEqual([]);
      }
    },
  );

  it.each(fastKernels())('kernel $name ($vectorBits bits) gives the same bits for panels of any width', (choice) => {
    const { parameters } = trained(choice, name, 32);
    for (const width of [4, 8, 20]) expect(trained(choice, name, width).parameters).toEqual(parameters);
  });
});

describe('in worker threads, with node --import', () => {
  const plugin = pathToFileURL(path.join(root, 'dist/test/support/activations.js')).href;
  let run: TinyRun;
  beforeAll(async () => {
    run = await tinyRun({ hidden: [12], lr: 0.01 });
  });
  const folders: Folder[] = [];
  afterAll(() => {
    for (const each of [run, ...folders]) each.remove();
  });

  /** Goes on from a checkpoint that says this activation, which no option asks for. */
  async function resumed(activation: string, threads: number, nodeArgs: readonly string[] = ['--import', plugin]) {
    const { json, body } = partsOf(run.files.get('step-0000007.safetensors')!);
    const folder = temporaryFolder();
    folders.push(folder);
    // (In the configuration, too, once an option chooses it.)
    const changed = sealedFile(json.replaceAll('\\"relu\\"', `\\"${activation}\\"`), body);
    const file = folder.write('step-0000007.safetensors', changed);
    const save = `${folder.path}/model.safetensors`;
    const args = ['--resume', file, '--threads', String(threads), '--epochs', '12', '--save', save];
    const { stdout } = await promisify(execFile)(process.execPath, [...nodeArgs, modularTrainCommand, ...args]);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; train_loss: number; weights_sha256: string });
    const losses = events.filter(({ event }) => event === 'epoch').map(({ train_loss }) => train_loss);
    return { losses, weights: events.at(-1)!.weights_sha256, model: await readModel(save) };
  }

  it.each(casesOf(TEST_ACTIVATIONS, (_, i) => i === 0))(
    '$name trains to the same weights for any number of threads',
    async ({ name }) => {
      const [one, three, relu] = [await resumed(name, 1), await resumed(name, 3), await resumed('relu', 1, [])];
      expect(one.losses.at(-1)).toBeLessThan(one.losses[0]!);
      expect(three.weights).toBe(one.weights);
      expect(relu.weights).not.toBe(one.weights);
      expect(one.model.activation).toBe(name);
      expect(JSON.parse(one.model.metadata.architecture!)).toMatchObject({ activation: name });
    },
  );

  it('an activation that nobody registered is refused', async () => {
    await expect(resumed('softsign', 1, [])).rejects.toThrow('expected layers, an activation (relu, leaky-relu,');
  });
});
