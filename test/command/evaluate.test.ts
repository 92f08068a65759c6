/** `lockstep evaluate` reads the half of the data that it needs, and that must belong to the model. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FILES } from '../../src/data/idx-folder.js';
import type { EvaluationEvent } from '../../src/metrics/events.js';
import { collect } from '../support/events.js';
import { idxBytes } from '../support/idx-files.js';
import { type Folder, mnistPart } from '../support/mnist-part.js';
import { runHere } from '../support/run-here.js';

let model: string;
let testLoss: number | undefined;
let data: Folder;
beforeAll(async () => {
  data = await mnistPart(300, 100);
  model = path.join(data.path, 'model.safetensors');
  const { end } = await collect({ data: data.path, hidden: [8], epochs: 1, threads: 1, save: model });
  testLoss = end.test_loss;
});
afterAll(() => data.remove());

async function evaluate(folder: Folder, ...args: string[]) {
  const { status, stdout, stderr } = await runHere(['evaluate', model, '--data', folder.path, ...args]);
  return { status, stderr, event: status === 0 ? (JSON.parse(stdout) as EvaluationEvent) : undefined };
}

/** A copy of the data without some files. */
async function without(...names: string[]): Promise<Folder> {
  const folder = await mnistPart(300, 100);
  for (const name of names) rmSync(path.join(folder.path, name));
  return folder;
}

describe('of test samples', () => {
  it('the training pair may be missing, or damaged', async () => {
    const folder = await without(FILES.trainLabels);
    writeFileSync(path.join(folder.path, FILES.trainImages), 'nothing of use');
    const { status, event } = await evaluate(folder);
    expect(status).toBe(0);
    expect(event).toMatchObject({ test_loss: testLoss, dataset: { split: 'test', samples: 100 } });
    folder.remove();
  });

  it('half a pair is an error, and none is one that says what to do', async () => {
    const half = await without(FILES.testLabels);
    expect(await evaluate(half)).toMatchObject({ status: 1, stderr: expect.stringMatching(/t10k-labels-idx1-ubyte/) });
    rmSync(path.join(half.path, FILES.testImages));
    const { status, stderr } = await evaluate(half);
    expect(stderr).toMatch(/no test samples; use --split train\n$/);
    expect(status).toBe(1);
    half.remove();
  });

  it('a label that the network does not know is named with its file', async () => {
    const folder = await without();
    const file = path.join(folder.path, FILES.testLabels);
    const bytes = readFileSync(file);
    bytes[8 + 7] = 10;
    writeFileSync(file, bytes);
    const { status, stderr } = await evaluate(folder);
    expect(stderr).toMatch(
      /t10k-labels-idx1-ubyte: label 10 of sample 7; expected 0 to 9, the classes of the network\n$/,
    );
    expect(status).toBe(1);
    folder.remove();
  });

  it('images of another size are no data of this model', async () => {
    const folder = await without();
    folder.write(FILES.testImages, idxBytes([100, 2, 2], new Array(400).fill(0)));
    const { status, stderr } = await evaluate(folder);
    expect(stderr).toMatch(/takes 784 inputs, but the images of .* have 4 pixels/);
    expect(status).toBe(1);
    folder.remove();
  });
});

it('of training samples the test pair may be missing', async () => {
  const folder = await without(FILES.testImages, FILES.testLabels);
  const { event } = await evaluate(folder, '--split', 'train');
  expect(event).toMatchObject({ dataset: { split: 'train', samples: 300 } });
  folder.remove();
});
