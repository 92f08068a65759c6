/** Saved models, and the commands that use one. */
import { grouped } from '../../text/grouped.js';
import { failure, usage } from '../draft.js';
import { gibibytes, shown } from '../shown.js';

export const modelErrors = {
  otherWeights: (file: string, found: string, recorded: string) =>
    failure(
      `${file}: the SHA-256 of the weights is ${found}, but weights_sha256 says ${shown(recorded)}; ` +
        'the file is damaged, or a program changed the weights and kept the old weights_sha256',
    ),
  notAnAudit: (file: string) => failure(`${file}: not an audit; expected a file written by train --audit`),
  auditOfOthers: (file: string, row: number, data: string) =>
    failure(`${file}: sample ${row} is not in ${data}, or has another label; specify the data of the run with --data`),
  sheetOfTable: (output: string, data: string) =>
    usage(`--output ${output}: draws images, but ${data} is a table, whose rows go to stdout; omit this option`),
  auditWithoutData: () => usage('--data: missing; name the data set of the run, as for train: --data people.csv'),
  noSheet: (data: string) => usage(`--data ${data}: images; name a file for the sheet with --output sheet.png`),
  notAModel: (file: string, why: string) =>
    failure(`${file}: not a usable model: ${why}; expected a file written by train --save, or a checkpoint`),
  noTestSamples: (data: string) => failure(`--data ${data}: no test samples; use --split train`),
  noSuchPart: (data: string, found: string, other: string) =>
    failure(`--data ${data}: no ${found} samples; use --split ${other}`),
  otherTable: (file: string, data: string, split: string) =>
    failure(
      `--split ${split}: ${file} was trained on other rows than those of ${data}, so the split is unknown; use --split all`,
    ),
  tableForImages: (file: string, data: string) =>
    failure(`--data ${data}: a table, but ${file} was trained on images; specify a folder of IDX files`),
  imagesForTable: (file: string, data: string) =>
    failure(`--data ${data}: not a table, but ${file} was trained on one; specify a CSV or NDJSON file`),
  errorsOfTable: (file: string) =>
    usage(`--errors: draws images, but ${file} was trained on a table; count its errors with lockstep evaluate`),
  trainedElsewhere: (file: string, name: string) =>
    usage(`${file} was trained on ${shown(name)}, which cannot be found; specify the data with --data`),
  predictOfNumbers: () =>
    failure('predict(): this is a regression network, which has no classes; use estimate() and evaluateNumbers()'),
  evaluateOfImages: () =>
    failure(
      'evaluate(): the model was trained on images; expected { images, shape, labels }, or use the command evaluate',
    ),
  imagesOfOtherKind: (found: number, expected: number) =>
    failure(
      `evaluate(): ${found === 0 ? 'labels' : `${found} targets per image`}; expected ${expected === 0 ? 'labels' : `${expected} targets per image`}, as in training`,
    ),
  otherKindOfModel: (file: string, found: string, remedy: string) =>
    failure(`${file}: the model ${found}; use ${remedy}`),
  estimateOfClasses: () => failure('estimate(): the network predicts classes; use predict() and evaluate()'),
  onnxOfColumns: (file: string, columns: string) =>
    failure(
      `${file}: --inputs matrix supports only columns of numbers, without missing cells in training; found ${columns}; use --inputs columns`,
    ),
  recipeAndPrivate: () => usage('--recipe and --private are mutually exclusive'),
  onnxOfScale: (file: string, scale: string) =>
    failure(`${file}: --inputs matrix does not support --scale ${scale}; use --inputs columns`),
  onnxWithoutColumns: (file: string) =>
    failure(`${file}: --inputs columns requires a model that was trained on a table; use --inputs matrix`),
  tooLargeForFormat: (file: string, bytes: number, format: string, most: number) =>
    failure(
      `${file}: ${gibibytes(bytes)} of parameters, but ${format} holds at most ${gibibytes(most)}; choose another format`,
    ),
  tooLargeToExplain: (file: string, parameters: number, most: number) =>
    failure(`${file} has ${grouped(parameters)} parameters; explain can show networks of at most ${grouped(most)}`),
  explainWithoutTable: (file: string) =>
    usage(`${file} was trained on a table; use --data to name a table whose rows are to be shown`),
  explainElsewhere: () => usage('--port and -o are mutually exclusive'),
};
