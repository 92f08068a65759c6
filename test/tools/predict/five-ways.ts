/**
 * One network, asked in five ways for the classes of all 10,000 test images of MNIST: the end of its training, `evaluate`,
 * `predict` (lines and IDX file), onnxruntime with the exported file, and the library.
 *
 *   PYTHON=/path/to/python node dist/test/tools/predict/five-ways.js model.safetensors [run.ndjson]
 *
 * `run.ndjson` is what training wrote: its last line has loss and error. Without it the end of training is left out, and said
 * to be. PYTHON names a Python that has onnxruntime and numpy.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { FILES, findFile } from '../../../src/data/idx-folder.js';
import { findIdxFolder, loadPart } from '../../../src/data/sources.js';
import type { EndEvent, EvaluationEvent } from '../../../src/metrics/events.js';
import { loadModel } from '../../../src/tools/network.js';
import type { PredictionLine } from '../../../src/tools/predict/prediction-line.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { fixtures } from '../../support/paths.js';
import { runLockstep } from '../../support/run-lockstep.js';

/** Of logits, to either side. */
const TOLERANCE = 1e-4;

const [model = '', run] = new Command('five-ways')
  .description('The classes of all test images, from five ways to ask for them, must be equal.')
  .argument('<model>', 'what train --save wrote')
  .argument('[run]', 'the NDJSON of that run')
  .parse().args;
const python = process.env.PYTHON ?? 'python3';

const { samples } = await loadPart('mnist', 'test');
const network = await loadModel(model);
const { inputs, classes } = network;
const image = (s: number) => samples.values.subarray(s * inputs, (s + 1) * inputs);
const expected = Array.from({ length: samples.count }, (_, s) => network.predict(image(s)));
const integer = new Intl.NumberFormat('en-US');
let isEqual = true;

function say(way: string, found: string, isAsExpected = true): void {
  isEqual &&= isAsExpected;
  console.log(`${way.padEnd(28)}${found}${isAsExpected ? '' : '   NOT EQUAL'}`);
}

/** Against the library's, one by one. */
function compare(way: string, labels: readonly number[], more = '', isAsExpected = true): void {
  const equal = expected.filter(({ label }, s) => labels[s] === label).length;
  const isAll = equal === samples.count && labels.length === samples.count;
  say(way, `${integer.format(equal)} of ${integer.format(samples.count)} classes equal${more}`, isAll && isAsExpected);
}

async function lockstep(args: readonly string[], input?: Iterable<string>): Promise<unknown[]> {
  const { status, stdout, stderr } = await runLockstep(args, input);
  if (status !== 0) throw new Error(`lockstep ${args.join(' ')}: status ${status}, ${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

console.log(
  `${path.basename(model)}: ${network.layers.join('-')}, kernel ${network.kernel}, Node ${process.versions.node}`,
);
console.log(`weights sha256 ${network.weightsSha256}\n`);
const wrong = expected.filter(({ label }, s) => label !== samples.targets[s]).length;
say('the library', `${integer.format(wrong)} of ${integer.format(samples.count)} wrong`);

const [evaluated] = (await lockstep(['evaluate', model])) as [EvaluationEvent];
const confusion = evaluated.confusion.map((row) => row.map(() => 0));
for (const [s, { label }] of expected.entries()) confusion[samples.targets[s]!]![label]!++;
const isSame = JSON.stringify(confusion) === JSON.stringify(evaluated.confusion);
say('evaluate', `loss ${evaluated.test_loss}, error ${evaluated.test_error}; its confusion matrix equal`, isSame);

if (run === undefined) say('end of training', 'not compared: add the NDJSON of the run');
else {
  const end = JSON.parse(readFileSync(run, 'utf8').trim().split('\n').at(-1)!) as EndEvent;
  const isTheRun = end.weights_sha256 === network.weightsSha256;
  const isThere = end.test_loss === evaluated.test_loss && end.test_error === evaluated.test_error;
  say('end of training', `loss ${end.test_loss}, error ${end.test_error}`, isTheRun && isThere);
}

const classesOf = (lines: unknown[]) => (lines as PredictionLine[]).map((line) => Number(line.class));
function* lines(): Generator<string> {
  for (let s = 0; s < samples.count; s++) yield `[${image(s).join(',')}]\n`;
}
compare('predict, lines on stdin', classesOf(await lockstep(['predict', model, '--pixels', '--top', '1'], lines())));
const file = findFile(findIdxFolder('mnist'), FILES.testImages)!;
compare('predict, the IDX file', classesOf(await lockstep(['predict', model, '--top', '1', file])));

const folder = temporaryFolder();
try {
  const [onnx, images, outputs] = ['model.onnx', 'images', 'outputs'].map((name) => path.join(folder.path, name));
  await lockstep(['export', model, '-o', onnx!]);
  writeFileSync(images!, samples.values);
  execFileSync(python, [path.join(fixtures, 'onnxruntime-logits.py'), onnx!, images!, outputs!]);
  const version = execFileSync(python, ['-c', 'import onnxruntime; print(onnxruntime.__version__)'], {
    encoding: 'utf8',
  });
  const bytes = readFileSync(outputs!);
  const found = new Float32Array(bytes.buffer, bytes.byteOffset, samples.count * classes);
  const logitsOf = (s: number) => Array.from(found.subarray(s * classes, (s + 1) * classes));
  const labels = expected.map((_, s) => logitsOf(s)).map((logits) => logits.indexOf(Math.max(...logits)));
  // What softmax takes away is the same for all classes of a sample, and is taken away here too.
  const furthest = Math.max(
    ...expected.map(({ probabilities }, s) => {
      const ours = centered(Array.from(probabilities, Math.log));
      return Math.max(...centered(logitsOf(s)).map((logit, c) => Math.abs(logit - ours[c]!)));
    }),
  );
  const more = `; logits ${furthest.toExponential(2)} apart at most`;
  compare(`onnxruntime ${version.trim()}`, labels, more, furthest < TOLERANCE);
} finally {
  rmSync(folder.path, { recursive: true });
}
if (!isEqual) process.exitCode = 1;

function centered(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}
