/**
 * Activations and their derivatives, in float32. docs/mathematics.md, "Activations", has the formulas, and
 * test/kernels/curves.test.ts the bounds of the errors.
 *
 * A curve has `shared`, which its value and its derivative are both computed from. No argument but an infinite one gives an
 * infinite number or NaN, and NaN stays NaN.
 */
import { Vector } from './vector';

/** Numbers in each lane. */
class Lanes {
  @inline
  static of(x: f32): v128 {
    return f32x4.splat(x);
  }

  /** Where x ≥ 0 (false for NaN). */
  @inline
  static choose(x: v128, ifNotNegative: v128, ifNegative: v128): v128 {
    return v128.bitselect(ifNotNegative, ifNegative, f32x4.ge(x, f32x4.splat(0)));
  }

  /** −|x| */
  @inline
  static minusAbs(x: v128): v128 {
    return v128.or(x, i32x4.splat(i32.MIN_VALUE));
  }
}

/**
 * e^x and e^x − 1 for x ≤ 0. With x = k · ln 2 + r, |r| ≤ ln 2 / 2: e^x = 2^k · e^r, and e^r by its Taylor series.
 */
class Exponential {
  /** ln of the smallest normal number: below it, e^x is 0. */
  static readonly UNDERFLOW: f32 = -87.33654;
  /** 1.5 · 2²³: a number below 2²² that is added to it is rounded to an integer, which then is in the lowest bits. */
  static readonly ROUNDER: f32 = 12582912;

  /** x, but not below the underflow. (`pmax` keeps a NaN that is its first argument.) */
  @inline
  static clamped(x: v128): v128 {
    return f32x4.pmax(x, Lanes.of(Exponential.UNDERFLOW));
  }

  /** k + ROUNDER */
  @inline
  static rounded(x: v128): v128 {
    return Vector.madd(x, Lanes.of(Mathf.LOG2E), Lanes.of(Exponential.ROUNDER));
  }

  /** 2^k */
  @inline
  static scale(rounded: v128): v128 {
    return i32x4.add(i32x4.shl(rounded, 23), i32x4.splat(127 << 23));
  }

  /** e^r − 1 */
  @inline
  static rest(x: v128, rounded: v128): v128 {
    const k = f32x4.sub(rounded, Lanes.of(Exponential.ROUNDER));
    // ln 2 in two parts: the first has trailing zeros, so that k times it is exact.
    let r = Vector.madd(k, Lanes.of(-0.693359375), x);
    r = Vector.madd(k, Lanes.of(2.1219444e-4), r);
    let p = Vector.madd(r, Lanes.of(1.0 / 5040.0), Lanes.of(1.0 / 720.0));
    p = Vector.madd(p, r, Lanes.of(1.0 / 120.0));
    p = Vector.madd(p, r, Lanes.of(1.0 / 24.0));
    p = Vector.madd(p, r, Lanes.of(1.0 / 6.0));
    p = Vector.madd(p, r, Lanes.of(0.5));
    return Vector.madd(f32x4.mul(r, r), p, r);
  }

  /** e^x */
  @inline
  static of(x: v128): v128 {
    const y = Exponential.clamped(x);
    const rounded = Exponential.rounded(y);
    const scale = Exponential.scale(rounded);
    const power = Vector.madd(scale, Exponential.rest(y, rounded), scale);
    return v128.andnot(power, f32x4.lt(x, Lanes.of(Exponential.UNDERFLOW)));
  }

  /** e^x − 1 */
  @inline
  static minusOne(x: v128): v128 {
    const y = Exponential.clamped(x);
    const rounded = Exponential.rounded(y);
    const scale = Exponential.scale(rounded);
    return Vector.madd(scale, Exponential.rest(y, rounded), f32x4.sub(scale, Lanes.of(1)));
  }
}

/** 1 / (1 + e^−x), without cancellation on either side. */
class Logistic {
  /** σ(x) and σ(−x) = 1 − σ(x), from e = e^−|x|. */
  @inline
  static of(x: v128, e: v128): v128 {
    const upper = f32x4.div(Lanes.of(1), f32x4.add(Lanes.of(1), e));
    return Lanes.choose(x, upper, f32x4.mul(e, upper));
  }

