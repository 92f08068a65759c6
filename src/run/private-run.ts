/** A private run: its noise, its budget, and what it guarantees. (No other run loads this code.) */
import type { PrivateModel } from '../checkpoints/model-file.js';
import type { Resumed } from '../checkpoints/resume.js';
import type { Config } from '../config/options.js';
import { errors } from '../errors.js';
import { type Plan, stepsPerEpoch } from '../memory/plan.js';
import type { PrivacyFacts } from '../metrics/events.js';
import type { PrivateTask } from '../parallel/task.js';
import { Accountant } from '../privacy/accountant.js';
import { epochsWithin, noiseMultiplierFor } from '../privacy/budget.js';
import { mechanismFor } from '../privacy/mechanism.js';
import { RenyiAccountant } from '../privacy/renyi.js';
import { keyFor, newSecret } from '../privacy/secret.js';

export { fillNoiseTable } from '../privacy/noise-table.js';

export interface PrivateRun {
  /** After all epochs, or the last one within the budget. */
  readonly planned: PrivacyFacts;
  /** ε after so many steps of the run. */
  readonly epsilon: (steps: number) => number;
  readonly task: PrivateTask;
  readonly model: PrivateModel;
}

/** The configuration with the noise multiplier. @param samples  to train on */
export function withNoise(config: Config, samples: number): Config {
  const { dpEpsilon, dpDelta, batchSize, epochs } = config;
  if (!config.private) return config;
  if (dpDelta! * samples >= 1) throw errors.largeDelta(dpDelta!, samples);
  if (config.dpNoiseMultiplier !== undefined) return config;
  const steps = epochs * Math.ceil(samples / batchSize);
  const found = noiseMultiplierFor(dpEpsilon!, dpDelta!, batchSize / samples, Math.max(1, steps));
  if (found === undefined) throw errors.noNoise(dpEpsilon!);
  return { ...config, dpNoiseMultiplier: found };
}

/**
 * @param config      with the noise multiplier
 * @param parameters  of the network
 */
export function privateRunOf(
  config: Config,
  plan: Plan,
  parameters: number,
  resumed: Resumed | undefined,
): PrivateRun | undefined {
  const { dpNoiseMultiplier: sigma, dpDelta: delta, dpClipNorm, dpEpsilon, dpSeed, epochs } = config;
  if (!config.private || sigma === undefined || delta === undefined || dpClipNorm === undefined) return undefined;
  const samplingRate = plan.batchSize / plan.trainSamples;
  const perEpoch = stepsPerEpoch(plan);
  const { accountant, within } = budgetFor(dpEpsilon, delta, samplingRate, sigma, perEpoch, epochs);
  const epsilon = (steps: number) => accountant.epsilon(steps);
  const lastEpoch = within < epochs ? within : Number.POSITIVE_INFINITY;
  if (lastEpoch === 0 && epochs > 0) throw errors.noEpochWithin(dpEpsilon!, epsilon(perEpoch));
  const mechanism = mechanismFor(sigma, dpClipNorm, plan.privacy!.largestBatch, parameters);
  if (!mechanism) throw errors.noiseBeyondLattice(sigma, parameters);
  const secret = resumed?.checkpoint.secret ?? newSecret(dpSeed);
  const factsAfter = (steps: number): PrivacyFacts => ({
    epsilon: epsilon(steps),
    delta,
    noise_multiplier: sigma,
    clip_norm: dpClipNorm,
    sampling_rate: samplingRate,
    steps,
  });
  const guarantee = (steps: number) => ({
    ...(dpSeed === undefined ? {} : { warning: 'none of this holds: the noise follows from --dp-seed' }),
    ...factsAfter(steps),
    accountant: accountant.nameFor(steps),
    neighbors: 'data sets that differ by adding or removing one training sample',
  });
  return {
    planned: factsAfter(Math.min(epochs, lastEpoch) * perEpoch),
    epsilon,
    task: { noiseKey: keyFor('noise', secret), samplingKey: keyFor('sampling', secret), mechanism, lastEpoch },
    model: { secret, guarantee },
  };
}

/** The accountant, and the most epochs that spend at most the budget. */
function budgetFor(
  budget: number | undefined,
  delta: number,
  samplingRate: number,
  sigma: number,
  perEpoch: number,
  epochs: number,
): { readonly accountant: Accountant; readonly within: number } {
  const accountantFor = (most: number) => new Accountant(samplingRate, sigma, most * perEpoch, delta);
  if (budget === undefined) return { accountant: accountantFor(epochs), within: epochs };
  const renyi = new RenyiAccountant(samplingRate, sigma);
  const surely = epochsWithin(budget, { epsilon: (steps) => renyi.epsilon(steps, delta) }, perEpoch, epochs);
  // More steps take the accountant longer, so it begins with few.
  for (let most = 4 * surely + 4; ; most *= 4) {
    const asked = Math.min(epochs, most);
    const accountant = accountantFor(asked);
    const within = epochsWithin(budget, accountant, perEpoch, asked);
    if (within < asked || asked === epochs) return { accountant, within };
  }
}
