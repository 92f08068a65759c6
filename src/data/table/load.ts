/** Loads a table as a data set, with a test part that is split off, or read from another table. */
import { existsSync } from 'node:fs';
import { errors } from '../../errors.js';
import { TEST_SPLIT_STREAM } from '../../model/random.js';
import { grouped } from '../../text/grouped.js';
import type { Dataset, TableRemark } from '../dataset.js';
import { NO_SAMPLES, type Samples, taking } from '../samples.js';
import { splitting } from '../split.js';
import { isTable, STDIN } from './bytes.js';
import { nameOfTarget } from './column-place.js';
import { doubtInWords } from './columns.js';
import { nameOfSource, shortNameOfSource, type TableSource } from './memory.js';
import { type PrivateTable, readPrivateTable } from './private-table.js';
import { csvOptionsOf } from './read-raw-table.js';
import { type LeftOut, type ReadOptions, readTable, readTableLike } from './read-table.js';
import { inTurns, type Steps } from './steps.js';
import type { TableFacts } from './table-metadata.js';

export interface TableOptions extends ReadOptions {
  /** Fraction of the rows to split off as test set. 0 means none. */
  readonly testSplit?: number | undefined;
  /** A test table with the same columns. */
  readonly testData?: TableSource | undefined;
  /** For a private table: a table without private rows, to which everything is fitted. */
  readonly publicData?: TableSource | undefined;
  /** Whether the split takes the same fraction of every class. @default false */
  readonly stratify?: boolean;
  /** Determines the split. @default 1 */
  readonly seed?: number;
}

/**
 * @param data  a file, `-` for stdin, or a table in memory
 * @returns rows that are not encoded yet
 * @throws LockstepError
 */
export async function loadTable(data: TableSource, options: TableOptions): Promise<Dataset> {
  const { header = 'auto', testSplit, testData, publicData, seed = 1, stratify = false, signal } = options;
  if ([data, testData, publicData].filter((each) => each === STDIN).length > 1) throw errors.stdinTwice();
  if (typeof testData === 'string') requireTable(testData, errors.noTestTable);
  if (typeof publicData === 'string') requireTable(publicData, errors.noPublicTable);
  const { facts, samples, leftOut, publicSamples }: Omit<PrivateTable, 'publicSamples'> & Partial<PrivateTable> =
    publicData === undefined ? await readTable(data, options) : await readPrivateTable(data, publicData, options);
  const remarks = remarksOn(nameOfSource(publicData ?? data), leftOut, facts);
  let parts = { train: samples as Samples, test: NO_SAMPLES };
  if (testSplit) parts = await inTurns(testPart(samples, testSplit, seed, stratify), signal);
  else if (testData !== undefined) {
    const test = await readTableLike(testData, facts, undefined, header, signal, csvOptionsOf(options));
    remarks.push(...remarksOn(nameOfSource(testData), test.leftOut, facts));
    parts = { train: samples, test: test.samples };
  }
  if (parts.train.count === 0) throw errors.allSplitOff(testSplit!, samples.count);
  const { length: inputs } = facts.columns;
  return {
    ...{ name: shortNameOfSource(data), inputs, classes: facts.classNames.length, table: facts, remarks, ...parts },
    ...(facts.targets && { targetNames: facts.targets.map(nameOfTarget) }),
    ...(publicSamples && { publicSamples }),
  };
}

/** Warnings about what was left out. @param facts  of the model */
export function remarksOn(
  file: string,
  { columns, doubts = [], mixed = [], unlabeled, incomplete }: LeftOut,
  { targets }: Pick<TableFacts, 'targets'> = {},
): TableRemark[] {
  const remarks: TableRemark[] = [];
  if (columns.length > 0) {
    const [more, first] = [columns.length - MOST_SHOWN, columns.slice(0, MOST_SHOWN).join('; ')];
    const advice = 'to use such a column, name it in --types';
    remarks.push({
      code: 'columns_left_out',
      message: `${file}: left out: ${first}${more > 0 ? `; and ${more} more` : ''}; ${advice}`,
    });
  }
  if (doubts.length > 0) {
    const advice = 'if they are categories, say so in --types';
    remarks.push({ code: 'text_like_numbers', message: `${file}: ${doubtInWords(doubts)}; ${advice}` });
  }
  if (mixed.length > 0) {
    const [more, first] = [mixed.length - MOST_SHOWN, mixed.slice(0, MOST_SHOWN).join('; ')];
    const advice =
      'if these cells are missing values, use --missing-values; if the columns hold categories, say so in --types';
    remarks.push({
      code: 'mixed_columns',
      message: `${file}: used as categories: ${first}${more > 0 ? `; and ${more} more` : ''}; ${advice}`,
    });
  }
  const rows = [
    ...(unlabeled > 0 ? [`${rowsInWords(unlabeled)} without a ${targets ? 'target' : 'label'}`] : []),
    ...(incomplete > 0 ? [`${rowsInWords(incomplete)} with missing cells`] : []),
  ];
  if (rows.length > 0) remarks.push({ code: 'rows_left_out', message: `${file}: left out: ${rows.join(', ')}` });
  return remarks;
}

const MOST_SHOWN = 10;

function rowsInWords(count: number): string {
  return `${grouped(count)} ${count === 1 ? 'row' : 'rows'}`;
}

/** Splits off the test set of `--test-split`. */
export function* testPart(
  samples: Samples,
  fraction: number,
  seed: number,
  stratify: boolean,
): Steps<{ readonly train: Samples; readonly test: Samples }> {
  const classes = stratify ? samples.targets : undefined;
  const { kept, apart } = yield* splitting(samples.count, fraction, seed, TEST_SPLIT_STREAM, classes, samples.groups);
  return { train: yield* taking(samples, 0, kept), test: yield* taking(samples, 0, apart) };
}

/** Called before the training table is read, which may take long. */
function requireTable(data: string, refusal: typeof errors.noTestTable): void {
  if (!isTable(data)) throw refusal(data, existsSync(data) ? 'a folder' : 'no such file');
}
