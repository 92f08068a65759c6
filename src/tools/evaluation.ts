/** Evaluates a network on samples whose classes are known. */
import type { Samples } from '../data/samples.js';
import type { EvaluationEvent } from '../metrics/events.js';
import { addScores, noSums, type SplitMetrics, splitMetricsOf } from '../metrics/sums.js';
import { objectiveNamed } from '../model/objectives/index.js';
import type { Network } from './network.js';

export type Evaluation = SplitMetrics<'test'> & Pick<EvaluationEvent, 'classes' | 'confusion'>;

/**
 * With the same kernel the metrics equal those at the end of training, to the last digit: each sample is computed in the same
 * way, and scores are summed in the same order.
 *
 * @throws LockstepError if the samples do not have as many values as the network has inputs, or have unknown classes
 */
export function evaluateOn(network: Network, { count, values, table, targets, weights }: Samples): Evaluation {
  const { inputs, classNames } = network;
  const confusion = classNames.map(() => new Array<number>(classNames.length).fill(0));
  const objective = objectiveNamed(network.objective, network.facts);
  let sums = noSums(objective);
  for (let s = 0; s < count; s++) {
    const target = targets[s]!;
    const sample = table ? table.row(s, inputs) : values.subarray(s * inputs, (s + 1) * inputs);
    const { label } = network.evaluate(sample, target, weights?.[s]);
    sums = addScores(sums, network.scores, 0, 1);
    confusion[target]![label]!++;
  }
  return { ...splitMetricsOf(objective, 'test', sums), classes: classMetrics(confusion, classNames), confusion };
}

/** Null if the divisor is 0: no sample of the class, or none predicted as the class. */
function classMetrics(
  confusion: readonly (readonly number[])[],
  names: Network['classNames'],
): EvaluationEvent['classes'] {
  return confusion.map((row, label) => {
    const samples = row.reduce((sum, count) => sum + count, 0);
    const taken = confusion.reduce((sum, each) => sum + each[label]!, 0);
    const right = row[label]!;
    return {
      class: names[label]!,
      samples,
      precision: taken > 0 ? right / taken : null,
      recall: samples > 0 ? right / samples : null,
    };
  });
}
