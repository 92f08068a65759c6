/** A table as a data set: with a test part, if one is split off, or a table of its own. */
import { existsSync } from 'node:fs';
import { errors } from '../../errors.js';
import { TEST_SPLIT_STREAM } from '../../model/random.js';
import type { Dataset } from '../dataset.js';
import { NO_SAMPLES, type Samples, takeSamples } from '../samples.js';
import { splitOff } from '../split.js';
import { isTable, STDIN, shortNameOfTable } from './bytes.js';
import type { Header } from './columns.js';
import { readTable, readTableLike } from './read-table.js';

/** What is asked of a table. */
export interface TableOptions {
  /** The column that holds the classes: its name, or its number, from 1. */
  readonly label?: string | undefined;
  /** @default 'auto' */
  readonly header?: Header;
  /** Fraction of the rows that is split off for the test, chosen by the seed. */
  readonly testSplit?: number | undefined;
  /** A table of the same columns, to test on. */
  readonly testData?: string | undefined;
  /** Of the split. @default 1 */
  readonly seed?: number;
  /** Ends the reading. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * @param data  a file, or `-` for stdin
 * @throws LockstepError
 */
export async function loadTable(data: string, options: TableOptions): Promise<Dataset> {
  const { label, header = 'auto', testSplit, testData, seed = 1, signal } = options;
  if (data === STDIN && testData === STDIN) throw errors.stdinTwice();
  if (testData !== undefined) requireTestTable(testData);
  const { facts, inputs, samples } = await readTable(data, label, header, signal);
  const parts =
    testSplit !== undefined
      ? testPart(samples, inputs, testSplit, seed)
      : {
          train: samples,
          test:
            testData === undefined
              ? NO_SAMPLES
              : (await readTableLike(testData, facts, inputs, undefined, header, signal)).samples,
        };
  if (parts.train.count === 0) throw errors.allSplitOff(testSplit!, samples.count);
  return { name: shortNameOfTable(data), inputs, classes: facts.classNames.length, table: facts, ...parts };
}

/** What `--test-split` splits off, and what it leaves. */
export function testPart(
  samples: Samples,
  inputs: number,
  fraction: number,
  seed: number,
): { readonly train: Samples; readonly test: Samples } {
  const { kept, apart } = splitOff(samples.count, fraction, seed, TEST_SPLIT_STREAM);
  return { train: takeSamples(samples, inputs, kept), test: takeSamples(samples, inputs, apart) };
}

/** Before the training table is read, which may take long. */
function requireTestTable(data: string): void {
  if (!isTable(data)) throw errors.noTestTable(data, existsSync(data) ? 'a folder' : 'no such file');
}
