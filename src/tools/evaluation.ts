/** Evaluates a network on samples whose classes are known. */
import type { Samples } from '../data/samples.js';
import type { EvaluationEvent } from '../metrics/events.js';
import { ClassScores } from '../metrics/quality/class-scores.js';
import { type ClassificationOptions, type MeasuredClasses, measureClasses } from '../metrics/quality/classification.js';
import { Pacer } from '../metrics/quality/pacer.js';
import { addScores, noSums, splitMetricsOf } from '../metrics/sums.js';
import { objectiveNamed } from '../model/objectives/index.js';
import { type ColumnInputs, type ImportanceOptions, permutationImportance } from './importance.js';
import type { Network } from './network.js';

export type Evaluation = Omit<EvaluationEvent, 'event' | 'model' | 'dataset' | 'kernel' | 'weights_sha256'>;

export interface EvaluationOptions extends ClassificationOptions {
  /** For two classes: number of the positive class. @default 1 */
  readonly positive?: number | undefined;
}

export interface Evaluated {
  readonly evaluation: Evaluation;
  /** What a report draws besides. */
  readonly measured: MeasuredClasses;
}

/**
 * With the same kernel the metrics equal those at the end of training, to the last digit: each sample is computed in the same
 * way, and scores are summed in the same order. The event loop is never blocked for long.
 *
 * @throws LockstepError if the samples do not have as many values as the network has inputs, or have unknown classes
 */
export async function evaluateOn(
  network: Network,
  { count, values, targets }: Samples,
  { positive, ...options }: EvaluationOptions = {},
): Promise<Evaluated> {
  const { inputs, classNames } = network;
  const confusion = classNames.map(() => new Array<number>(classNames.length).fill(0));
  const objective = objectiveNamed();
  const pacer = new Pacer();
  const scores = new ClassScores(count, classNames.length, positive);
  let sums = noSums(objective);
  for (let s = 0; s < count; s++) {
    const target = targets[s]!;
    const { label, loss } = network.evaluate(values.subarray(s * inputs, (s + 1) * inputs), target);
    sums = addScores(sums, network.scores, 0, 1);
    scores.add(network.probabilities, target, label, loss);
    confusion[target]![label]!++;
    if (pacer.isDue) await pacer.pause();
  }
  const measured = await measureClasses(scores, classNames, options);
  return { evaluation: { ...splitMetricsOf(objective, 'test', sums), ...measured.metrics, confusion }, measured };
}

/**
 * How much the loss and the error grow if a column is shuffled; the column with the largest increase of the loss first.
 *
 * @param columns  of the table
 */
export async function importanceOn(
  network: Network,
  { count, values, targets }: Samples,
  columns: readonly ColumnInputs[],
  options: ImportanceOptions = {},
): Promise<NonNullable<EvaluationEvent['importance']>> {
  const { inputs } = network;
  // All inputs, because a number that is 0 may not be 0 once it is scaled.
  const index = Uint32Array.from({ length: inputs }, (_, i) => i);
  const whole = new Float32Array(inputs);
  const found = await permutationImportance(
    {
      ...{ count, inputs, columns, scores: 2 },
      readRow: (sample) => {
        whole.set(values.subarray(sample * inputs, (sample + 1) * inputs));
        return { index, value: whole, length: inputs };
      },
      score: ({ value }, sample, into) => {
        const { loss, label } = network.evaluate(value, targets[sample]!);
        into[0] = loss;
        into[1] = label === targets[sample]! ? 0 : 1;
      },
    },
    options,
  );
  return found
    .map(({ name, increase, std }) => ({
      column: name,
      loss_increase: increase[0]!,
      loss_increase_std: std[0]!,
      error_increase: increase[1]!,
      error_increase_std: std[1]!,
    }))
    .sort((a, b) => b.loss_increase - a.loss_increase);
}

/** The inputs of each column of the table that the network was trained on. Columns without names have their numbers, from 1. */
export function columnsOf({ inputs, columns }: Network): ColumnInputs[] {
  return Array.from({ length: inputs }, (_, i) => ({ name: columns?.[i] ?? i + 1, from: i, to: i + 1 }));
}
