/** What the page says about each activation: docs/mathematics.md, "Activations". */
import type { Facts, LayerPass } from '../../tools/explain/asks.js';
import { formula, type Letters } from './explain-letters.js';
import { counted } from './format.js';

interface Curve {
  /** f(z), as a formula. @param z  as a formula, with its index */
  readonly value: (z: string) => string;
  /** f′(z) */
  readonly slope: (z: string, h: string) => string;
  /** Meaning of letters in these formulas. */
  readonly letters?: string;
  /** Whether outputs may be negative. */
  readonly isSigned: boolean;
}

const LOGISTIC = 'σ(z) = 1 / (1 + e^{−z})';

const CURVES: Readonly<Record<string, Curve>> = {
  relu: { value: (z) => `max(${z}, 0)`, slope: (z) => `[${z} > 0]`, isSigned: false },
  'leaky-relu': {
    value: (z) => `max(${z}, 0.01 ${z})`,
    slope: (z) => `1 if ${z} > 0, else 0.01`,
    isSigned: true,
  },
  elu: {
    value: (z) => `${z} if ${z} > 0, else e^{${z}} − 1`,
    slope: (z) => `1 if ${z} > 0, else e^{${z}}`,
    isSigned: true,
  },
  selu: {
    value: (z) => `λ ${z} if ${z} > 0, else λ α (e^{${z}} − 1)`,
    slope: (z) => `λ if ${z} > 0, else λ α e^{${z}}`,
    letters: 'λ = 1.0507, α = 1.6733',
    isSigned: true,
  },
  gelu: {
    value: (z) => `${z} Φ(${z})`,
    slope: (z) => `Φ(${z}) + ${z} φ(${z})`,
    letters: 'Φ: standard normal distribution function; φ: its density',
    isSigned: true,
  },
  silu: {
    value: (z) => `${z} σ(${z})`,
    slope: (z) => `σ(${z}) + ${z} σ(${z}) σ(−${z})`,
    letters: LOGISTIC,
    isSigned: true,
  },
  mish: {
    value: (z) => `${z} w, w = tanh(log(1 + e^{${z}}))`,
    slope: (z) => `w + ${z} (1 − w^2) σ(${z})`,
    letters: LOGISTIC,
    isSigned: true,
  },
  tanh: { value: (z) => `tanh(${z})`, slope: (_, h) => `1 − ${h}^2`, isSigned: true },
  sigmoid: { value: (z) => `σ(${z})`, slope: (_, h) => `${h} (1 − ${h})`, letters: LOGISTIC, isSigned: false },
};

/** One that a program has added. */
const UNKNOWN: Curve = { value: (z) => `f(${z})`, slope: (z) => `f′(${z})`, isSigned: true };

export function curveOf({ activation }: Facts): Curve {
  return CURVES[activation] ?? UNKNOWN;
}

/** The only activation whose units output exactly 0 and have a slope of exactly 0. */
export function canBeOff({ activation }: Facts): boolean {
  return activation === 'relu';
}

/** δ of a hidden unit in words. @param isLast  whether it is of the last hidden layer */
export function backInWords(facts: Facts, isLast: boolean): string {
  const next = isLast ? 'each output' : 'each unit of the next layer';
  const slope = canBeOff(facts)
    ? 'times 1 if the unit is on and 0 if it is off'
    : "times the slope f′ of the activation function at the unit's sum";
  return `In words: the sum of δ of ${next} times the weight to it, ${slope}.`;
}

/** Slopes that are called small. */
const SMALL = 0.05;

/** Below the grids of a hidden layer. @param isFirst  whether it is the first one */
export function noteOf(facts: Facts, { z, slope = [] }: LayerPass, { z: sum, to }: Letters, isFirst: boolean) {
  const units = z.length;
  if (canBeOff(facts)) {
    const on = z.filter((each) => each > 0).length;
    const some = `${on} of ${counted(units, 'unit')} ${on === 1 ? 'is' : 'are'} on.`;
    if (!isFirst) return [`${some} The others are off: their sums are not positive.`];
    return [
      `${some} The others are off, because their sums are not positive; both grids show them dark, with a stroke. If the sum ` +
        'of a unit that is off changes a little, its output is still 0, so the loss does not change: δ = 0. The gradient of ' +
        'each of its weights is an input times δ, which is 0, too. So the unit learns nothing from this sample.',
    ];
  }
  const small = slope.filter((each) => Math.abs(each) < SMALL).length;
  const some = `f′ is between −${SMALL} and ${SMALL} for ${small} of ${counted(units, 'unit')}.`;
  if (!isFirst) return [some];
  return [
    'The slope ',
    formula(`f′(${sum}_${to})`),
    " of the activation function is a factor of δ, and δ is a factor of the gradient of each of the unit's weights. The closer " +
      `f′ is to 0, the less the unit learns from this sample. ${some}`,
  ];
}
