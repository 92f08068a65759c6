/** `lockstep predict`: samples in, classes and probabilities out, in order. */
import process from 'node:process';
import { errors, reason } from '../../src/errors.js';
import { linesOf } from '../../src/files/lines.js';
import { loadModel, type Network, type Prediction, type Sample } from '../../src/network.js';
import { samplesOf } from '../../src/predict/file-samples.js';
import { parseSample, type SampleId } from '../../src/predict/json-sample.js';
import { predictionLine } from '../../src/predict/prediction-line.js';
import { LineOutput } from '../line-output.js';
import { type PredictCommand, parsePredictCommand, shapeFor } from './predict-options.js';
import { PREDICTION_HEADING, predictionRow } from './predict-table.js';

/** Of a sample. (JSON of a float64 takes 25 bytes at most, its comma included; some write it with spaces.) */
const LINE_BYTES = 1 << 20;
const LINE_BYTES_A_NUMBER = 64;
/** Reported one by one; the others are counted. */
const MOST_REPORTED = 20;

interface Named {
  /** For people. */
  readonly name: string;
  readonly file?: string;
  readonly id?: SampleId;
  readonly x: Sample;
}

/** @returns the exit status */
export async function predictCommand(args: readonly string[]): Promise<number> {
  const command = parsePredictCommand(args);
  if (!command) return 0;
  const network = await loadModel(command.model);
  const { top, files, format } = command;
  if (top !== undefined && top > network.classes)
    throw errors.option('top', top, `1 to ${network.classes}, the network's classes`);

  if (command.isPixels && network.table) throw errors.pixelsOfTable();
  const { stdin, stdout } = process;
  const output = new LineOutput(stdout, () => void stdin.destroy());
  const problems = new Problems(command.isStrict);
  const samples = files.length > 0 ? fromFiles(network, command, problems) : fromLines(network, command, problems);
  let predicted = 0;
  try {
    for await (const { name, x, ...sample } of samples) {
      if (output.isClosed) break;
      const prediction = predictionOf(network, x, name, problems);
      if (!prediction) continue;
      const line = predictionLine(sample, prediction, network.classNames, top);
      if (format === 'ndjson') await output.write(`${JSON.stringify(line)}\n`);
      else
        await output.write(
          `${predicted === 0 ? PREDICTION_HEADING : ''}${predictionRow(name, line, network.classNames)}`,
        );
      predicted++;
    }
  } catch (error) {
    // Reading was ended because nobody reads what comes of it.
    if (!output.isClosed) throw error;
  }
  if (output.isClosed) return 0;
  problems.sumUp(predicted);
  return problems.hasLostFile ? 1 : 0;
}

/** Undefined, and reported, where the numbers are too large for the network. */
function predictionOf(network: Network, x: Sample, name: string, problems: Problems): Prediction | undefined {
  try {
    return network.predict(x);
  } catch (error) {
    problems.report(name || 'a picture', error);
    return undefined;
  }
}

async function* fromLines(network: Network, { isPixels }: PredictCommand, problems: Problems): AsyncGenerator<Named> {
  const mostBytes = Math.max(LINE_BYTES, LINE_BYTES_A_NUMBER * network.inputs);
  let hasHinted = isPixels || network.table !== undefined;
  for await (const { number, text } of linesOf(process.stdin, mostBytes)) {
    try {
      if (typeof text !== 'string') throw text;
      if (text.trim() === '') continue;
      const sample = parseSample(text, network, isPixels);
      if (!hasHinted && sample.x.some((value) => value > 1)) {
        hasHinted = true;
        problems.hint(
          `line ${number}: numbers above 1, where training had pixels / 255: add --pixels if these are pixels`,
        );
      }
      yield { name: `line ${number}`, ...sample };
    } catch (error) {
      problems.report(`line ${number}`, error);
    }
  }
}

async function* fromFiles(network: Network, command: PredictCommand, problems: Problems): AsyncGenerator<Named> {
  const fitting = { shape: shapeFor(network.inputs, command.shape), resize: command.resize, invert: command.invert };
  for (const file of command.files) {
    try {
      for await (const sample of samplesOf(file, fitting)) yield { name: '', ...sample };
    } catch (error) {
      problems.report(undefined, error);
    }
  }
}

/** What could not be used, on stderr: a line each, but not without end. */
class Problems {
  readonly #isStrict: boolean;
  #count = 0;
  #hasLostFile = false;

  constructor(isStrict: boolean) {
    this.#isStrict = isStrict;
  }

  /** A file that was asked for by name is missing from the output. */
  get hasLostFile(): boolean {
    return this.#hasLostFile;
  }

  /**
   * @param where  undefined: in a file, which the error names
   * @throws LockstepError, the same, where the first one is to end it
   */
  report(where: string | undefined, error: unknown): void {
    const problem = where === undefined ? error : errors.badSample(where, error);
    if (this.#isStrict) throw problem;
    if (where === undefined) this.#hasLostFile = true;
    this.#count++;
    if (this.#count <= MOST_REPORTED) this.hint(reason(problem));
  }

  hint(text: string): void {
    process.stderr.write(`lockstep predict: ${text}\n`);
  }

  sumUp(predicted: number): void {
    if (this.#count === 0) return;
    const unseen = Math.max(0, this.#count - MOST_REPORTED);
    const more = unseen > 0 ? ` (${unseen} of them not shown)` : '';
    this.hint(`${predicted} predicted, ${this.#count} could not be used${more}`);
  }
}
