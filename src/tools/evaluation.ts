/** Evaluates a network on samples whose classes are known. */
import type { Samples } from '../data/samples.js';
import { basesOf, inputsOf } from '../data/table/encoding.js';
import type { EvaluationEvent } from '../metrics/events.js';
import { ClassScores } from '../metrics/quality/class-scores.js';
import { type ClassificationOptions, type MeasuredClasses, measureClasses } from '../metrics/quality/classification.js';
import { Pacer } from '../metrics/quality/pacer.js';
import { addScores, noSums, splitMetricsOf } from '../metrics/sums.js';
import { objectiveNamed } from '../model/objectives/index.js';
import { columnImportance } from './column-importance.js';
import type { ColumnInputs, ImportanceOptions } from './importance.js';
import { MemberScores } from './member-scores.js';
import type { Network } from './network.js';

export type Evaluation = Omit<
  EvaluationEvent,
  'event' | 'model' | 'objective' | 'dataset' | 'kernel' | 'weights_sha256'
>;

export interface EvaluationOptions extends ClassificationOptions {
  /** For two classes: number of the positive class. @default 1 */
  readonly positive?: number | undefined;
}

export interface Evaluated {
  readonly evaluation: Evaluation;
  /** What a report draws besides. */
  readonly measured: MeasuredClasses;
  readonly scores: ClassScores;
}

/**
 * With the same kernel the metrics equal those at the end of training, to the last digit: each sample is computed in the same
 * way, and scores are summed in the same order. The event loop is never blocked for long.
 *
 * @throws LockstepError if the samples do not have as many values as the network has inputs, or have unknown classes
 */
export async function evaluateOn(
  network: Network,
  { count, values, table, targets, weights }: Samples,
  { positive, ...options }: EvaluationOptions = {},
): Promise<Evaluated> {
  const { inputs, classNames } = network;
  const confusion = classNames.map(() => new Array<number>(classNames.length).fill(0));
  const objective = objectiveNamed(network.objective, network.facts);
  const pacer = new Pacer();
  const scores = new ClassScores(count, classNames.length, positive);
  const members = new MemberScores(network, objective);
  let sums = noSums(objective);
  for (let s = 0; s < count; s++) {
    const target = targets[s]!;
    const sample = table ? table.row(s, inputs) : values.subarray(s * inputs, (s + 1) * inputs);
    const { label, loss } = network.evaluate(sample, target, weights?.[s]);
    sums = addScores(sums, network.scores, 0, 1);
    members.add(target, weights?.[s]);
    scores.add(network.probabilities, target, label, loss);
    confusion[target]![label]!++;
    if (pacer.isDue) await pacer.pause();
  }
  const measured = await measureClasses(scores, classNames, { ...options, weights });
  return {
    evaluation: {
      ...splitMetricsOf(objective, 'test', sums),
      ...members.metrics('test'),
      ...measured.metrics,
      confusion,
    },
    measured,
    scores,
  };
}

/**
 * How much the loss and the error grow if a column is shuffled; the column with the largest increase of the loss first.
 *
 * @param columns  of the table
 */
export async function importanceOn(
  network: Network,
  samples: Samples,
  columns: readonly ColumnInputs[],
  options: ImportanceOptions = {},
): Promise<NonNullable<EvaluationEvent['importance']>> {
  const { targets } = samples;
  const found = await columnImportance(network, samples, columns, options, (row, sample, into) => {
    const { loss, label } = network.evaluate(row, targets[sample]!);
    into[0] = loss;
    into[1] = label === targets[sample]! ? 0 : 1;
  });
  return found.map(({ second, secondStd, ...loss }) => ({
    ...loss,
    error_increase: second,
    error_increase_std: secondStd,
  }));
}

/** The inputs of each column of the table that the network was trained on. */
export function columnsOf({ table }: Network): ColumnInputs[] {
  const { encodings = [], columns = [] } = table ?? {};
  const { bases } = basesOf(encodings);
  return columns.map(({ name }, c) => ({ name, from: bases[c]!, to: bases[c]! + inputsOf(encodings[c]!) }));
}
