/** Encodes images for the page: 8 bits per value, in base64. */
import type { WeightsMessage } from './messages.js';

/** The color scale ends at this quantile of the magnitudes, because a few outliers would make all other weights pale. */
const DRAWN_FRACTION = 0.999;
const BINS = 512;

/**
 * @param weights  [units, inputs]
 * @param of       total number of units
 */
export function weightsMessage(weights: Float32Array, inputs: number, of: number): WeightsMessage {
  const scale = scaleOf(weights);
  const factor = scale > 0 ? 127 / scale : 0;
  const bytes = new Int8Array(weights.length);
  for (let i = 0; i < weights.length; i++) bytes[i] = Math.max(-127, Math.min(127, Math.round(weights[i]! * factor)));
  return { of, units: weights.length / inputs, values: base64(new Uint8Array(bytes.buffer)), scale };
}

/** The pixels of a sample. */
export function pixelsMessage(sample: Float32Array): string {
  return base64(Uint8Array.from(sample, (value) => Math.round(value * 255)));
}

/** The quantile of the magnitudes, from a histogram, which takes a tenth of the time of sorting. */
function scaleOf(weights: Float32Array): number {
  let most = 0;
  for (const weight of weights) most = Math.max(most, Math.abs(weight));
  // Not finite if the run diverges.
  if (!(most > 0) || !Number.isFinite(most)) return 0;
  const counts = new Uint32Array(BINS + 1);
  for (const weight of weights) counts[Math.floor((Math.abs(weight) / most) * BINS)]!++;
  let below = 0;
  let bin = 0;
  while (below < DRAWN_FRACTION * weights.length) below += counts[bin++]!;
  return (Math.min(bin, BINS) / BINS) * most;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
