/** Evaluates a network that estimates numbers, on samples whose numbers are known. */
import type { Samples } from '../data/samples.js';
import { addScores, noSums, type SplitMetrics, splitMetricsOf } from '../metrics/sums.js';
import { objectiveNamed } from '../model/objectives/index.js';
import type { Network } from './network.js';

/**
 * With the same kernel the metrics equal those at the end of training, to the last digit.
 *
 * @throws LockstepError if the samples do not have as many values as the network has inputs
 */
export function evaluateNumbersOn(
  network: Network,
  { count, values, table, targets, weights }: Samples,
): SplitMetrics<'test'> {
  const { inputs } = network;
  const width = network.targets.length;
  const objective = objectiveNamed(network.objective, network.facts);
  let sums = noSums(objective);
  for (let s = 0; s < count; s++) {
    const sample = table ? table.row(s, inputs) : values.subarray(s * inputs, (s + 1) * inputs);
    network.evaluateNumbers(sample, targets.subarray(s * width, (s + 1) * width), weights?.[s]);
    sums = addScores(sums, network.scores, 0, 1);
  }
  return splitMetricsOf(objective, 'test', sums);
}
