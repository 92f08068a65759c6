/** How a training differs from steps along the plain gradients of the samples as they are, which the page explains. */

/** Options that are off at 0 or false, as they are called in a sentence. */
const NAMES = {
  dropout: 'dropout',
  inputDropout: 'dropout of inputs',
  shift: 'random shifts',
  rotate: 'random rotations',
  zoom: 'random scaling',
  flip: 'random mirroring',
  inputNoise: 'noise on the inputs',
  labelSmoothing: 'label smoothing',
  weightDecay: 'weight decay',
  l1: 'an L1 penalty',
  maxNorm: 'a maximum norm',
  clipNorm: 'gradient clipping',
  ema: 'a moving average of the weights',
} as const;

export type Difference = keyof typeof NAMES;

/** @param optionValue  the option's value; undefined if it is not known */
export function differencesOf(optionValue: (option: Difference) => unknown): string[] {
  return (Object.keys(NAMES) as Difference[])
    .filter((option) => isOn(optionValue(option)))
    .map((option) => NAMES[option]);
}

function isOn(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isOn);
  return value === true || (typeof value === 'number' && value > 0);
}
