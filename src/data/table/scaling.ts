/** Makes columns of a table comparable: each input x becomes (x − subtract) / divide_by, in float32. */
import type { Samples } from '../samples.js';

export const SCALES = ['none', 'minmax', 'standard'] as const;
/** `minmax`: from 0 to 1. `standard`: mean 0, standard deviation 1. */
export type Scale = (typeof SCALES)[number];

/** By input. All are float32. */
export interface Scaling {
  readonly subtract: Float32Array;
  /** None is 0. */
  readonly divideBy: Float32Array;
}

/**
 * Fitted on samples that are trained on, and no others. A column that has one value only becomes 0, and is not divided. Sums
 * are float64, in the samples' order: they are the same whatever the number of threads.
 *
 * @param samples  of them the first `count`
 */
export function fitScaling({ values, count }: Samples, inputs: number, scale: Exclude<Scale, 'none'>): Scaling {
  const subtract = new Float32Array(inputs);
  const divideBy = new Float32Array(inputs).fill(1);
  for (let i = 0; i < inputs; i++) {
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    let sum = 0;
    for (let s = 0, at = i; s < count; s++, at += inputs) {
      const x = values[at]!;
      least = Math.min(least, x);
      most = Math.max(most, x);
      sum += x;
    }
    if (least === most) {
      subtract[i] = least;
      continue;
    }
    const middle = scale === 'minmax' ? least : sum / count;
    const width = scale === 'minmax' ? most - least : deviationFrom(middle, values, i, inputs, count);
    subtract[i] = middle;
    // A width that float32 does not know is none to divide by: too small, or, of numbers up to its end, too large.
    const single = Math.fround(width);
    divideBy[i] = single > 0 && Number.isFinite(single) ? single : 1;
  }
  return { subtract, divideBy };
}

/** Of all values, not of a sample of them: as scikit-learn's StandardScaler. */
function deviationFrom(mean: number, values: Samples['values'], i: number, inputs: number, count: number): number {
  let sum = 0;
  for (let s = 0, at = i; s < count; s++, at += inputs) sum += (values[at]! - mean) ** 2;
  return Math.sqrt(sum / count);
}

/** One number as the network takes it: each operation rounded to float32, as ONNX's Sub and Div are. */
export function scaledInput(x: number, i: number, { subtract, divideBy }: Scaling): number {
  return Math.fround(Math.fround(x - subtract[i]!) / divideBy[i]!);
}

/** A scaled copy of them. What is too large for float32 becomes infinite: `strayInput` finds it. */
export function scaleSamples(samples: Samples, inputs: number, scaling: Scaling): Samples {
  const { values, count } = samples;
  const scaled = new Float32Array(count * inputs);
  for (let s = 0, at = 0; s < count; s++) {
    for (let i = 0; i < inputs; i++, at++) scaled[at] = scaledInput(values[at]!, i, scaling);
  }
  return { ...samples, values: scaled };
}
