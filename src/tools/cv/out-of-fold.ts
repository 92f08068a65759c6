/** Out-of-fold predictions: for each sample, the prediction of a network that was not trained on it. */
import path from 'node:path';
import { errors } from '../../errors.js';
import { type Output, openOutput, requireOutput, type Written, writeInAnyCase } from '../../files/output.js';
import type { FileOrDescriptor } from '../../files/resolve-links.js';
import { csvLine } from '../../text/csv-line.js';
import { escapedJson } from '../../text/printable.js';

interface OutOfFold {
  /** From 1. */
  readonly repeat: number;
  /** From 1. */
  readonly fold: number;
  /** Number of the row as in messages; of an image, from 0. */
  readonly row: number;
}

export interface OutOfFoldClass extends OutOfFold {
  /** The true class. */
  readonly label: string | number;
  /** The predicted class. */
  readonly class: string | number;
  /** Probability of `class`. */
  readonly probability: number;
  /** (classes) Absent if there are too many samples and classes. */
  readonly probabilities?: readonly number[];
}

export interface OutOfFoldNumbers extends OutOfFold {
  /** The true values, by target. */
  readonly targets: Readonly<Record<string, number>>;
  /** By target, in its own unit. */
  readonly estimates: Readonly<Record<string, number>>;
}

export type OutOfFoldPrediction = OutOfFoldClass | OutOfFoldNumbers;

const outputAt = (file: string): Output => ({ flag: '--output', file, kind: 'predictions' });

/** @throws LockstepError if the predictions must not be written to this file */
export async function requirePredictions(file: string, inputs: readonly FileOrDescriptor[]): Promise<void> {
  if (!isCsv(file) && path.extname(file) !== '.ndjson') {
    throw errors.fileExtension('--output', file, '.ndjson or .csv');
  }
  await requireOutput(outputAt(file), inputs);
}

/** @throws LockstepError if the file cannot be written */
export async function openPredictions(file: string): Promise<void> {
  await openOutput(outputAt(file));
}

/**
 * @param predictions  at least one
 * @param classNames   empty for regression targets
 * @returns where they are: if something else has taken the name, the file gets another one
 * @throws the system error
 */
export async function writePredictions(
  file: string,
  predictions: readonly OutOfFoldPrediction[],
  classNames: readonly (string | number)[],
): Promise<Written> {
  return await writeInAnyCase(file, 'predictions', [...blocksOf(predictions, classNames, isCsv(file))]);
}

function isCsv(file: string): boolean {
  return path.extname(file) === '.csv';
}

/** Lines that are made at once. */
const BLOCK = 10_000;

function* blocksOf(
  predictions: readonly OutOfFoldPrediction[],
  classNames: readonly (string | number)[],
  areCsv: boolean,
): Generator<Uint8Array> {
  if (areCsv) yield Buffer.from(csvLine(headerOf(predictions[0]!, classNames)));
  const lineOf = (each: OutOfFoldPrediction) =>
    areCsv ? csvLine(cellsOf(each)) : `${escapedJson(JSON.stringify(each))}\n`;
  for (let from = 0; from < predictions.length; from += BLOCK) {
    const lines = predictions.slice(from, from + BLOCK).map(lineOf);
    yield Buffer.from(lines.join(''));
  }
}

function headerOf(first: OutOfFoldPrediction, classNames: readonly (string | number)[]): string[] {
  const common = ['repeat', 'fold', 'row'];
  if ('targets' in first) {
    return [...common, ...Object.keys(first.targets).flatMap((name) => [`target_${name}`, `predicted_${name}`])];
  }
  const names = first.probabilities ? classNames.map((name) => `probability_${name}`) : [];
  return [...common, 'label', 'class', 'probability', ...names];
}

function cellsOf(each: OutOfFoldPrediction): unknown[] {
  const common = [each.repeat, each.fold, each.row];
  if ('targets' in each) {
    return [...common, ...Object.entries(each.targets).flatMap(([name, value]) => [value, each.estimates[name]])];
  }
  return [...common, each.label, each.class, each.probability, ...(each.probabilities ?? [])];
}
