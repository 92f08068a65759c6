/**
 * A table for the comparison with other trainers: seeded, dense, and learnable. Each row has 28 numbers and one of two
 * classes.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { FILES } from '../../src/data/idx-folder.js';
import { Random } from '../../src/model/random.js';
import { idxHeader } from './idx-header.js';

export const TABLE_ROWS = 100_000;
export const TABLE_COLUMNS = 28;
/** In the order of their text, which is the order of Lockstep's classes. */
export const TABLE_CLASSES = ['no', 'yes'] as const;

/** For Lockstep, so that no rows of the table are split off as a test set. */
const TEST_ROWS = 1_000;
const SEED = 1;
/** Streams of the random number generator: any numbers not used elsewhere. */
const STREAMS = { teacher: 0x7ab1e, train: 0x7ab1f, test: 0x7ab20 };
/** Decimal places in the CSV file. The binary file has the float32 numbers nearest to these decimals. */
const DECIMALS = 4;
/** Uniform numbers within ± this limit have variance 1. */
const LIMIT = Math.sqrt(3);
/** Standard deviation of the noise in the score. Without noise, the variance of the score is 1. */
const NOISE = 0.3;

export interface Table {
  /** [rows × TABLE_COLUMNS], none of them 0. */
  readonly values: Float32Array;
  /** 0 or 1: an index into TABLE_CLASSES. */
  readonly labels: Uint8Array;
}

/** The class of a row depends on the sign of a score: a sum of its numbers, and of products of two of them, plus noise. */
interface Teacher {
  readonly weights: readonly number[];
  readonly products: readonly { readonly columns: readonly [number, number]; readonly weight: number }[];
}

/** Draws the same rows for each call; fewer rows are the first of more. */
export function drawTable(rows: number, part: 'train' | 'test' = 'train'): Table {
  const teacher = drawTeacher();
  const random = new Random(SEED, STREAMS[part]);
  const values = new Float32Array(rows * TABLE_COLUMNS);
  const labels = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const numbers = values.subarray(row * TABLE_COLUMNS, (row + 1) * TABLE_COLUMNS);
    for (let column = 0; column < TABLE_COLUMNS; column++) numbers[column] = drawNumber(random);
    labels[row] = scoreOf(teacher, numbers) + NOISE * symmetric(random) > 0 ? 1 : 0;
  }
  return { values, labels };
}

/**
 * Writes the table for all trainers: for Lockstep train.csv and test.csv, with the label in the column `class`; for the
 * others the same numbers as float32 (little-endian, row by row, without a header), and the labels as an IDX file.
 */
export function writeTableData(folder: string, rows: number): void {
  const table = drawTable(rows);
  writeFileSync(path.join(folder, 'train.csv'), csvOf(table));
  writeFileSync(path.join(folder, 'test.csv'), csvOf(drawTable(TEST_ROWS, 'test')));
  writeFileSync(path.join(folder, 'train-rows-float32'), littleEndian(table.values));
  writeFileSync(path.join(folder, FILES.trainLabels), Buffer.concat([idxHeader([rows]), table.labels]));
}

function drawTeacher(): Teacher {
  const random = new Random(SEED, STREAMS.teacher);
  const scale = 1 / Math.sqrt(2 * TABLE_COLUMNS);
  const weights = Array.from({ length: TABLE_COLUMNS }, () => scale * symmetric(random));
  const products = Array.from({ length: TABLE_COLUMNS }, (_, column) => ({
    columns: [column, (column + 1 + random.below(TABLE_COLUMNS - 1)) % TABLE_COLUMNS] as const,
    weight: scale * symmetric(random),
  }));
  return { weights, products };
}

function scoreOf({ weights, products }: Teacher, numbers: Float32Array): number {
  let score = 0;
  for (const [column, weight] of weights.entries()) score += weight * numbers[column]!;
  for (const { columns, weight } of products) score += weight * numbers[columns[0]]! * numbers[columns[1]]!;
  return score;
}

/** With mean 0 and variance 1. */
function symmetric(random: Random): number {
  return LIMIT * (2 * random.fraction() - 1);
}

/** A decimal number that is not 0. */
function drawNumber(random: Random): number {
  const units = Math.round(symmetric(random) * 10 ** DECIMALS);
  return (units === 0 ? 1 : units) / 10 ** DECIMALS;
}

function csvOf({ values, labels }: Table): string {
  const names = Array.from({ length: TABLE_COLUMNS }, (_, column) => `x${column + 1}`);
  const lines = [[...names, 'class'].join(',')];
  for (const [row, label] of labels.entries()) {
    const numbers = values.subarray(row * TABLE_COLUMNS, (row + 1) * TABLE_COLUMNS);
    lines.push([...Array.from(numbers, (number) => number.toFixed(DECIMALS)), TABLE_CLASSES[label]!].join(','));
  }
  return `${lines.join('\n')}\n`;
}

function littleEndian(values: Float32Array): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 * values.length));
  for (const [i, value] of values.entries()) bytes.setFloat32(4 * i, value, true);
  return new Uint8Array(bytes.buffer);
}
