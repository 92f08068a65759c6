/** `lockstep predict`: samples in, classes and probabilities out, in order. */
import process from 'node:process';
import { bytesOfTable, STDIN } from '../../src/data/table/bytes.js';
import { type Headed, headed, isJson } from '../../src/data/table/rows.js';
import { errors, LockstepError, reason } from '../../src/errors.js';
import { ndjsonLine } from '../../src/output/ndjson.js';
import { onOneLine } from '../../src/text/printable.js';
import { loadModel, type Network, type Sample } from '../../src/tools/network.js';
import { CsvLines } from '../../src/tools/predict/csv-lines.js';
import { samplesOf } from '../../src/tools/predict/file-samples.js';
import type { SampleId } from '../../src/tools/predict/json-sample.js';
import {
  isLineFile,
  type LineSample,
  samplesOfJsonFile,
  samplesOfLines,
} from '../../src/tools/predict/line-samples.js';
import {
  type EstimateLine,
  estimateLine,
  type PredictionLine,
  predictionLine,
} from '../../src/tools/predict/prediction-line.js';
import { shapeFor } from '../../src/tools/predict/shape.js';
import { samplesOfTable, type TableSample } from '../../src/tools/predict/table-samples.js';
import { LineOutput } from '../line-output.js';
import { type PredictCommand, parsePredictCommand } from './predict-options.js';
import { estimateHeading, estimateRow } from './print-numbers.js';
import { PREDICTION_HEADING, predictionRow } from './print-prediction.js';

/** Problems that are reported one by one; the others are only counted. */
const MOST_REPORTED = 20;

interface NamedSample {
  /** For messages and the table. */
  readonly name: string;
  readonly file?: string;
  readonly id?: SampleId;
  /** Undefined, with `--format csv`: the row cannot be used. */
  readonly x: Sample | undefined;
  /** The row that it comes from, of a CSV table. */
  readonly row?: TableSample;
}

/** @returns the exit status */
export async function predictCommand(args: readonly string[]): Promise<number> {
  const command = parsePredictCommand(args);
  if (!command) return 0;
  const network = await loadModel(command.model);
  const { top, format } = command;
  const isOfNumbers = network.targets.length > 0;
  if (top !== undefined && isOfNumbers) throw errors.topOfNumbers(top);
  if (top !== undefined && top > network.classes)
    throw errors.invalidOption('top', top, `1 to ${network.classes}, the classes of the network`);

  if (network.table) requireNothingOfPictures(command);
  else requireNothingOfTables(command);
  if (format === 'csv' && (!network.table || command.sources.some((source) => isLineFile(source))))
    throw errors.csvOfTables();
  const { stdin, stdout } = process;
  const output = new LineOutput(stdout, () => void stdin.destroy());
  const problems = new Problems(command.isStrict);
  const samples = samplesFor(network, command, problems);
  let predicted = 0;
  const csv = format === 'csv' ? new CsvLines(network, top) : undefined;
  try {
    for await (const { name, x, row, ...sample } of samples) {
      if (output.isClosed) break;
      if (csv && row) {
        const predict = (given: Sample) => (isOfNumbers ? network.estimate(given) : network.predict(given));
        const prediction = x && attempt(name, problems, () => predict(x));
        await output.write(csv.begin(row.table) + csv.line(row.cells, prediction));
        if (prediction) predicted++;
        continue;
      }
      if (!x) continue;
      const line = attempt(name, problems, () =>
        isOfNumbers
          ? estimateLine(sample, network.estimate(x), network.targets)
          : predictionLine(sample, network.predict(x), network.classNames, top),
      );
      if (!line) continue;
      if (format === 'ndjson') await output.write(ndjsonLine(line));
      else await output.write(`${predicted === 0 ? headingFor(network) : ''}${rowOf(name, line, network)}`);
      predicted++;
    }
  } catch (error) {
    // A closed stdout has ended the reading of stdin.
    if (!output.isClosed) throw error;
  }
  if (output.isClosed) return 0;
  for (const [column, cells] of network.takeUnseenLevels()) {
    problems.hint(
      `column ${column}: ${cells} ${cells === 1 ? 'cell has a category' : 'cells have categories'} that no training row had`,
    );
  }
  problems.sumUp(predicted);
  return problems.hasLostFile ? 1 : 0;
}

/** @throws LockstepError (status 2) if an option is only for tables */
function requireNothingOfTables({ delimiter, comment, encoding }: PredictCommand): void {
  const stray = Object.entries({ delimiter, comment, encoding }).find(([, given]) => given !== undefined);
  if (stray) throw errors.usage(`--${stray[0]}: only for a network that was trained on a table`, 'lockstep predict');
}

/** @throws LockstepError (status 2) if an option is only for images */
function requireNothingOfPictures({ isPixels, resize, invert, shape }: PredictCommand): void {
  const stray = Object.entries({ pixels: isPixels, resize, invert, shape }).find(([, given]) => given);
  if (stray) throw errors.picturesOfTable(stray[0]);
}

function headingFor({ targets }: Network): string {
  return targets.length > 0 ? estimateHeading(targets.map((target) => target.name)) : PREDICTION_HEADING;
}

function rowOf(name: string, line: PredictionLine | EstimateLine, { classNames }: Network): string {
  const { columns } = process.stdout;
  return 'estimates' in line ? estimateRow(name, line, columns) : predictionRow(name, line, classNames, columns);
}

/** Undefined, and reported, if the numbers are too large for the network. */
function attempt<T>(name: string, problems: Problems, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    problems.report(name || 'an image', error);
    return undefined;
  }
}

