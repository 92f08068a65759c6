/** A data set: training and test samples that agree with each other. */
import { errors } from '../errors.js';
import type { Samples } from './samples.js';
import type { TableFacts } from './table/table-metadata.js';

export interface Dataset {
  readonly name: string;
  /** Pixels per image, or input columns of a table, which are not encoded yet. */
  readonly inputs: number;
  /** The shape of an image, such as [28, 28]. Only for images. */
  readonly imageShape?: readonly number[];
  /** The largest training label + 1, or the number of different labels of a table; 0 for regression. */
  readonly classes: number;
  readonly train: Samples;
  /** Empty if the folder has no test files, or no test set of a table is requested. */
  readonly test: Samples;
  /** Names of the regression targets. Absent for classes. */
  readonly targetNames?: readonly string[];
  /** Columns and classes of a table. */
  readonly table?: TableFacts;
  /** Private runs on a table: the public rows to which everything is fitted. */
  readonly publicSamples?: Samples;
  /** What was left out of a table. */
  readonly remarks?: readonly TableRemark[];
}

export interface TableRemark {
  readonly code: 'columns_left_out' | 'rows_left_out' | 'text_like_numbers' | 'mixed_columns';
  readonly message: string;
}

/** One part of a data set, for a trained network. The files of the other part are not read. */
export interface Part {
  readonly name: string;
  /** Pixels per image. */
  readonly inputs: number;
  /** Empty if there are no test files. */
  readonly samples: Samples;
  readonly labelsFile: string;
}

/**
 * @param classes  of the network
 * @throws LockstepError if a label is none of them
 */
export function requireClasses({ samples, labelsFile }: Part, classes: number): void {
  requireLabels(labelsFile, samples.targets, classes, 'the classes of the network');
}

/**
 * @param what  for the message: what has so many classes
 * @throws LockstepError if a label is none of them
 */
export function requireLabels(file: string, labels: Samples['targets'], classes: number, what: string): void {
  const stray = labels.findIndex((label) => label >= classes);
  if (stray >= 0) throw errors.labelOutOfRange(file, stray, labels[stray]!, classes, what);
}
