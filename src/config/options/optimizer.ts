import { errors } from '../../errors.js';
import { OPTIMIZERS, type OptimizerName, REDUCTIONS } from '../../optim/optimizer.js';
import { SCHEDULES, type ScheduleName } from '../../optim/schedule.js';
import { DECAY, integer, oneOf, RATE, RATE_OR_ZERO, YES_OR_NO } from '../checks.js';
import { type Need, option } from '../option.js';
import { DECAY_TEXT, weightDecayFor } from '../table-sizes.js';

const using = (...names: readonly OptimizerName[]): readonly Need[] => [
  { anyOf: names.map((name) => ['optimizer', name] as const) },
];
const following = (...names: readonly ScheduleName[]): readonly Need[] => [
  { anyOf: names.map((name) => ['schedule', name] as const) },
];

/** The options of the update step; the worker threads receive them. docs/mathematics.md, "Optimizers", has the formulas. */
export const OPTIMIZER = {
  /** Optimizer: stochastic gradient descent, Adam, AdamW, RMSprop or Lion. @default 'sgd'; tables: 'adam' */
  optimizer: option({ kind: oneOf(OPTIMIZERS), default: 'sgd', tableDefault: 'adam' }, { help: 'optimizer' }),
  /** Learning rate. @default 0.001; tables: 0.003 */
  lr: option({ kind: RATE, default: 0.001, tableDefault: 0.003, recipe: 'always' }, { help: 'learning rate' }),
  /** How the gradients of the samples in a batch are combined. Training recipes from other frameworks need `mean`. @default 'sum'; tables: 'mean'; private runs: 'mean' */
  reduction: option(
    { kind: oneOf(REDUCTIONS), default: 'sum', tableDefault: 'mean', privateDefault: 'mean', recipe: 'always' },
    { help: 'how to combine the gradients of a batch (other frameworks use mean)' },
  ),
  /** Momentum coefficient of SGD and RMSprop. 0 means no momentum. @default 0 */
  momentum: option({ kind: DECAY, default: 0, needs: using('sgd', 'rmsprop') }, { help: 'momentum coefficient' }),
  /** Whether to use Nesterov momentum. @default false */
  nesterov: option(
    {
      kind: YES_OR_NO,
      default: false,
      needs: [{ anyOf: ['momentum'] }],
      excludes: { option: 'optimizer', value: 'rmsprop', refusal: errors.nesterovOfRmsprop },
    },
    { help: 'use Nesterov momentum' },
  ),
  /** Whether RMSprop divides by the standard deviation of the gradients instead of the root of their mean square. @default false */
  centered: option(
    { kind: YES_OR_NO, default: false, needs: using('rmsprop') },
    { help: 'divide by the standard deviation of the gradients' },
  ),
  /** Decay factor of the first moment of Adam and AdamW, or of the mean that determines Lion's steps. @default 0.9 */
  beta1: option(
    { kind: DECAY, default: 0.9, needs: using('adam', 'adamw', 'lion') },
    { help: 'decay factor of the first moment' },
  ),
  /**
   * Decay factor of the second moment of Adam, AdamW and RMSprop (for RMSprop: PyTorch's `alpha`), or of the mean that Lion stores.
   * @default 0.999; rmsprop and lion: 0.99
   */
  beta2: option(
    {
      kind: DECAY,
      default: 0.999,
      byOptimizer: { rmsprop: 0.99, lion: 0.99 },
      needs: using('adam', 'adamw', 'rmsprop', 'lion'),
    },
    { help: 'decay factor of the second moment', defaultText: '0.999; rmsprop and lion: 0.99' },
  ),
  /** Constant that Adam, AdamW and RMSprop add to the denominator of their steps. @default 1e-8 */
  eps: option(
    { kind: RATE, default: 1e-8, needs: using('adam', 'adamw', 'rmsprop') },
    { help: 'constant added to the denominator of a step' },
  ),
  /**
   * L2 penalty coefficient: the parameters, including biases, are multiplied by this factor and added to the gradient. With AdamW and
   * Lion, weight decay is decoupled from the gradient: the parameters are multiplied by 1 − learning rate × this factor.
   * @default 0; tables: 1/rows, at most 0.01
   */
  weightDecay: option(
    { kind: RATE_OR_ZERO, default: 0, tableDefault: weightDecayFor },
    { help: 'L2 penalty, or weight decay of adamw and lion', tableDefaultText: DECAY_TEXT },
  ),
  /**
   * Decay factor of an exponential moving average of the weights, such as 0.99. The average is evaluated after each epoch, and becomes
   * the model. 0 means no average. @default 0
   */
  ema: option(
    { kind: DECAY, default: 0 },
    { help: 'decay factor of a moving average of the weights, which is evaluated and becomes the model; 0 for none' },
  ),
  /**
   * L1 penalty coefficient: the sign of each weight, times this coefficient, is added to the gradient, with every optimizer. Biases are
   * not penalized. The penalty is not part of the reported loss. @default 0
   */
  l1: option({ kind: RATE_OR_ZERO, default: 0 }, { help: 'L1 penalty of the weights' }),
  /**
   * Maximum norm of a unit's incoming weights, in all layers, without the bias. After each step, weights with a larger norm are scaled
   * down to the maximum. @default unlimited
   */
  maxNorm: option({ kind: RATE }, { help: "maximum norm of each unit's incoming weights", defaultText: 'unlimited' }),
  /** Maximum global norm of the reduced gradient. A gradient with a larger norm is scaled down to the maximum. @default unlimited */
  clipNorm: option({ kind: RATE }, { help: 'maximum global gradient norm', defaultText: 'unlimited' }),
  /** Learning rate schedule. @default 'constant' */
  schedule: option({ kind: oneOf(SCHEDULES), default: 'constant' }, { help: 'learning rate schedule' }),
  /** Number of steps over which the learning rate rises linearly to `lr`. @default 0 */
  warmupSteps: option(
    { kind: integer(0), default: 0 },
    { help: 'number of steps over which the learning rate rises to --lr' },
  ),
  /** Number of epochs between decays of the learning rate, for the schedule `step`. @default 30 */
  lrStepSize: option(
    { kind: integer(1), default: 30, needs: following('step') },
    { help: 'number of epochs between decays of the learning rate' },
  ),
  /** Decay factor of the learning rate, for the schedules `step` and `plateau`. @default 0.1 */
  lrGamma: option(
    {
      kind: RATE,
      default: 0.1,
      needs: following('step', 'plateau'),
      excludes: {
        ...{ option: 'schedule', value: 'plateau', refusal: errors.risingPlateau },
        // As in PyTorch.
        values: { include: (gamma) => Number(gamma) >= 1, text: 'Values of at least 1' },
      },
    },
    { help: 'decay factor of the learning rate' },
  ),
  /**
   * Number of epochs without a lower loss after which the schedule `plateau` lowers the learning rate. The loss is the validation loss
   * or, without validation samples, the training loss. @default 10
   */
  lrPatience: option(
    { kind: integer(0), default: 10, needs: following('plateau') },
    { help: 'number of epochs without a lower loss before the learning rate falls' },
  ),
};
