/** Samples to predict: rows, lines and images. */
import { grouped } from '../../text/grouped.js';
import { failure, requires, usage } from '../draft.js';
import { reason } from '../reason.js';
import { shown, withType } from '../shown.js';

export const sampleErrors = {
  csvOfTables: () =>
    usage('--format csv: only for CSV tables, and networks that were trained on a table; use --format ndjson'),
  otherCsvColumns: (file: string, first: string) =>
    failure(
      `${file}: other columns than ${first}, whose rows --format csv writes to the same table; predict them apart`,
    ),
  topOfNumbers: (top: number) => usage(`--top ${top}: only for networks that predict classes; omit this option`),
  tooLargeSample: () => failure('the numbers of a sample are too large for the network: its outputs are not finite'),
  otherSize: (file: string, expected: number, data: string, found: number) =>
    failure(`${file} takes ${expected} inputs, but the images of ${data} have ${found} pixels; provide other images`),
  sampleLength: (found: unknown, expected: number) =>
    failure(
      typeof found === 'number'
        ? `a sample of ${found} numbers; expected ${expected}, the inputs of the network`
        : `not a sample; expected an array of ${expected} numbers, the inputs of the network`,
    ),
  sampleValue: (position: number, found: unknown) =>
    failure(`number ${position} of a sample is ${shown(found)}; expected a finite float32`),
  notARow: (found: unknown) =>
    failure(`a row of a table: expected an object with one field per column; found ${withType(found)}`),
  noColumns: () =>
    failure('the network has no column names; instead of an object, pass its cells as an array, in order'),
  noFieldOfRow: (columns: string) => failure(`a row without any column of the network; expected ${columns}`),
  cellOfRow: (column: string, found: string, expected: string) => failure(`${column}: ${found}; expected ${expected}`),
  rowLength: (found: unknown, expected: number) =>
    failure(
      typeof found === 'number'
        ? `a row of ${found} cells; expected ${expected}, the input columns of the network`
        : `not a row; expected an array of ${expected} cells, the input columns of the network`,
    ),
  picturesOfTable: (flag: string) =>
    usage(`--${flag}: only for networks trained on images; this one was trained on a table`),
  noSuchClass: (found: unknown, classes: number) =>
    failure(`class ${shown(found)}; expected 0 to ${classes - 1}, the classes of the network`),
  /** @param where  `line 17`, or the position in a file */
  badSample: (where: string, cause: unknown) => failure(`${where}: ${reason(cause)}`, cause),
  lineTooLong: (bytes: number) => failure(`longer than ${grouped(bytes)} bytes; expected one JSON value per line`),
  notUtf8: () => failure('invalid UTF-8; expected JSON'),
  largeDocument: (file: string, cause: unknown) =>
    failure(`${file}: document too large (${reason(cause)}); write one sample per line, in a .ndjson file`, cause),
  notJson: (why: string) =>
    failure(`invalid JSON (${why}); expected an array of numbers, or {"id": …, "x": [numbers]}`),
  notASample: (found: unknown) =>
    failure(`${shown(found)}: not a sample; expected an array of numbers, or {"id": …, "x": [numbers]}`),
  sampleId: (found: unknown) =>
    failure(`id ${shown(found)}; expected a string, or a number that JSON keeps exactly; write it as a string`),
  pixelValue: (position: number, found: number) =>
    failure(`number ${position} of a sample is ${found}; expected 0 to 255 with --pixels`),
  notAPicture: (file: string, why: string) => failure(`${file}: not a usable image: ${why}`),
  unknownFile: (file: string) =>
    failure(
      `${file}: unsupported file type; expected PNG, PGM (P2 or P5), an IDX file of images (or one of these gzipped), ` +
        'or lines in a .ndjson, .jsonl or .json file',
    ),
  pictureTooLarge: (file: string, width: number, height: number, most: number) =>
    failure(`${file}: ${width}x${height} pixels; expected at most ${grouped(most)} in total; make the image smaller`),
  pictureSize: (file: string, width: number, height: number, expected: string) =>
    failure(`${file}: ${width}x${height} pixels; expected ${expected}; add --resize to fit the image`),
  notSquare: (inputs: number) => usage(`images of ${inputs} inputs are not square: requires --shape <width>x<height>`),
  shapeOfOthers: (shape: string, inputs: number) =>
    usage(`--shape ${shape}: expected ${inputs} pixels, the inputs of the network`),
  onlyForPictures: (flag: string) => requires(flag, true, 'image files as arguments'),
  onlyForLines: (flag: string) =>
    usage(`--${flag}: only for samples given as lines; image and IDX files always hold pixels`),
};
