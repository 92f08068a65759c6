import { integer, PART, POSITIVE, RATE, text, YES_OR_NO } from '../checks.js';
import { type Need, option } from '../option.js';

const PRIVATE: readonly Need[] = [{ anyOf: ['private'] }];

/** Differentially private training: docs/per-sample.md, "Private training". */
export const PRIVACY = {
  /**
   * Whether to train with differential privacy (DP-SGD). Requires `dpDelta`, `dpClipNorm`, and `dpEpsilon` or `dpNoiseMultiplier`.
   * Options and data that would reveal training samples are refused. @default false
   */
  private: option(
    { kind: YES_OR_NO, default: false },
    { help: 'train with differential privacy: see docs/per-sample.md' },
  ),
  /**
   * Privacy budget ε. Without `dpNoiseMultiplier`, the noise is chosen so that all epochs together spend this budget. In any case,
   * the run ends before an epoch that would exceed the budget. @default unlimited
   */
  dpEpsilon: option(
    { kind: POSITIVE, needs: PRIVATE },
    { help: 'privacy budget: the largest allowed epsilon', defaultText: 'unlimited' },
  ),
  /**
   * δ of the guarantee: roughly, the probability that the bound ε does not hold. It must be less than 1 divided by the number
   * of training samples. @default none
   */
  dpDelta: option(
    { kind: PART, needs: PRIVATE },
    { help: 'delta of the privacy guarantee; must be less than 1 divided by the number of training samples' },
  ),
  /** Norm C that the gradient of each sample is clipped to. @default none */
  dpClipNorm: option({ kind: RATE, needs: PRIVATE }, { help: "norm that each sample's gradient is clipped to" }),
  /** Standard deviation σ of the noise, as a multiple of `dpClipNorm`. @default computed from the budget */
  dpNoiseMultiplier: option(
    { kind: POSITIVE, needs: PRIVATE },
    {
      help: 'standard deviation of the noise, as a multiple of --dp-clip-norm',
      defaultText: 'computed from the budget',
    },
  ),
  /**
   * A table with the same columns as the training table, but without private rows. For a private run on a table, the kinds of the
   * columns, their encoding and scaling, and the classes are determined from this table, because they would otherwise reveal
   * private rows. A few representative or invented rows are enough. @default none
   */
  publicData: option(
    { kind: text('a table (CSV or NDJSON), or - for stdin'), isForTables: true, resume: 'by-content', needs: PRIVATE },
    {
      help: 'table without private rows, from which the encoding of the columns is determined; required for a private table',
      argument: '<table>',
    },
  ),
  /**
   * Seed for the noise and the sampling, for tests only. A run with this option is not private, because anyone who knows the
   * seed can remove the noise. @default a secret from the system's random number generator
   */
  dpSeed: option(
    { kind: integer(0, Number.MAX_SAFE_INTEGER), needs: PRIVATE },
    {
      help: 'for tests only: seed for the noise and the sampling; the run is not private',
      defaultText: "a secret from the system's random number generator",
    },
  ),
};
