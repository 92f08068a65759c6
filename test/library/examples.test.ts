/** The examples, run as they stand. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDataset, loadPart } from '../../src/data/sources.js';
import { loadModel, type Network } from '../../src/tools/network.js';
import { samplesOf } from '../../src/tools/predict/file-samples.js';
import { linesOf } from '../support/child.js';
import { collect } from '../support/events.js';
import { root } from '../support/paths.js';
import { scratchWith } from '../support/scratch.js';

const run = promisify(execFile);
const scratch = scratchWith(300, 100);
const example = (name: string) => path.join(root, 'examples', name);

describe('serve.mjs', () => {
  let server: ChildProcess;
  let url: string;
  let model: Network;
  beforeAll(async () => {
    const file = scratch.newPath('model.safetensors');
    await collect({ data: scratch.data, hidden: [10], epochs: 1, threads: 1, save: file });
    model = await loadModel(file);
    const child = spawn(process.execPath, [example('serve.mjs'), file, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    server = child;
    url = (await linesOf(child.stdout).next()).value ?? '';
  });
  afterAll(async () => {
    server.kill();
    await once(server, 'exit');
  });

  const post = async (body: string) => {
    const response = await fetch(url, { method: 'POST', body });
    return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
  };

  it('classifies as the library does', async () => {
    const { test } = await loadDataset(scratch.data);
    for (let s = 0; s < 5; s++) {
      const image = test.values.subarray(s * 784, (s + 1) * 784);
      const { label, probabilities } = model.predict(image);
      expect(await post(JSON.stringify([...image]))).toEqual({
        status: 200,
        answer: { class: label, probability: probabilities[label], probabilities: [...probabilities] },
      });
    }
  });

  it.each([
    ['[1,2,3]', 'a sample of 3 numbers; expected 784, the inputs of the network'],
    ['{"x":1}', 'expected an array of pixels'],
    ['[0,256]', 'pixel 1: expected a whole number from 0 to 255'],
    [`[${'0,'.repeat(50_000)}0]`, 'more than 65536 bytes'],
  ])('answers %.20s with 400 and what is wrong', async (body, error) => {
    expect(await post(body)).toEqual({ status: 400, answer: { error } });
  });

  it('answers what is no JSON with 400, and what is no POST with 405', async () => {
    expect((await post('[1,')).status).toBe(400);
    expect((await fetch(url)).status).toBe(405);
  });
});

describe('seven.png', () => {
  it('is the first test digit, to the last pixel', async () => {
    const { samples } = await loadPart('mnist', 'test');
    const found = [];
    for await (const { x } of samplesOf(example('seven.png'), { shape: { width: 28, height: 28 } })) found.push(x);
    expect(found).toEqual([Float32Array.from(samples.values.subarray(0, 784), (pixel) => pixel / 255)]);
    expect(samples.targets[0]).toBe(7);
  });
});

describe('in-memory.mjs', () => {
  it('learns the ring, and predicts a point inside of it', async () => {
    const { stdout } = await run(process.execPath, [example('in-memory.mjs')]);
    const [, accuracy, samples] =
      /^accuracy ([\d.]+) on (\d+) rows\ninside \{ inside: '[\d.]+', outside: '[\d.]+' \}\n$/.exec(stdout)!;
    expect(Number(accuracy)).toBeGreaterThan(0.85);
    expect(samples).toBe('400');
  });
});

describe('images.mjs', () => {
  it('tells bars apart', async () => {
    const { stdout } = await run(process.execPath, [example('images.mjs')]);
    const [, accuracy] = /^accuracy ([\d.]+) on 200 images\n(?:horizontal|vertical)\n$/.exec(stdout)!;
    expect(Number(accuracy)).toBeGreaterThan(0.9);
  });
});

describe('own-metric.mjs', () => {
  it('ends by its own rule, with its own fields', async () => {
    const { stdout } = await run(process.execPath, [example('own-metric.mjs'), scratch.data, '1']);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, number | string>);
    const epochs = events.filter(({ event }) => event === 'epoch');
    expect(events.at(-1)).toMatchObject({ event: 'end', status: 'interrupted' });
    expect(epochs.length).toBeGreaterThan(1);
    for (const epoch of epochs) {
      expect(epoch.gap).toBe(Number(epoch.validation_error) - Number(epoch.train_error));
    }
    // It ends when the first comes that is no better than the best before it; one more may be done by then.
    const worse = epochs.findIndex(
      ({ validation_loss, best_validation_loss }) => Number(validation_loss) > Number(best_validation_loss),
    );
    expect(worse).toBeGreaterThan(0);
    expect(epochs.length - 1 - worse).toBeLessThanOrEqual(1);
  });
});
