/** Evaluates a regression network on samples whose targets are known. */
import type { Samples } from '../data/samples.js';
import type { NumbersEvaluationEvent } from '../metrics/events.js';
import { Pacer } from '../metrics/quality/pacer.js';
import { measureNumbers, type RegressionMetrics, type RegressionOptions } from '../metrics/quality/regression.js';
import { addScores, noSums, type SplitMetrics, splitMetricsOf } from '../metrics/sums.js';
import { objectiveNamed } from '../model/objectives/index.js';
import { columnImportance } from './column-importance.js';
import type { ColumnInputs, ImportanceOptions } from './importance.js';
import { MemberScores } from './member-scores.js';
import type { Network } from './network.js';

export interface EvaluatedNumbers {
  readonly evaluation: SplitMetrics<'test'> &
    Pick<NumbersEvaluationEvent, 'ensemble' | 'intervals' | 'target_intervals' | 'bootstrap'>;
  /** What a report shows besides: (targets) of (samples), in the targets' own units. */
  readonly metrics: RegressionMetrics;
  readonly predicted: readonly Float64Array[];
  readonly truth: readonly Float64Array[];
}

/**
 * With the same kernel the metrics equal those at the end of training, to the last digit. The event loop is never blocked for
 * long.
 *
 * @throws LockstepError if the samples do not have as many values as the network has inputs
 */
export async function evaluateNumbersOn(
  network: Network,
  { count, values, table, targets, weights }: Samples,
  options: RegressionOptions = {},
): Promise<EvaluatedNumbers> {
  const { inputs } = network;
  const names = network.targets.map(({ name }) => name);
  const width = names.length;
  const objective = objectiveNamed(network.objective, network.facts);
  const pacer = new Pacer();
  const predicted = names.map(() => new Float64Array(count));
  const truth = names.map((_, t) => Float64Array.from({ length: count }, (__, s) => targets[s * width + t]!));
  const members = new MemberScores(network, objective);
  let sums = noSums(objective);
  for (let s = 0; s < count; s++) {
    const sample = table ? table.row(s, inputs) : values.subarray(s * inputs, (s + 1) * inputs);
    const own = targets.subarray(s * width, (s + 1) * width);
    network.evaluateNumbers(sample, own, weights?.[s]);
    sums = addScores(sums, network.scores, 0, 1);
    members.add(own, weights?.[s]);
    for (const [t, estimate] of network.estimate(sample).entries()) predicted[t]![s] = estimate;
    if (pacer.isDue) await pacer.pause();
  }
  const metrics = await measureNumbers(predicted, truth, names, { ...options, weights });
  const { intervals, bootstrap } = metrics;
  const evaluation = {
    ...splitMetricsOf(objective, 'test', sums),
    ...members.metrics('test'),
    intervals,
    ...(width > 1 && { target_intervals: metrics.targets.map((each) => ({ target: each.target, ...each.intervals })) }),
    bootstrap,
  };
  return { evaluation, metrics, predicted, truth };
}

/** How much the loss and the MAE grow if a column is shuffled; the column with the largest increase of the loss first. */
export async function numbersImportanceOn(
  network: Network,
  samples: Samples,
  columns: readonly ColumnInputs[],
  options: ImportanceOptions = {},
): Promise<NonNullable<NumbersEvaluationEvent['importance']>> {
  const { targets } = samples;
  const width = network.targets.length;
  const found = await columnImportance(network, samples, columns, options, (row, sample, into) => {
    const truth = targets.subarray(sample * width, (sample + 1) * width);
    into[0] = network.evaluateNumbers(row, truth).loss;
    into[1] = network.estimate(row).reduce((sum, estimate, t) => sum + Math.abs(estimate - truth[t]!) / width, 0);
  });
  return found.map(({ second, secondStd, ...loss }) => ({
    ...loss,
    mae_increase: second,
    mae_increase_std: secondStd,
  }));
}
