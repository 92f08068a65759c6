/** A prediction as it leaves the command, a line each: docs/formats.md. */
import type { ClassName } from '../../data/table/cells.js';
import type { Prediction } from '../network.js';
import type { SampleId } from './json-sample.js';

export interface PredictionLine {
  /** Of an image in an IDX file, and of a line in a file: that file. */
  readonly file?: string;
  /** The sample's, where it has one. */
  readonly id?: SampleId;
  /** Of a network that was trained on a table: as in its label column. */
  readonly class: ClassName;
  /** Of that class: a fraction. */
  readonly probability: number;
  /** (classes), together 1. */
  readonly probabilities?: readonly number[];
  /** Instead of all: the most probable classes, [class, probability], best first. */
  readonly top?: readonly (readonly [ClassName, number])[];
}

/**
 * @param names  of the classes
 * @param top    how many classes, best first; all in their order where it is undefined
 */
export function predictionLine(
  sample: Pick<PredictionLine, 'file' | 'id'>,
  { label, className, probabilities }: Prediction,
  names: readonly ClassName[],
  top?: number,
): PredictionLine {
  const { file, id } = sample;
  return {
    ...(file !== undefined && { file }),
    ...(id !== undefined && { id }),
    class: className,
    probability: probabilities[label]!,
    ...(top === undefined ? { probabilities: [...probabilities] } : { top: best(probabilities, names, top) }),
  };
}

/** Of two alike, the lower class first, as in `Prediction.label`. */
export function best(
  probabilities: ArrayLike<number>,
  names: readonly ClassName[],
  count: number,
): [ClassName, number][] {
  return Array.from(probabilities, (probability, label): [number, number] => [label, probability])
    .sort(([a, p], [b, q]) => q - p || a - b)
    .slice(0, count)
    .map(([label, probability]) => [names[label]!, probability]);
}
