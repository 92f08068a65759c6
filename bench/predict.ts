/**
 * How long does a prediction take in a program that has loaded a model?
 *
 *   node dist/bench/predict.js [--model file] [--kernel auto] [--rounds 20] [--json]
 *
 * On one thread, with the test digits of MNIST in turn: as pixels (`Uint8Array`) and as inputs (`Float32Array`); and of an
 * NDJSON line besides, what `lockstep predict` does for it: read, predicted, written as JSON. Without a model, the reference's
 * network after an epoch over 10,000 digits: it must be a trained one, for how many hidden units are not zero decides. Shown
 * are medians and spreads in µs a sample; the target is under 100.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { loadDataset } from '../src/data/sources.js';
import type { KernelName } from '../src/kernels/builds.js';
import { train } from '../src/run/train.js';
import { loadModel } from '../src/tools/network.js';
import { parseSample } from '../src/tools/predict/json-sample.js';
import { predictionLine } from '../src/tools/predict/prediction-line.js';
import { atExit } from './support/exit.js';
import { wholeFrom } from './support/options.js';
import { heading, row } from './support/table.js';
import { timeTurnByTurn } from './support/timing.js';

interface Options {
  readonly model?: string;
  readonly kernel: KernelName | 'auto';
  readonly rounds: number;
  readonly json: boolean;
}

const options = new Command('predict')
  .option('--model <file>', 'of 784 inputs')
  .option('--kernel <name>', 'as of train, where no model is given', 'auto')
  .option('--rounds <n>', 'of each', wholeFrom(1), 20)
  .option('--json', 'NDJSON', false)
  .parse()
  .opts<Options>();

/** As many different digits as are taken in turn: more than the branch predictor could learn by heart. */
const DIGITS = 1000;

const network = await loadModel(options.model ?? (await newModel()));
const { test } = await loadDataset('mnist');
const pixels = Array.from({ length: DIGITS }, (_, s) => test.values.subarray(s * 784, (s + 1) * 784));
const inputs = pixels.map((image) => Float32Array.from(image, (pixel) => pixel / 255));
const lines = pixels.map((image) => `[${image.join(',')}]`);

/** What is computed, so that the engine cannot leave it out. */
let sum = 0;
const CASES: Readonly<Record<string, (s: number) => void>> = {
  'pixels (Uint8Array)': (s) => {
    sum += network.predict(pixels[s]!).label;
  },
  'inputs (Float32Array)': (s) => {
    sum += network.predict(inputs[s]!).label;
  },
  'NDJSON line to NDJSON line': (s) => {
    const sample = parseSample(lines[s]!, network, true);
    sum += JSON.stringify(predictionLine(sample, network.predict(sample.x), network.classNames)).length;
  },
};

const timings = timeTurnByTurn(Object.values(CASES).map(inTurn), options.rounds);
if (!Number.isInteger(sum)) throw new Error('what was predicted are no classes');
report();

function inTurn(predict: (s: number) => void): () => void {
  let s = 0;
  return () => {
    predict(s);
    s = (s + 1) % DIGITS;
  };
}

async function newModel(): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-'));
  atExit(() => rmSync(folder, { recursive: true, force: true }));
  const save = path.join(folder, 'model.safetensors');
  for await (const event of train({ epochs: 1, limit: 10_000, kernel: options.kernel, save })) void event;
  return save;
}

function report(): void {
  const node = process.versions.node;
  const columns = [
    { title: `${network.layers.join('-')}, kernel ${network.kernel}, Node ${node}`, width: 44 },
    { title: 'µs', width: 7 },
    { title: 'from', width: 7 },
    { title: 'to', width: 7 },
  ];
  if (!options.json) console.log(heading(columns));
  for (const [i, name] of Object.keys(CASES).entries()) {
    const { settled, ...of } = timings[i]!;
    const [median, min, max] = [of.median, of.min, of.max].map((seconds) => seconds * 1e6) as [number, number, number];
    const { layers, kernel } = network;
    if (options.json)
      console.log(JSON.stringify({ node, layers, kernel, case: name, microseconds: median, min, max, settled }));
    else
      console.log(
        row(columns, [name, ...[median, min, max].map((each) => each.toFixed(1))]) + (settled ? '' : '  (unsettled)'),
      );
  }
}
