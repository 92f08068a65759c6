import { integer, PART, POSITIVE, RATE, YES_OR_NO } from '../checks.js';
import { type Need, option } from '../option.js';

const PRIVATE: Need = { anyOf: ['private'] };

/** Differentially private training: docs/per-sample.md, "Private training". */
export const PRIVACY = {
  /**
   * Whether to train with differential privacy (DP-SGD). Requires `dpDelta`, `dpClipNorm`, and `dpEpsilon` or `dpNoiseMultiplier`.
   * Options and data that would give away training samples are refused. @default false
   */
  private: option(
    { kind: YES_OR_NO, default: false },
    { help: 'train with differential privacy: see docs/per-sample.md' },
  ),
  /**
   * Privacy budget ε. Without `dpNoiseMultiplier`, the noise is chosen so that all epochs together spend it. The run ends before an
   * epoch that would exceed it. @default unlimited
   */
  dpEpsilon: option(
    { kind: POSITIVE, needs: PRIVATE },
    { help: 'privacy budget: the largest epsilon', defaultText: 'unlimited' },
  ),
  /** Probability δ with which the bound ε need not hold. It must be below 1 / the number of training samples. @default none */
  dpDelta: option({ kind: PART, needs: PRIVATE }, { help: 'delta of the guarantee, below 1 / training samples' }),
  /** Norm C that the gradient of each sample is clipped to. @default none */
  dpClipNorm: option({ kind: RATE, needs: PRIVATE }, { help: "norm that each sample's gradient is clipped to" }),
  /** Standard deviation σ of the noise, as a multiple of `dpClipNorm`. @default found from the budget */
  dpNoiseMultiplier: option(
    { kind: POSITIVE, needs: PRIVATE },
    {
      help: 'standard deviation of the noise, as a multiple of --dp-clip-norm',
      defaultText: 'found from the budget',
    },
  ),
  /**
   * Seed of the noise and of the sampling, for tests: such a run has no privacy, because whoever knows the seed can remove the noise.
   * @default a secret from the system's randomness
   */
  dpSeed: option(
    { kind: integer(0, Number.MAX_SAFE_INTEGER), needs: PRIVATE },
    { help: 'for tests: seed of noise and sampling; no privacy', defaultText: "a secret from the system's randomness" },
  ),
};
