/** loadModel and what it gives: what is no sample is refused, and whatever holds pixels is the same to it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDataset } from '../../src/data/sources.js';
import { loadModel, type Network, type Sample } from '../../src/tools/network.js';
import { collect } from '../support/events.js';
import { type Folder, temporaryFolder } from '../support/idx-files.js';
import { mnistPart } from '../support/mnist-part.js';
import { refusalOf } from '../support/refusals.js';
import { runHere } from '../support/run-here.js';
import { runLockstep } from '../support/run-lockstep.js';

let data: Folder;
let folder: Folder;
let file: string;
let network: Network;
beforeAll(async () => {
  data = await mnistPart(500, 100);
  folder = temporaryFolder();
  file = `${folder.path}/model.safetensors`;
  await collect({ data: data.path, hidden: [20], epochs: 3, threads: 2, save: file });
  network = await loadModel(file);
});
afterAll(() => {
  data.remove();
  folder.remove();
});

describe('predict', () => {
  it('takes bytes as pixels, in whatever array, and numbers as inputs', async () => {
    const { test } = await loadDataset(data.path);
    expect(test.count).toBe(100);
    for (let s = 0; s < test.count; s++) {
      const pixels = test.values.slice(s * 784, (s + 1) * 784);
      const expected = network.predict(pixels);
      expect(network.predict(Uint8ClampedArray.from(pixels))).toEqual(expected);
      expect(network.predict(Float32Array.from(pixels, (pixel) => pixel / 255))).toEqual(expected);
    }
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a string', '0.5'],
    ['an array', [1]],
    ['NaN', Number.NaN],
    ['beyond float32', 1e39],
  ])('refuses %s among the numbers', async (_, value) => {
    const { message } = await refusalOf(() => network.predict(new Array(784).fill(value) as Sample));
    expect(message).toMatch(/^number 0 of a sample is .*; expected a finite float32$/);
  });

  it.each<[unknown, string]>([
    [undefined, 'not a sample; expected an array of 784 numbers'],
    [null, 'not a sample; expected an array of 784 numbers'],
    [7, 'not a sample; expected an array of 784 numbers'],
    [[1, 2], 'a sample of 2 numbers; expected 784'],
  ])('refuses %j', async (value, expected) => {
    const { message } = await refusalOf(() => network.predict(value as Sample));
    expect(message).toBe(`${expected}, the inputs of the network`);
  });

  it('refuses numbers whose outputs are not finite', async () => {
    const { message } = await refusalOf(() => network.predict(new Array(784).fill(3e38)));
    expect(message).toContain('too large for the network');
  });
});

it('the command tells such a line by its number, and goes on', async () => {
  const lines = [new Array(784).fill(3e38), new Array(784).fill(0.5)].map((x) => `${JSON.stringify(x)}\n`);
  const { status, stdout, stderr } = await runHere(['predict', file], lines.join(''));
  expect(stdout.trim().split('\n')).toHaveLength(1);
  expect(stderr).toContain('line 1: the numbers of a sample are too large for the network');
  expect(status).toBe(0);
});

describe('a model that was trained on a folder', () => {
  it.each(['evaluate', 'inspect --errors sheet.svg'])('is not silently judged on other data: %s', async (command) => {
    const [name = '', ...options] = command.split(' ');
    const { status, stderr } = await runLockstep([name, file, ...options]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/was trained on .*, which cannot be found; specify the data with --data\n$/);
  });

  it('is, on the folder', async () => {
    const { status, stdout } = await runHere(['evaluate', file, '--data', data.path]);
    expect(status).toBe(0);
    const { end } = await collect({ data: data.path, hidden: [20], epochs: 3, threads: 1 });
    expect(JSON.parse(stdout)).toMatchObject({ test_loss: end.test_loss, test_error: end.test_error });
  });
});