  @inline
  static ofMinus(x: v128, e: v128): v128 {
    const upper = f32x4.div(Lanes.of(1), f32x4.add(Lanes.of(1), e));
    return Lanes.choose(x, f32x4.mul(e, upper), upper);
  }
}

export class LeakyRelu {
  static readonly SLOPE: f32 = 0.01;

  @inline
  static shared(x: v128): v128 {
    return f32x4.gt(x, Lanes.of(0));
  }

  @inline
  static value(x: v128, isPositive: v128): v128 {
    return v128.bitselect(x, f32x4.mul(x, Lanes.of(LeakyRelu.SLOPE)), isPositive);
  }

  @inline
  static slope(_x: v128, isPositive: v128, _h: v128): v128 {
    return v128.bitselect(Lanes.of(1), Lanes.of(LeakyRelu.SLOPE), isPositive);
  }
}

export class Elu {
  /** e^min(x, 0) − 1 */
  @inline
  static shared(x: v128): v128 {
    return Exponential.minusOne(f32x4.pmin(x, Lanes.of(0)));
  }

  @inline
  static value(x: v128, power: v128): v128 {
    return v128.bitselect(x, power, f32x4.gt(x, Lanes.of(0)));
  }

  /** (Above 0, the power is 0.) */
  @inline
  static slope(_x: v128, power: v128, _h: v128): v128 {
    return f32x4.add(power, Lanes.of(1));
  }
}

export class Selu {
  static readonly LAMBDA: f32 = 1.0507009873554805;
  static readonly LAMBDA_ALPHA: f32 = 1.7580993408473766;

  @inline
  static shared(x: v128): v128 {
    return f32x4.mul(Lanes.of(Selu.LAMBDA_ALPHA), Elu.shared(x));
  }

  @inline
  static value(x: v128, power: v128): v128 {
    return v128.bitselect(f32x4.mul(Lanes.of(Selu.LAMBDA), x), power, f32x4.gt(x, Lanes.of(0)));
  }

  @inline
  static slope(x: v128, power: v128, _h: v128): v128 {
    const below = f32x4.add(power, Lanes.of(Selu.LAMBDA_ALPHA));
    return v128.bitselect(Lanes.of(Selu.LAMBDA), below, f32x4.gt(x, Lanes.of(0)));
  }
}

export class Sigmoid {
  /** e^−|x| */
  @inline
  static shared(x: v128): v128 {
    return Exponential.of(Lanes.minusAbs(x));
  }

  @inline
  static value(x: v128, e: v128): v128 {
    return Logistic.of(x, e);
  }

  @inline
  static slope(x: v128, e: v128, h: v128): v128 {
    return f32x4.mul(h, Logistic.ofMinus(x, e));
  }
}

export class Silu {
  @inline
  static shared(x: v128): v128 {
    return Sigmoid.shared(x);
  }

  /** x · σ(x) */
  @inline
  static value(x: v128, e: v128): v128 {
    return f32x4.mul(x, Logistic.of(x, e));
  }

  /** σ(x) + x · σ(x) · σ(−x) */
  @inline
  static slope(x: v128, e: v128, h: v128): v128 {
    return Vector.madd(h, Logistic.ofMinus(x, e), Logistic.of(x, e));
  }
}

export class Tanh {
  /** tanh |x| = −m / (2 + m), m = e^(−2|x|) − 1 */
  @inline
  static shared(x: v128): v128 {
    const m = Exponential.minusOne(f32x4.mul(Lanes.of(2), Lanes.minusAbs(x)));
    return f32x4.div(f32x4.neg(m), f32x4.add(Lanes.of(2), m));
  }

  @inline
  static value(x: v128, ofAbs: v128): v128 {
    return v128.bitselect(x, ofAbs, i32x4.splat(i32.MIN_VALUE));
  }

