/** Statistics of a tensor. */

import type { Tensor } from '../../files/safetensors.js';
import type { TensorStatistics } from '../../metrics/events.js';

/** Sums are float64. The deviation is computed around the mean in a second pass, to avoid cancellation. */
export function statisticsOf({ name, shape, values }: Tensor): TensorStatistics {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [sum, zeros, nan, infinite] = [0, 0, 0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) nan++;
    else if (!Number.isFinite(value)) infinite++;
    else {
      if (value < min) min = value;
      if (value > max) max = value;
      if (value === 0) zeros++;
      sum += value;
    }
  }
  const finite = values.length - nan - infinite;
  const mean = sum / finite;
  let [squares, deviations] = [0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    squares += value * value;
    deviations += (value - mean) ** 2;
  }
  // Sums of float64 may overflow, and JSON has no infinity.
  const orNull = (value: number) => (finite > 0 && Number.isFinite(value) ? value : null);
  return {
    name,
    shape,
    type: values instanceof Float64Array ? 'float64' : 'float32',
    min: orNull(min),
    max: orNull(max),
    mean: orNull(mean),
    std: orNull(Math.sqrt(deviations / finite)),
    l2: orNull(Math.sqrt(squares)),
    zeros: values.length > 0 ? zeros / values.length : 0,
    nan,
    infinite,
  };
}
