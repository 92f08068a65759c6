import { HEADERS } from '../../data/table/header.js';
import { KINDS } from '../../data/table/kinds.js';
import { MISSING_MODES } from '../../data/table/missing.js';
import { SCALES } from '../../data/table/scaling.js';
import { ENCODINGS } from '../../data/table/utf8.js';
import { DATA_SOURCES, errors } from '../../errors.js';
import { activationNames, DEFAULT_ACTIVATION } from '../../kernels/activations.js';
import { integer, oneOf, PART_OR_ZERO, text, texts, WIDTHS } from '../checks.js';
import { option } from '../option.js';
import { HIDDEN_TEXT, hiddenFor } from '../table-sizes.js';

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
   * Widths of the hidden layers, from input to output. An empty array (`none` on the command line) means no hidden layers:
   * the network is a softmax regression or, with `target`, a linear regression.
   * @default [1000]; tables: 64, or 128,64 for 5,000 or more rows
   */
  hidden: option(
    { kind: WIDTHS, default: () => [1000], tableDefault: hiddenFor, resume: 'network' },
    { help: 'hidden layer widths, such as 512,256, or none', tableDefaultText: HIDDEN_TEXT },
  ),
  /** Activation function of the hidden layers: see docs/mathematics.md. @default 'relu' */
  activation: option(
    {
      kind: oneOf(activationNames()),
      default: DEFAULT_ACTIVATION,
      needs: [{ anyOf: ['hidden'], refusal: errors.noHiddenLayers }],
      resume: 'network',
    },
    { help: 'activation function of the hidden layers' },
  ),
};

const OF_TABLES = { isForTables: true, resume: 'by-content' } as const;

const isType = (text: string) => /.=/.test(text) && KINDS.some((kind) => text.endsWith(`=${kind}`));

export const TABLES = {
  /** Name or number (from 1) of the label column, which contains the classes. A table requires `label` or `target`. @default none */
  label: option(
    { kind: text('a column name or number'), ...OF_TABLES },
    { help: 'label column, by name or number (from 1); a table requires --label or --target', argument: '<column>' },
  ),
  /** Names or numbers (from 1) of the columns with the regression targets. @default none */
  target: option(
    {
      kind: texts('column names or numbers, separated by commas', (each) => each !== ''),
      ...OF_TABLES,
      excludes: { option: 'label', refusal: errors.labelAndTarget },
    },
    { help: 'columns of regression targets, by name or number (from 1), instead of --label', argument: '<columns>' },
  ),
  /** Name or number (from 1) of the column with the weights of the rows. Weights must not be negative. @default none */
  weight: option(
    { kind: text('a column name or number'), ...OF_TABLES },
    { help: 'column with the weights of the rows, by name or number (from 1)', argument: '<column>' },
  ),
  /**
   * Name or number (from 1) of the column that groups the rows. Rows with equal cells in this column are never divided between
   * training, validation and test samples. The column is not an input. @default none
   */
  group: option(
    {
      kind: text('a column name or number'),
      ...OF_TABLES,
      needs: [{ anyOf: ['fold', 'testSplit', 'validationSplit'] }],
    },
    { help: 'column that groups the rows: rows with equal cells stay in the same split', argument: '<column>' },
  ),
  /** Whether the first row contains the column names; with `auto`, Lockstep detects this. @default 'auto' */
  header: option(
    { kind: oneOf(HEADERS), default: 'auto', ...OF_TABLES },
    { help: 'whether the first row contains the column names' },
  ),
  /** Delimiter between CSV cells: a character, or `comma`, `semicolon`, `tab`, `pipe` or `blanks`. @default detected */
  delimiter: option(
    { kind: text('a character, or comma, semicolon, tab, pipe or blanks'), ...OF_TABLES },
    {
      help: 'delimiter between CSV cells: a character, tab, or blanks',
      argument: '<character>',
      defaultText: 'detected',
    },
  ),
  /** Character that begins a comment line in CSV. Comment lines are skipped. @default none */
  comment: option(
    { kind: text('a character, such as #'), ...OF_TABLES },
    { help: 'skip CSV lines that begin with this character', argument: '<character>' },
  ),
  /**
   * Character encoding of tables without a byte order mark. `windows-1252` (or `latin1`) is that of many CSV files from Excel.
   * @default 'utf-8'
   */
  encoding: option(
    { kind: oneOf(ENCODINGS), default: ENCODINGS[0], ...OF_TABLES },
    { help: 'character encoding of tables' },
  ),
  /**
   * The input columns, by name or number (from 1). By default, these are all columns except those that only identify the rows or
   * are empty. @default all
   */
  columns: option(
    { kind: texts('comma-separated column names or numbers'), ...OF_TABLES },
    { help: 'the input columns, by name or number, separated by commas', argument: '<columns>', defaultText: 'all' },
  ),
  /** Columns that are not inputs, by name or number (from 1). @default none */
  drop: option(
    { kind: texts('comma-separated column names or numbers'), ...OF_TABLES },
    { help: 'columns that are not inputs, by name or number', argument: '<columns>' },
  ),
  /** Kinds of columns (`number`, `category` or `date`), such as `['zip=category']`. @default inferred from the cells */
  types: option(
    {
      kind: texts(`comma-separated name=kind, such as zip=category; kinds: ${KINDS.join(', ')}`, isType),
      ...OF_TABLES,
    },
    {
      help: `kinds of columns, such as zip=category: ${KINDS.join(', ')}`,
      argument: '<types>',
      defaultText: 'inferred from the cells',
    },
  ),
  /**
   * What to do with missing cells: `fill` replaces missing numbers and dates with the median of the training rows, and treats a
   * missing category as a level of its own; `refuse` rejects the table; `drop` leaves out the rows with missing cells.
   * @default 'fill'
   */
  missing: option(
    { kind: oneOf(MISSING_MODES), default: 'fill', ...OF_TABLES },
    { help: 'what to do with missing cells' },
  ),
  /** Values that mark a cell as missing, besides empty cells, NA, N/A, NaN, null, None and ?. @default none */
  missingValues: option(
    { kind: texts('comma-separated values, such as -,unknown,-999'), ...OF_TABLES },
    {
      help: 'values that mark a cell as missing, besides empty cells, NA, N/A, NaN, null, None and ?',
      argument: '<values>',
    },
  ),
  /** Scaling of each input column, fitted to the samples used for training. @default 'standard' */
  scale: option(
    { kind: oneOf(SCALES), default: 'none', tableDefault: 'standard', isForTables: true },
    { help: 'scaling of the input columns' },
  ),
  /**
   * Fraction of the rows used as the test set, or 0 for no test set. The seed determines which rows are used.
   * @default 0.2, or 0 with --test-data, --fold or --private
   */
  testSplit: option(
    {
      kind: PART_OR_ZERO,
      ...OF_TABLES,
      tableDefault: ({ hasTestData, isPrivate }) => (hasTestData || isPrivate ? undefined : 0.2),
      excludes: { option: 'testData', refusal: errors.twoTests },
      resume: 'between-epochs',
    },
    {
      help: 'fraction of the rows used as the test set; 0 for none',
      argument: '<fraction>',
      tableDefaultText: '0.2, or 0 with --test-data, --fold or --private',
    },
  ),
  /** Another table to use as the test set, with the same columns. @default none */
  testData: option(
    {
      kind: text('a table (CSV or NDJSON), or - for stdin'),
      ...OF_TABLES,
      excludes: { option: 'fold', refusal: () => errors.foldAndTest('--test-data') },
      mayDifferByRank: true,
    },
    { help: 'another table to use as the test set, with the same columns', argument: '<table>' },
  ),
};
