import { BALANCED, isClassWeight } from '../../data/class-weights.js';
import { errors } from '../../errors.js';
import { INITIALIZATIONS } from '../../model/initial-values.js';
import { LOSSES } from '../../model/objectives/index.js';
import { WHOLE_RUN_SCHEDULES } from '../../optim/schedule.js';
import {
  DROPOUT,
  DROPOUT_BY_LAYER,
  FOLD,
  integer,
  oneOf,
  PART,
  PART_OR_ZERO,
  POSITIVE,
  RATE,
  texts,
  YES_OR_NO,
} from '../checks.js';
import { type Need, option } from '../option.js';
import { RECIPE_NAMES } from '../recipes.js';
import { BATCH_TEXT, batchSizeFor, EPOCHS_TEXT, epochsFor } from '../table-sizes.js';

/** More would hardly improve the mean, and a model file must fit in memory. */
const MOST_MEMBERS = 100;

export const TRAINING = {
  /**
   * Named set of defaults: `table` for tables, `image` for images, `reference` for the reference program's network and steps. Options
   * that are given override it. See docs/recipes.md. @default none
   */
  recipe: option(
    {
      kind: oneOf(RECIPE_NAMES),
      excludes: { option: 'private', refusal: () => errors.recipeAndPrivate() },
      resume: 'same',
    },
    { help: 'named set of defaults, which other options override', argument: '<name>' },
  ),
  /** Number of epochs. With 0, the run only evaluates the initial weights. @default 100; tables: 300/√rows, at least 15 and at most 100 */
  epochs: option(
    // The length of most schedules is the length of the run.
    {
      kind: integer(0),
      default: 100,
      tableDefault: epochsFor,
      resume: ['schedule', ...WHOLE_RUN_SCHEDULES],
      recipe: 'always',
    },
    { help: 'number of epochs; 0 evaluates the initial weights', short: 'e', tableDefaultText: EPOCHS_TEXT },
  ),
  /**
   * Number of samples per minibatch. The last minibatch of an epoch may be smaller.
   * @default 100, or all samples if there are fewer; tables: √rows, rounded to a power of two from 16 to 256
   */
  batchSize: option(
    { kind: integer(1), default: 100, tableDefault: batchSizeFor, resume: 'between-epochs', recipe: 'always' },
    {
      help: 'number of samples per minibatch',
      short: 'b',
      defaultText: '100, or all samples if there are fewer',
      tableDefaultText: BATCH_TEXT,
    },
  ),
  /** Loss for regression, computed from the standardized targets: mean squared error, mean absolute error or Huber loss. @default mse with --target */
  loss: option(
    { kind: oneOf(LOSSES), needsData: 'targets' },
    { help: 'loss for regression', defaultText: 'mse with --target' },
  ),
  /** Error, in standard deviations of the target, above which the Huber loss is linear. @default 1 */
  huberDelta: option(
    { kind: RATE, default: 1, needs: [{ anyOf: [['loss', 'huber']] }] },
    { help: 'error above which the Huber loss is linear, in standard deviations' },
  ),
  /**
   * Weights of the classes in the training loss. `['balanced']` gives class c the weight n / (k · n_c), where n is the number of
   * training samples, k the number of classes, and n_c the number of training samples of class c. A list such as
   * `['spam=2', 'ham=0.5']` sets the weights of some classes; the other classes have weight 1.
   * @default 1 each
   */
  classWeights: option(
    {
      kind: texts(
        'balanced, or name=weight for some classes, separated by commas',
        (each, all) => isClassWeight(each) || (each === BALANCED && all.length === 1),
      ),
      needsData: 'classes',
      resume: 'between-epochs',
    },
    {
      help: 'weights of the classes in the training loss: balanced, or name=weight for some classes',
      argument: '<weights>',
      defaultText: '1 each',
    },
  ),
  /**
   * Dropout: probability that a unit of a hidden layer is dropped for a sample, that is, outputs 0 in a training step. A single number
   * applies to all hidden layers. The other units are divided by 1 − this probability, so that evaluation needs no change. The
   * probability is rounded to a multiple of 2⁻¹⁶. See docs/mathematics.md, "Dropout". @default 0
   */
  dropout: option(
    { kind: DROPOUT_BY_LAYER, default: 0, needs: [{ anyOf: ['hidden'], refusal: errors.noHiddenLayers }] },
    { help: 'probability that a hidden unit is dropped in a training step, or one for each hidden layer' },
  ),
  /** Dropout of the inputs: probability that an input of a sample is set to 0 in a training step. See `dropout`. @default 0 */
  inputDropout: option(
    { kind: DROPOUT, default: 0 },
    { help: 'probability that an input is dropped in a training step' },
  ),
  /**
   * Label smoothing: in training, the target probability of a sample's class is 1 − this value, and the rest is shared by all classes
   * equally, the sample's class included. Affects training and `train_loss` only. Only for classes. @default 0
   */
  labelSmoothing: option(
    {
      kind: PART_OR_ZERO,
      default: 0,
      excludes: { option: 'target', refusal: () => errors.weightsOfNumbers('label-smoothing') },
      needsData: 'classes',
    },
    { help: 'part of the target probability that all classes share equally in training' },
  ),
  /** Distribution of the initial weights: see docs/mathematics.md, "Initial values". @default 'uniform' */
  init: option({ kind: oneOf(INITIALIZATIONS), default: 'uniform' }, { help: 'distribution of the initial weights' }),
  /** Seed for the initial weights, the sample order and the splits. @default 1 */
  seed: option(
    { kind: integer(0, Number.MAX_SAFE_INTEGER), default: 1, resume: 'between-epochs', recipe: 'always' },
    { help: 'seed for the initial weights, sample order and splits' },
  ),
  /**
   * Number of networks to train, with the seeds `seed`, `seed` + 1, … and the same splits. Several are trained at the same time. The
   * model contains all of them, and predicts the mean of their probabilities or numbers: see docs/choosing.md. @default 1
   */
  ensemble: option(
    { kind: integer(1, MOST_MEMBERS), default: 1, resume: 'free', recipe: 'if-set' },
    { help: 'number of networks to train with different seeds; the model predicts their mean' },
  ),
};