  /** 1 − tanh² x */
  @inline
  static slope(_x: v128, ofAbs: v128, _h: v128): v128 {
    return f32x4.mul(f32x4.sub(Lanes.of(1), ofAbs), f32x4.add(Lanes.of(1), ofAbs));
  }
}

/** x · w, w = tanh(ln(1 + e^x)) = (e^2x + 2e^x) / (e^2x + 2e^x + 2), above 0 divided by e^2x. */
export class Mish {
  @inline
  static shared(x: v128): v128 {
    return Sigmoid.shared(x);
  }

  /** Numerator of w. */
  @inline
  static above(x: v128, e: v128): v128 {
    const twice = f32x4.mul(Lanes.of(2), e);
    return f32x4.add(twice, Lanes.choose(x, Lanes.of(1), f32x4.mul(e, e)));
  }

  /** Numerator of 1 − w. */
  @inline
  static rest(x: v128, e: v128): v128 {
    const two = Lanes.of(2);
    return Lanes.choose(x, f32x4.mul(two, f32x4.mul(e, e)), two);
  }

  @inline
  static inverse(x: v128, e: v128): v128 {
    return f32x4.div(Lanes.of(1), f32x4.add(Mish.above(x, e), Mish.rest(x, e)));
  }

  @inline
  static value(x: v128, e: v128): v128 {
    return f32x4.mul(x, f32x4.mul(Mish.above(x, e), Mish.inverse(x, e)));
  }

  /** w + x · w′, w′ = (1 − w)(1 + w) · σ(x) */
  @inline
  static slope(x: v128, e: v128, _h: v128): v128 {
    const inverse = Mish.inverse(x, e);
    const w = f32x4.mul(Mish.above(x, e), inverse);
    const rest = f32x4.mul(Mish.rest(x, e), inverse);
    const steepness = f32x4.mul(f32x4.mul(rest, f32x4.add(Lanes.of(1), w)), Logistic.of(x, e));
    return Vector.madd(x, steepness, w);
  }
}

/** x · Φ(x), where Φ is the distribution function of a standard normal variable: the form with erf. */
export class Gelu {
  /** e^(−x²/2) */
  @inline
  static shared(x: v128): v128 {
    return Exponential.of(f32x4.mul(f32x4.mul(x, Lanes.of(-0.5)), x));
  }

  /**
   * Φ(−|x|) = e^(−x²/2) · u · P(u), u = 1 / (1 + 0.3 |x|), as the approximations of erfc in the literature have it (Hastings 1955;
   * Abramowitz and Stegun 7.1.26). P is a fit with the least relative error for |x| ≤ 13.3, which is 1.3e-7.
   */
  @inline
  static tail(x: v128, density: v128): v128 {
    const one = Lanes.of(1);
    const u = f32x4.div(one, Vector.madd(Lanes.of(0.3), f32x4.abs(x), one));
    let p = Vector.madd(u, Lanes.of(0.036036230623722076), Lanes.of(-0.15871331095695496));
    p = Vector.madd(p, u, Lanes.of(0.20896407961845398));
    p = Vector.madd(p, u, Lanes.of(-0.05609544366598129));
    p = Vector.madd(p, u, Lanes.of(0.12984320521354675));
    p = Vector.madd(p, u, Lanes.of(0.09952312707901));
    p = Vector.madd(p, u, Lanes.of(0.12081688642501831));
    p = Vector.madd(p, u, Lanes.of(0.11962517350912094));
    return f32x4.mul(density, f32x4.mul(p, u));
  }

  /** Φ(x) */
  @inline
  static distribution(x: v128, density: v128): v128 {
    const tail = Gelu.tail(x, density);
    return Lanes.choose(x, f32x4.sub(Lanes.of(1), tail), tail);
  }

  @inline
  static value(x: v128, density: v128): v128 {
    return f32x4.mul(x, Gelu.distribution(x, density));
  }

  /** Φ(x) + x · e^(−x²/2) / √(2π) */
  @inline
  static slope(x: v128, density: v128, _h: v128): v128 {
    const scaled = f32x4.mul(density, Lanes.of(0.3989422804014327));
    return Vector.madd(x, scaled, Gelu.distribution(x, density));
  }
}
