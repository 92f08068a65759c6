/** Loads a table as a data set, with a test part that is split off, or read from another table. */
import { existsSync } from 'node:fs';
import { errors } from '../../errors.js';
import { TEST_SPLIT_STREAM } from '../../model/random.js';
import { grouped } from '../../text/grouped.js';
import type { Dataset, TableRemark } from '../dataset.js';
import { NO_SAMPLES, type Samples, takeSamples } from '../samples.js';
import { splitOff, splitOffByClass } from '../split.js';
import { isTable, STDIN, shortNameOfTable } from './bytes.js';
import type { Header } from './columns.js';
import { readTable, readTableLike } from './read-table.js';
import { type ApartOptions, nameOfTarget } from './targets.js';

export interface TableOptions extends ApartOptions {
  /** Name of the class column, or its number, from 1. */
  readonly label?: string | undefined;
  /** @default 'auto' */
  readonly header?: Header;
  /** Fraction of the rows to split off as test set. */
  readonly testSplit?: number | undefined;
  /** A test table with the same columns. */
  readonly testData?: string | undefined;
  /** Whether the split takes the same fraction of every class. @default false */
  readonly stratify?: boolean;
  /** Determines the split. @default 1 */
  readonly seed?: number;
  /** Ends the reading. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * @param data  a file, or `-` for stdin
 * @throws LockstepError
 */
export async function loadTable(data: string, options: TableOptions): Promise<Dataset> {
  const { label, header = 'auto', testSplit, testData, seed = 1, stratify = false, signal, target, weight } = options;
  if (data === STDIN && testData === STDIN) throw errors.stdinTwice();
  if (testData !== undefined) requireTestTable(testData);
  const { facts, inputs, samples, leftOut } = await readTable(data, label, header, signal, { target, weight });
  const test =
    testData === undefined ? undefined : await readTableLike(testData, facts, inputs, undefined, header, signal);
  const parts =
    testSplit !== undefined
      ? testPart(samples, inputs, testSplit, seed, stratify)
      : { train: samples, test: test?.samples ?? NO_SAMPLES };
  if (parts.train.count === 0) throw errors.allSplitOff(testSplit!, samples.count);
  return {
    ...{ name: shortNameOfTable(data), inputs, classes: facts.classNames.length, table: facts, ...parts },
    ...(facts.targets?.length && { targetNames: facts.targets.map(nameOfTarget) }),
    remarks: remarksOn(leftOut + (test?.leftOut ?? 0)),
  };
}

function remarksOn(leftOut: number): TableRemark[] {
  if (leftOut === 0) return [];
  const rows = leftOut === 1 ? '1 row' : `${grouped(leftOut)} rows`;
  return [{ code: 'rows_left_out', message: `${rows} left out, because a target is missing` }];
}

/** Splits off the test set of `--test-split`. */
export function testPart(
  samples: Samples,
  inputs: number,
  fraction: number,
  seed: number,
  stratify: boolean,
): { readonly train: Samples; readonly test: Samples } {
  const { kept, apart } = stratify
    ? splitOffByClass(samples.targets, fraction, seed, TEST_SPLIT_STREAM)
    : splitOff(samples.count, fraction, seed, TEST_SPLIT_STREAM);
  return { train: takeSamples(samples, inputs, kept), test: takeSamples(samples, inputs, apart) };
}

/** Called before the training table is read, which may take long. */
function requireTestTable(data: string): void {
  if (!isTable(data)) throw errors.noTestTable(data, existsSync(data) ? 'a folder' : 'no such file');
}
