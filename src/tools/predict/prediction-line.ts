/** A prediction as a line of output: see docs/formats.md. */
import type { ClassName } from '../../data/table/cells.js';
import type { Network, Prediction } from '../network.js';
import type { SampleId } from './json-sample.js';

export interface PredictionLine {
  /** The file, for images of an IDX file and lines of a file. */
  readonly file?: string;
  readonly id?: SampleId;
  /** For a table, as in its label column. */
  readonly class: ClassName;
  /** Probability of `class`, from 0 to 1. */
  readonly probability: number;
  /** [classes], sum 1. Absent with `top`. */
  readonly probabilities?: readonly number[];
  /** The most probable classes and their probabilities, best first. */
  readonly top?: readonly (readonly [ClassName, number])[];
}

/**
 * @param names  of the classes
 * @param top    number of classes, best first; undefined: all, in order
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

/** Equal probabilities: the lower class first, as in `Prediction.label`. */
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

/** Estimates as a line of output. */
export interface EstimateLine {
  readonly file?: string;
  readonly id?: SampleId;
  /** By target, in its own unit. */
  readonly estimates: Readonly<Record<string, number>>;
}

/** @param targets  of the network, as `estimates` */
export function estimateLine(
  { file, id }: Pick<EstimateLine, 'file' | 'id'>,
  estimates: ArrayLike<number>,
  targets: Network['targets'],
): EstimateLine {
  return {
    ...(file !== undefined && { file }),
    ...(id !== undefined && { id }),
    estimates: Object.fromEntries(targets.map(({ name }, k) => [name, estimates[k]!])),
  };
}
