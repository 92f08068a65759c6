/** The samples with the largest losses. */
import type { Samples } from '../../data/samples.js';
import type { Network } from '../network.js';

const SHOWN = 24;
/** Of larger sets, only the first samples are tried: the page waits for it. */
const MOST_TRIED = 10_000;

/** Positions, largest loss first. Empty for samples whose losses cannot be computed. */
export function hardestOf(network: Network, samples: Samples): number[] {
  const { count, values, table, targets, targetWidth = 1 } = samples;
  const { inputs } = network;
  const losses = new Float64Array(Math.min(count, MOST_TRIED));
  for (let s = 0; s < losses.length; s++) {
    const sample = table ? table.row(s, inputs) : values.subarray(s * inputs, (s + 1) * inputs);
    const { loss } =
      network.targets.length > 0
        ? network.evaluateNumbers(sample, targets.subarray(s * targetWidth, (s + 1) * targetWidth))
        : network.evaluate(sample, targets[s]!);
    losses[s] = loss;
  }
  return [...losses.keys()].sort((a, b) => losses[b]! - losses[a]!).slice(0, SHOWN);
}
