/** The mean prediction of several networks, as the outputs of a single one. */
import { expOfNonPositive, logOfAtLeastOne } from '../kernels/exact-math.js';
import type { LayerMemory } from '../memory/layer-memory.js';
import { readOutputs, writeDelta } from '../model/objectives/objective.js';

/**
 * For numbers, the outputs are the mean of the networks' outputs. For classes, they are the logarithms of the mean probabilities, so
 * that their softmax is these probabilities. The sums are in float64 and in the order of the networks. An output that is not finite
 * stays so.
 *
 * @param layers  the last layer of each network; the outputs are in slot 0
 * @param into    the layer that receives the outputs
 */
export function averageOutputs(layers: readonly LayerMemory[], into: LayerMemory, areClasses: boolean): void {
  const outputs = layers.map((layer) => {
    const own = new Float64Array(layer.outputs);
    readOutputs(layer, 0, own);
    return areClasses ? logProbabilities(own) : own;
  });
  const mean = new Float64Array(into.outputs);
  for (let j = 0; j < mean.length; j++) {
    const own = outputs.map((each) => each[j]!);
    mean[j] = areClasses ? logOfMean(own) : own.reduce((sum, value) => sum + value, 0) / own.length;
  }
  writeDelta(into, 0, mean);
}

/** log softmax(z) */
function logProbabilities(z: Float64Array): Float64Array {
  const max = z.reduce((a, b) => Math.max(a, b));
  const sum = z.reduce((all, each) => all + expOfNonPositive(each - max), 0);
  const shift = max + logOfAtLeastOne(sum);
  return z.map((each) => each - shift);
}

/** log((e^a + e^b + …) / n), without underflow. */
function logOfMean(logs: readonly number[]): number {
  const max = logs.reduce((a, b) => Math.max(a, b));
  const sum = logs.reduce((all, each) => all + expOfNonPositive(each - max), 0);
  return max + logOfAtLeastOne(sum) - logOfAtLeastOne(logs.length);
}
