/**
 * Two activations that only tests have, registered when this file is loaded: as a program would add its own. In worker threads,
 * too, with `node --import`.
 */
import { type Activation, registerActivation } from '../../src/kernels/activations.js';

/** Hardly ever 0: dense hidden layers. */
const SOFTSIGN: Activation = {
  name: 'softsign',
  value: (z) => z / (1 + Math.abs(z)),
  slope: (_, h) => (1 - Math.abs(h)) ** 2,
  isSparse: false,
};

/** Often 0: sparse hidden layers. */
const SQUARED_RELU: Activation = {
  name: 'squared_relu',
  value: (z) => Math.max(z, 0) ** 2,
  slope: (_, h) => 2 * Math.sqrt(h),
  isSparse: true,
};

export const TEST_ACTIVATIONS = [SOFTSIGN, SQUARED_RELU] as const;

for (const activation of TEST_ACTIVATIONS) registerActivation(activation);