const TEST_TIMES = ['every', 'end'] as const;

const VALIDATION: readonly Need[] = [{ anyOf: ['validationSplit'] }];

export const STOPPING = {
  /** Fraction of the training samples held out for validation. The seed determines which samples are held out. @default none */
  validationSplit: option(
    { kind: PART, resume: 'between-epochs' },
    { help: 'fraction of the training samples held out for validation', argument: '<fraction>' },
  ),
  /** Seed for the test and validation splits, so that runs with different seeds can have the same splits. @default the value of --seed */
  splitSeed: option(
    {
      kind: integer(0, Number.MAX_SAFE_INTEGER),
      needs: [{ anyOf: ['validationSplit', 'testSplit'] }],
      resume: 'between-epochs',
    },
    { help: 'seed for the test and validation splits', defaultText: 'the value of --seed' },
  ),
  /**
   * Use a fold of a cross-validation as the test set: `2/5` divides the training samples into five folds, trains on four of them,
   * and tests on the second. The test set of the data set, if there is one, is not used. See docs/choosing.md. @default none
   */
  fold: option(
    {
      kind: FOLD,
      resume: 'between-epochs',
      excludes: { option: 'testSplit', refusal: () => errors.foldAndTest('--test-split') },
    },
    {
      help: 'test on this fold of the training samples, and train on the others: 2/5 is the second of five folds',
      argument: '<i/k>',
    },
  ),
  /** Seed for the division into folds. @default the value of --seed */
  foldSeed: option(
    { kind: integer(0, Number.MAX_SAFE_INTEGER), needs: [{ anyOf: ['fold'] }], resume: 'between-epochs' },
    { help: 'seed for the division into folds', defaultText: 'the value of --seed' },
  ),
  /**
   * Whether each split takes the same fraction of every class, as far as the numbers of samples allow. Folds of images are
   * stratified by default, too. @default false; tables: true for classes
   */
  stratify: option(
    {
      kind: YES_OR_NO,
      default: false,
      tableDefault: ({ areNumbers }) => !areNumbers,
      needs: [
        { anyOf: ['validationSplit', 'testSplit', 'fold'] },
        { anyOf: ['fold', ['group', undefined]], refusal: errors.stratifiedGroups },
      ],
      needsData: 'classes',
      resume: 'between-epochs',
    },
    {
      help: 'take the same fraction of every class in each split',
      tableDefaultText: 'true for classes',
      negatedHelp: 'split the samples regardless of their classes',
    },
  ),
  /**
   * When the test set is evaluated: after every epoch, or once, at the end of the run, on the weights that the run keeps. The
   * choice does not affect the weights. @default 'every'
   */
  testAt: option(
    { kind: oneOf(TEST_TIMES), default: 'every', needsData: 'test', resume: 'free' },
    { help: 'when the test set is evaluated: after every epoch, or once at the end of the run' },
  ),
  /** Early stopping: stop after this many epochs without an improvement in the validation loss. @default never */
  patience: option(
    { kind: integer(1), needs: VALIDATION, resume: 'free', recipe: 'if-set' },
    { help: 'stop after this many epochs without improvement in the validation loss', defaultText: 'never' },
  ),
  /** Keep the weights of the epoch with the lowest validation loss instead of the weights of the last epoch. @default false */
  keepBest: option(
    { kind: YES_OR_NO, default: false, needs: VALIDATION },
    { help: 'keep the weights with the lowest validation loss instead of the last weights' },
  ),
  /**
   * Time limit in seconds, measured from the time at which the run was started or resumed. The run stops after the epoch
   * in which the limit expires.
   * @default none
   */
  maxTime: option(
    { kind: POSITIVE, resume: 'free', mayDifferByRank: true },
    { help: 'stop after the epoch in which the limit expires', argument: '<seconds>' },
  ),
};
