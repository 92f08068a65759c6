import { HEADERS } from '../../data/table/columns.js';
import { SCALES } from '../../data/table/scaling.js';
import { DATA_SOURCES, errors } from '../../errors.js';
import { integer, oneOf, PART, text, texts, WIDTHS } from '../checks.js';
import { option } from '../option.js';

export const DATA = {
  /**
   * Data set: `mnist`, `fashion-mnist`, a folder of IDX files, a table (a CSV or NDJSON file), or `-` for a table on stdin.
   * Files and stdin may be gzipped. @default 'mnist'
   */
  data: option(
    { kind: text(DATA_SOURCES), default: 'mnist', resume: 'by-content', mayDifferByRank: true },
    {
      help: 'data set: mnist, fashion-mnist, a folder of IDX files, or a table (CSV or NDJSON, - for stdin), optionally gzipped',
      short: 'd',
      argument: '<source>',
    },
  ),
  /** Number of training samples to use, from the start of the data set. The test set is not affected. @default all */
  limit: option(
    { kind: integer(1), resume: 'by-content', recipe: 'always' },
    { help: 'train only on the first n training samples', defaultText: 'all' },
  ),
  /**
   * Widths of the hidden layers, from input to output. An empty array (`none` on the command line) means no hidden layers, which
   * is softmax regression.
   * @default [1000]
   */
  hidden: option(
    { kind: WIDTHS, default: () => [1000], resume: 'network' },
    { help: 'hidden layer widths, such as 512,256, or none' },
  ),
};

const OF_TABLES = { isForTables: true, resume: 'by-content' } as const;

export const TABLES = {
  /** Name or number (from 1) of the label column: the classes. A table requires it, or `target`. @default none */
  label: option(
    { kind: text('a column name or number'), ...OF_TABLES },
    { help: 'label column, by name or number (from 1); a table requires --label or --target', argument: '<column>' },
  ),
  /** Names or numbers (from 1) of the columns of numbers to estimate, instead of classes. @default none */
  target: option(
    {
      kind: texts(
        'column names or numbers, separated by commas',
        "an array of column names or numbers, such as ['price']",
      ),
      ...OF_TABLES,
      excludes: { option: 'label', refusal: errors.labelAndTarget },
    },
    { help: 'columns of numbers to estimate, by name or number (from 1), instead of --label', argument: '<columns>' },
  ),
  /** Name or number (from 1) of the column with the weights of the rows, from 0. @default none */
  weight: option(
    { kind: text('a column name or number'), ...OF_TABLES },
    { help: 'column with the weights of the rows, by name or number (from 1)', argument: '<column>' },
  ),
  /** Whether the first row holds the column names; `auto` detects it. @default 'auto' */
  header: option(
    { kind: oneOf(HEADERS), default: 'auto', ...OF_TABLES },
    { help: 'whether the first row has the column names' },
  ),
  /** Scaling of each input column, fitted to the samples used for training. @default 'none' */
  scale: option({ kind: oneOf(SCALES), default: 'none', isForTables: true }, { help: 'scaling of the input columns' }),
  /** Fraction of the rows used as the test set. The seed determines which rows are used. @default none */
  testSplit: option(
    { kind: PART, ...OF_TABLES, excludes: { option: 'testData', refusal: errors.twoTests }, resume: 'between-epochs' },
    { help: 'fraction of the rows used as the test set', argument: '<fraction>' },
  ),
  /** Another table to use as the test set, with the same columns. @default none */
  testData: option(
    { kind: text('a table (CSV or NDJSON), or - for stdin'), ...OF_TABLES, mayDifferByRank: true },
    { help: 'another table to use as the test set, with the same columns', argument: '<table>' },
  ),
};
