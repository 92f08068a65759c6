/** A data set: training and test samples that agree with each other. */
import { errors } from '../errors.js';
import type { Samples } from './samples.js';
import type { TableFacts } from './table/facts.js';

export interface Dataset {
  readonly name: string;
  /** Pixels of an image: the product of all dimensions but the first. Of a table, its columns but the label. */
  readonly inputs: number;
  /** The largest training label + 1. Of a table, as many as there are different labels. */
  readonly classes: number;
  readonly train: Samples;
  /** Without samples where the folder has no test pair, and of a table where nothing is asked for. */
  readonly test: Samples;
  /** Of a table: its columns and classes. Its samples are not scaled yet. */
  readonly table?: TableFacts;
}

/** One part of a data set, for a network that has been trained: the other part's files are not read. */
export interface Part {
  readonly name: string;
  /** Pixels of an image. */
  readonly inputs: number;
  /** None where there is no such pair, which can only be the test pair. */
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
