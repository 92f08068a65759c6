/** Tables: their columns, rows and cells. */
import { grouped } from '../../text/grouped.js';
import { failure, noTableAt, usage } from '../draft.js';
import { shown } from '../shown.js';

export const tableErrors = {
  twoRoles: (found: string, other: string) =>
    usage(`${found}: this column is also given by ${other}; choose another column`),
  columnTwice: (flag: string, column: string) => usage(`--${flag}: ${column} is given twice; give it once`),
  labelMissing: (file: string, columns: string) =>
    usage(
      `${file}: requires --label, the name or number of the class column, or --target, the columns of regression targets; its columns are ${columns}`,
    ),
  noSuchColumn: (flag: string, file: string, column: string, columns: string, hasHeader: boolean) =>
    usage(
      `--${flag} ${shown(column)}: ${file} has no such column; its columns are ${columns}` +
        (hasHeader ? '' : ' (if the first row holds column names, add --header yes)'),
    ),
  notAnInput: (flag: string, file: string, column: string) =>
    usage(`--${flag}: ${column} of ${file} is not an input anyway; omit it from --${flag}`),
  inputIsLabel: (file: string, column: string) =>
    usage(
      `${file}: ${column} is the label, a target, the weight or the group, which cannot be an input; omit it from --columns and --types`,
    ),
  headerOfObjects: (file: string) =>
    usage(`--header no: the rows of ${file} are objects, whose field names are the columns; omit this option`),
  allSplitOff: (fraction: number, rows: number) =>
    usage(`--test-split ${fraction}: leaves none of ${grouped(rows)} rows for training; choose a smaller fraction`),
  noTestTable: (data: string, found: string) => noTableAt('test-data', data, found),
  notATable: (file: string) =>
    failure(
      `${file}: not a table (it contains null bytes); expected CSV or NDJSON in UTF-8 (or specify --encoding utf-16le), or a folder of IDX files`,
    ),
  emptyTable: (file: string) => failure(`${file}: empty; expected rows of numbers and a class`),
  headerOnly: (file: string) => failure(`${file}: a header but no rows; expected rows of numbers and a class`),
  oneColumn: (file: string) =>
    failure(
      `${file}: the first row has one column; expected a class and at least one number, ` +
        'separated by commas, semicolons or tabs',
    ),
  sameColumns: (file: string, name: string, first: number, second: number) =>
    failure(`${file}: columns ${first} and ${second} have the same name, ${shown(name)}; rename one of them`),
  otherColumns: (file: string, found: number, expected: number) =>
    failure(`${file}: ${found} columns; expected ${expected}, as in the training table`),
  noSuchInput: (file: string, name: string, columns: string) =>
    failure(`${file}: no column ${shown(name)}, which the training table has; its columns are ${columns}`),
  tableRow: (file: string, row: number, problem: string) => failure(`${file}: row ${row}: ${problem}`),
  tableNotUtf8: (file: string, row: number) =>
    failure(
      `${file}: row ${row}: invalid UTF-8 or UTF-16; save the table as UTF-8, or use --encoding windows-1252 if Excel wrote it`,
    ),
  rowTooLong: (file: string, row: number, bytes: number) =>
    failure(
      `${file}: row ${row}: longer than ${grouped(bytes)} bytes; expected one row per line (check for an unclosed quote)`,
    ),
  /** @param all  the number of such rows, and the first of the others, in tables that are read to the end */
  raggedRow: (
    file: string,
    row: number,
    found: number,
    expected: number,
    all?: { readonly count: number; readonly others: readonly { readonly row: number; readonly columns: number }[] },
  ) => {
    const what = `row ${row}: ${found} ${found === 1 ? 'column' : 'columns'}; expected ${expected}, as in the first row`;
    if (!all) return failure(`${file}: ${what}`);
    const others = all.others.map((other) => `row ${other.row} (${other.columns})`).join(', ');
    const more = all.count > all.others.length + 1 ? ', …' : '';
    const also = all.count > 1 ? `; ${grouped(all.count)} such rows: also ${others}${more}` : '';
    return failure(`${file}: ${what}${also}; quote cells that contain the delimiter, or specify --delimiter`);
  },
  mixedDecimals: (file: string, column: string) =>
    failure(
      `${file}: ${column}: some numbers have a decimal comma, others a decimal point; expected one of them, because the other may ` +
        'separate thousands',
    ),
  delimiterOfJson: (file: string, option: string) =>
    usage(`--${option}: only for CSV, and ${file} is JSON; omit this option`),
  tableCell: (file: string, row: number, column: string, found: string, expected: string) =>
    failure(`${file}: row ${row}, ${column}: ${found}; expected ${expected}`),
  badCells: (file: string, column: string, count: number, rows: number, kind: string, cells: string, advice: string) =>
    failure(
      `${file}: ${column}: ${grouped(count)} of ${grouped(rows)} cells ${count === 1 ? 'is' : 'are'} not ` +
        `${count === 1 ? `a ${kind}` : `${kind}s`} (${cells}${count > 3 ? '; …' : ''}); ${advice}`,
    ),
  missingCells: (file: string, count: number, cells: string) =>
    failure(
      `${file}: ${grouped(count)} missing ${count === 1 ? 'cell' : 'cells'} (${cells}${count > 3 ? '; …' : ''}); ` +
        'use --missing fill or --missing drop',
    ),
  noInputs: (file: string, leftOut: string, doubt: string) =>
    failure(
      `${file}: no input columns${leftOut === '' ? '' : ` (${leftOut})`}; expected at least one besides the label${doubt}`,
    ),
  noLabels: (file: string, column: string) =>
    failure(`${file}: ${column}: the label is missing in every row; choose another --label`),
  noRowsLeft: (file: string, why: 'label' | 'missing') =>
    failure(
      why === 'label'
        ? `${file}: no row has a label; check the label column`
        : `${file}: every row has missing cells; use --missing fill, or --drop the columns that lack most`,
    ),
  unknownClass: (file: string, row: number, column: string, name: string, classes: string) =>
    failure(`${file}: row ${row}, ${column}: ${shown(name)}; expected a class of the training table: ${classes}`),
  oneClassInTable: (file: string, column: string, name: string) =>
    failure(`${file}: ${column} holds only one class, ${shown(name)}; expected at least two`),
  tooManyClasses: (file: string, column: string, most: number) =>
    failure(
      `${file}: ${column} holds more than ${grouped(most)} classes; it may be a numeric target or an identifier: ` +
        'choose another --label',
    ),
  noTargets: (file: string) => failure(`${file}: no row has all targets; expected numbers in the columns of --target`),
  tableTooLarge: (file: string, row: number, columns: number) =>
    failure(
      `${file}: row ${grouped(row)}: with ${grouped(columns)} numbers per row, the table exceeds the available memory ` +
        'or the 4 GiB that a run can use; use fewer rows or columns',
    ),
  scaledTooLarge: (scale: string, column: string) =>
    failure(
      `--scale ${scale}: the values of ${column} are too far apart for float32 to hold them scaled; use --scale none`,
    ),
};