async function* samplesFor(network: Network, command: PredictCommand, problems: Problems): AsyncGenerator<NamedSample> {
  const { sources, shape, resize, invert } = command;
  if (network.table) {
    yield* samplesOfTables(network, command, problems);
    return;
  }
  const hasPictures = sources.some((source) => source !== STDIN && !isLineFile(source));
  const fitting = hasPictures && { shape: shapeFor(network.inputs, shape), resize, invert };
  const { isPixels } = command;
  const lines = new Lines(isPixels, problems);
  for (const source of sources) {
    if (source === STDIN) {
      if (process.stdin.isTTY) problems.hint(TYPING);
      yield* lines.usable(samplesOfLines(process.stdin, network, isPixels), '');
      continue;
    }
    try {
      if (isLineFile(source)) {
        const samples = samplesOfJsonFile(source, network, isPixels);
        for await (const sample of lines.usable(samples, `${source} `)) yield { file: source, ...sample };
      } else if (fitting) {
        for await (const sample of samplesOf(source, fitting)) yield { name: '', ...sample };
      }
    } catch (error) {
      problems.report(undefined, error);
    }
  }
}

/** For a network that was trained on a table: CSV or JSON, detected by content, from files or stdin, optionally gzipped. */
async function* samplesOfTables(
  network: Network,
  { sources, delimiter, comment, encoding, format }: PredictCommand,
  problems: Problems,
): AsyncGenerator<NamedSample> {
  // As if --pixels were given: the hint to add it makes no sense here.
  const lines = new Lines(true, problems);
  for (const source of sources) {
    if (source === STDIN && process.stdin.isTTY) problems.hint(TYPING);
    const [file, ofFile, prefix] = source === STDIN ? ['stdin', {}, ''] : [source, { file: source }, `${source} `];
    try {
      if (source !== STDIN && isLineFile(source)) {
        const samples = samplesOfJsonFile(source, network, false);
        for await (const sample of lines.usable(samples, prefix)) yield { ...ofFile, ...sample };
        continue;
      }
      const read = async function* (bytes: Headed): AsyncGenerator<NamedSample> {
        if (isJson(bytes.head)) {
          if (format === 'csv') throw errors.csvOfTables();
          const samples = samplesOfLines(bytes.chunks, network, false);
          for await (const sample of lines.usable(samples, prefix)) yield { ...ofFile, ...sample };
          return;
        }
        for await (const each of samplesOfTable(file, bytes, network, { delimiter, comment })) {
          const { row, x, cells, table } = each;
          const isBad = x instanceof LockstepError;
          if (isBad) problems.skip(x);
          const sample = { name: `${prefix}row ${row}`, ...ofFile, id: row, row: each };
          if (!isBad) yield { ...sample, x };
          // The rows of the output are those of the input.
          else if (format === 'csv' && cells.length === table.width) yield { ...sample, x: undefined };
        }
      };
      yield* headed(bytesOfTable(source), read, encoding);
    } catch (error) {
      if (error instanceof LockstepError && error.code === 'csv_of_tables') throw error;
      problems.report(undefined, error);
    }
  }
}

const TYPING = 'reading samples from the terminal, one array of numbers per line; end with Ctrl-D (see --help)';

/** Samples from lines. Unusable lines are reported and skipped. */
class Lines {
  readonly #problems: Problems;
  #hasHinted: boolean;

  constructor(isPixels: boolean, problems: Problems) {
    this.#problems = problems;
    this.#hasHinted = isPixels;
  }

  /** @param prefix  of the names of the lines: the file */
  async *usable(samples: AsyncIterable<LineSample>, prefix: string): AsyncGenerator<NamedSample> {
    for await (const { place, sample } of samples) {
      const name = `${prefix}${place}`;
      if ('error' in sample) {
        this.#problems.report(name, sample.error);
        continue;
      }
      if (!this.#hasHinted && Array.from(sample.x as ArrayLike<unknown>).some((value) => Number(value) > 1)) {
        this.#hasHinted = true;
        this.#problems.hint(
          `${name}: numbers above 1, but the network was trained on pixels / 255; add --pixels if these are pixels`,
        );
      }
      yield { name, ...sample };
    }
  }
}

/** Reports unusable input on stderr, up to a limit. */
class Problems {
  readonly #isStrict: boolean;
  #count = 0;
  #hasLostFile = false;

  constructor(isStrict: boolean) {
    this.#isStrict = isStrict;
  }

  /** Whether a file could not be used. */
  get hasLostFile(): boolean {
    return this.#hasLostFile;
  }

  /**
   * @param where  undefined if the error names the file
   * @throws LockstepError with --strict
   */
  report(where: string | undefined, error: unknown): void {
    this.skip(where === undefined ? error : errors.badSample(where, error));
    if (where === undefined) this.#hasLostFile = true;
  }

  /**
   * Reports a sample that is left out; its source continues.
   *
   * @throws LockstepError with --strict
   */
  skip(problem: unknown): void {
    if (this.#isStrict) throw problem;
    this.#count++;
    if (this.#count <= MOST_REPORTED) this.hint(reason(problem));
  }

  hint(text: string): void {
    process.stderr.write(`lockstep predict: ${onOneLine(text)}\n`);
  }

  sumUp(predicted: number): void {
    if (this.#count === 0) return;
    const unseen = Math.max(0, this.#count - MOST_REPORTED);
    const more = unseen > 0 ? ` (${unseen} of them not shown)` : '';
    this.hint(`${predicted} predicted, ${this.#count} could not be used${more}`);
  }
}
