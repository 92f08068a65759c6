/** Interval of a proportion (Wilson 1927), which is right for small samples and for proportions of 0 and 1, too. */
import type { Interval } from './bootstrap.js';

/** 97.5 % quantile of the normal distribution. */
const Z = 1.959_963_984_540_054;

/** At a level of 95%. @param count  at least 1 */
export function wilsonInterval(proportion: number, count: number): Interval {
  const z2 = Z * Z;
  const middle = proportion + z2 / (2 * count);
  const half = Z * Math.sqrt((proportion * (1 - proportion)) / count + z2 / (4 * count * count));
  const scale = 1 + z2 / count;
  return [Math.max(0, (middle - half) / scale), Math.min(1, (middle + half) / scale)];
}
