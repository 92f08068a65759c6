import { HEADERS } from '../../data/table/columns.js';
import { SCALES } from '../../data/table/scaling.js';
import { DATA_SOURCES, errors } from '../../errors.js';
import { integer, oneOf, PART, text, WIDTHS } from '../checks.js';
import { option } from '../option.js';

export const DATA = {
  /**
   * Data set: `mnist`, `fashion-mnist`, a folder of IDX files, a table (a CSV or NDJSON file), or `-` for a table on stdin;
   * gzipped or not. @default 'mnist'
   */
  data: option(
    { kind: text(DATA_SOURCES), default: 'mnist', resume: 'by-content', mayDifferByRank: true },
    {
      help: 'data set: mnist, fashion-mnist, a folder of IDX files, or a table (CSV or NDJSON, - for stdin), gzipped or not',
      short: 'd',
      argument: '<source>',
    },
  ),
  /** Number of training samples to use, the first of the data set. The test set is not affected. @default all */
  limit: option(
    { kind: integer(1), resume: 'by-content', recipe: 'always' },
    { help: 'train on the first n samples only', defaultText: 'all' },
  ),
  /** Widths of the hidden layers, from input to output; empty for softmax regression. @default [1000] */
  hidden: option(
    { kind: WIDTHS, default: () => [1000], resume: 'network' },
    { help: 'hidden layer widths, such as 512,256, or none' },
  ),
};

const OF_TABLES = { isForTables: true, resume: 'by-content' } as const;

export const TABLES = {
  /** Column that holds the classes: its name, or its number from 1. The others are inputs. Required for a table. @default none */
  label: option(
    { kind: text('a column name or number'), ...OF_TABLES },
    { help: 'label column, by name or number (from 1); required for a table', argument: '<column>' },
  ),
  /** Whether the first row holds the column names; `auto` detects it. @default 'auto' */
  header: option(
    { kind: oneOf(HEADERS), default: 'auto', ...OF_TABLES },
    { help: 'whether the first row has the column names' },
  ),
  /** Scaling of each input column, fitted to the samples used for training. @default 'none' */
  scale: option({ kind: oneOf(SCALES), default: 'none', isForTables: true }, { help: 'scaling of the input columns' }),
  /** Fraction of the rows in the test set, chosen by the seed. @default none */
  testSplit: option(
    { kind: PART, ...OF_TABLES, excludes: { option: 'testData', refusal: errors.twoTests }, resume: 'between-epochs' },
    { help: 'fraction of the rows in the test set', argument: '<fraction>' },
  ),
  /** Another table to use as the test set, with the same columns. @default none */
  testData: option(
    { kind: text('a table (CSV or NDJSON), or - for stdin'), ...OF_TABLES, mayDifferByRank: true },
    { help: 'another table, with the same columns, as the test set', argument: '<table>' },
  ),
};
