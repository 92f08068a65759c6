/**
 * The complementary error function, by the rational approximations of W. J. Cody, "Rational Chebyshev approximations for the error
 * function", 1969: relative error about 1e-16. Its exponential factor is left to the caller, who may need the same bits
 * everywhere, or not.
 */

const NEAR = {
  above: [3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694],
  lead: 0.18577770618460315,
  below: [23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171],
} as const;
const MIDDLE = {
  above: [
    0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001, 881.952221241769, 1712.0476126340707,
    2051.0783778260716, 1230.3393547979972,
  ],
  lead: 2.1531153547440383e-8,
  below: [
    15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597, 4362.619090143247,
    3439.3676741437216, 1230.3393548037495,
  ],
} as const;
const FAR = {
  above: [0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275, 0.0006587491615298378],
  lead: 0.016315387137302097,
  below: [2.568520192289822, 1.8729528499234604, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918],
} as const;

interface Ratio {
  readonly above: readonly number[];
  readonly lead: number;
  readonly below: readonly number[];
}

function ratioAt({ above, lead, below }: Ratio, x: number): number {
  let numerator = lead * x;
  let denominator = x;
  for (let i = 0; i + 1 < above.length; i++) {
    numerator = (numerator + above[i]!) * x;
    denominator = (denominator + below[i]!) * x;
  }
  return (numerator + above.at(-1)!) / (denominator + below.at(-1)!);
}

/** e^(x²) · erfc(x), for x ≥ 0.46875. */
export function scaledErfc(x: number): number {
  if (x <= 4) return ratioAt(MIDDLE, x);
  const square = 1 / (x * x);
  return (1 / Math.sqrt(Math.PI) - square * ratioAt(FAR, square)) / x;
}

/** erfc(x), for |x| ≤ 0.46875. */
export function nearErfc(x: number): number {
  return 1 - x * ratioAt(NEAR, x * x);
}
