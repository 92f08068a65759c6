/** One network, four ways to ask it: training's end, evaluate, predict and the library give the same classes. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../../../src/data/dataset.js';
import { FILES, findFile } from '../../../src/data/idx-folder.js';
import { findIdxFolder, loadDataset } from '../../../src/data/sources.js';
import type { EvaluationEvent } from '../../../src/metrics/events.js';
import { loadModel } from '../../../src/tools/network.js';
import type { PredictionLine } from '../../../src/tools/predict/prediction-line.js';
import { collect } from '../../support/events.js';
import { type Folder, temporaryFolder } from '../../support/idx-files.js';
import { runHere } from '../../support/run-here.js';
import { runLockstep } from '../../support/run-lockstep.js';

let folder: Folder;
let model: string;
let testError: number;
let mnist: Dataset;
/** Of predict, from NDJSON lines on stdin. */
let lines: readonly PredictionLine[];

beforeAll(async () => {
  folder = temporaryFolder();
  model = path.join(folder.path, 'model.safetensors');
  const { end } = await collect({ epochs: 1, limit: 6000, hidden: [60], lr: 0.002, threads: 2, save: model });
  testError = end.test_error!;
  mnist = await loadDataset('mnist');
  const { status, stdout, stderr } = await runLockstep(['predict', model, '--pixels'], linesOfTestImages());
  expect([status, stderr]).toEqual([0, '']);
  lines = parse(stdout);
});
afterAll(() => rmSync(folder.path, { recursive: true }));

function* linesOfTestImages(): Generator<string> {
  for (let s = 0; s < 10_000; s++) yield `{"id":${s},"x":[${image(s).join(',')}]}\n`;
}

const image = (s: number) => mnist.test.values.subarray(s * 784, (s + 1) * 784);

function parse(stdout: string): PredictionLine[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as PredictionLine);
}

describe('all 10,000 test images', () => {
  it('come back in order, with a class and probabilities that are together 1', () => {
    expect(lines.map(({ id }) => id)).toEqual(Array.from({ length: 10_000 }, (_, s) => s));
    for (const { probability, probabilities, class: label } of lines) {
      expect(probabilities).toHaveLength(10);
      expect(probability).toBe(Math.max(...probabilities!));
      expect(probabilities![Number(label)]).toBe(probability);
      expect(probabilities!.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12);
    }
  });

  it('have the error of the end of training, and of evaluate, class by class', async () => {
    const wrong = lines.filter((line, s) => line.class !== mnist.test.targets[s]).length;
    expect(wrong / 10_000).toBe(testError);
    expect(testError).toBeLessThan(0.5);
    const { stdout } = await runHere(['evaluate', model]);
    const event = JSON.parse(stdout) as EvaluationEvent;
    expect(event.test_error).toBe(testError);
    const confusion = event.confusion.map((row) => row.map(() => 0));
    for (const [s, line] of lines.entries()) confusion[mnist.test.targets[s]!]![Number(line.class)]!++;
    expect(confusion).toEqual(event.confusion);
  });

  it('are predicted by the library alike, to the last digit', async () => {
    const network = await loadModel(model);
    expect(lines).toHaveLength(10_000);
    for (const [s, line] of lines.entries()) {
      const { label, probabilities } = network.predict(image(s));
      if (label !== line.class || !line.probabilities!.every((p, c) => p === probabilities[c]))
        expect.fail(`image ${s}: ${JSON.stringify(line)}, and the library has ${label} (${[...probabilities]})`);
    }
  });

  it('are predicted from their IDX file alike', async () => {
    const file = findFile(findIdxFolder('mnist'), FILES.testImages)!;
    const { status, stdout, stderr } = await runHere(['predict', model, file]);
    expect([status, stderr]).toEqual([0, '']);
    const found = parse(stdout);
    expect(found[9_999]!.file).toBe(file);
    expect(found.map(({ file: _, ...line }) => line)).toEqual(lines);
  });
});
