/** Input scaling for tables: each input x becomes (x − subtract) / divide_by, in float32. */
import type { Samples } from '../samples.js';

export const SCALES = ['none', 'minmax', 'standard'] as const;
/** `minmax`: from 0 to 1. `standard`: mean 0, standard deviation 1. */
export type Scale = (typeof SCALES)[number];

export interface Scaling {
  /** [inputs] */
  readonly subtract: Float32Array;
  /** [inputs], never 0. */
  readonly divideBy: Float32Array;
}

/**
 * Fits the scaling on the first `count` samples. A constant column becomes 0. Sums are float64, in the order of the samples.
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
    // Do not divide by a width that underflows or overflows float32.
    const single = Math.fround(width);
    divideBy[i] = single > 0 && Number.isFinite(single) ? single : 1;
  }
  return { subtract, divideBy };
}

/** Population standard deviation, as in scikit-learn's StandardScaler. */
function deviationFrom(mean: number, values: Samples['values'], i: number, inputs: number, count: number): number {
  let sum = 0;
  for (let s = 0, at = i; s < count; s++, at += inputs) sum += (values[at]! - mean) ** 2;
  return Math.sqrt(sum / count);
}

/** Rounds each operation to float32, as ONNX's Sub and Div do. */
export function scaledInput(x: number, i: number, { subtract, divideBy }: Scaling): number {
  return Math.fround(Math.fround(x - subtract[i]!) / divideBy[i]!);
}

/** A scaled copy. Numbers that exceed float32 become infinite. */
export function scaleSamples(samples: Samples, inputs: number, scaling: Scaling): Samples {
  const { values, count } = samples;
  const scaled = new Float32Array(count * inputs);
  for (let s = 0, at = 0; s < count; s++) {
    for (let i = 0; i < inputs; i++, at++) scaled[at] = scaledInput(values[at]!, i, scaling);
  }
  return { ...samples, values: scaled };
}
