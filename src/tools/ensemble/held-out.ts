/** The metrics of an ensemble on the validation and test samples of its run. */
import type { Config } from '../../config/options.js';
import type { Samples } from '../../data/samples.js';
import { encodedBy } from '../../data/table/encode-parts.js';
import { inTurns } from '../../data/table/steps.js';
import { Pacer } from '../../metrics/quality/pacer.js';
import { addScores, noSums, type Split, type SplitMetrics, splitMetricsOf } from '../../metrics/sums.js';
import { objectiveNamed } from '../../model/objectives/index.js';
import { usedOf } from '../../run/run-memory.js';
import type { Network } from '../network.js';
import type { EnsemblePlan } from './plan.js';

/** @param config  of the first network */
export async function heldOutMetrics(
  network: Network,
  { dataset }: EnsemblePlan,
  config: Config,
): Promise<Partial<SplitMetrics<'validation' | 'test'>>> {
  const { limit = dataset.train.count } = config;
  const { validation, test } = await inTurns(usedOf(dataset, limit, config));
  return {
    ...(await metricsOn(network, validation, 'validation')),
    ...(await metricsOn(network, test, 'test')),
  };
}

async function metricsOn<S extends Split>(network: Network, raw: Samples, split: S): Promise<Partial<SplitMetrics<S>>> {
  if (raw.count === 0) return {};
  const { table: facts, encoder, inputs } = network;
  const samples = facts && encoder ? await inTurns(encodedBy(encoder, raw, facts)) : raw;
  const { count, values, table, targets, weights } = samples;
  const width = network.targets.length;
  const objective = objectiveNamed(network.objective, network.facts);
  const pacer = new Pacer();
  let sums = noSums(objective);
  for (let s = 0; s < count; s++) {
    const sample = table ? table.row(s, inputs) : values.subarray(s * inputs, (s + 1) * inputs);
    if (width === 0) network.evaluate(sample, targets[s]!, weights?.[s]);
    else network.evaluateNumbers(sample, targets.subarray(s * width, (s + 1) * width), weights?.[s]);
    sums = addScores(sums, network.scores, 0, 1);
    if (pacer.isDue) await pacer.pause();
  }
  return splitMetricsOf(objective, split, sums);
}
