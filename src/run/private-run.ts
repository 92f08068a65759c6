/** A private run: what it needs, what it refuses, and what it guarantees. */
import type { PrivateModel } from '../checkpoints/model-file.js';
import type { Resumed } from '../checkpoints/resume.js';
import type { CheckedOptions, Config } from '../config/options.js';
import { BALANCED } from '../data/class-weights.js';
import { errors } from '../errors.js';
import { type Plan, stepsPerEpoch } from '../memory/plan.js';
import type { PrivacyFacts } from '../metrics/events.js';
import type { PrivateTask } from '../parallel/task.js';
import { Accountant } from '../privacy/accountant.js';
import { epochsWithin, noiseMultiplierFor } from '../privacy/budget.js';
import { mechanismFor } from '../privacy/mechanism.js';
import { RenyiAccountant } from '../privacy/renyi.js';
import { keyFor, newSecret } from '../privacy/secret.js';

export interface PrivateRun {
  /** After all epochs, or the last one within the budget. */
  readonly planned: PrivacyFacts;
  /** ε after so many steps of the run. */
  readonly epsilon: (steps: number) => number;
  readonly task: PrivateTask;
  readonly model: PrivateModel;
}

/** What a run is asked for. */
interface Asked extends CheckedOptions {
  /** Whether the data are a table. */
  readonly isTable: boolean;
}

/** Data and options that would give away samples, or that the noise is not made for. */
const REFUSALS: readonly (readonly [flag: string, isAsked: (config: Config, asked: Asked) => boolean, why: string])[] =
  [
    ['--test-split', ({ testSplit = 0 }) => testSplit > 0, 'the metrics of these private rows would be published'],
    ['--fold', ({ fold }) => fold !== undefined, 'the metrics of these private samples would be published'],
    ['--validation-split', ({ validationSplit }) => validationSplit !== undefined, 'these samples are private'],
    ['--missing drop', ({ missing }) => missing === 'drop', 'the number of the rows that are left out is secret'],
    [
      '--class-weights balanced',
      ({ classWeights }) => classWeights?.[0] === BALANCED,
      'these weights are counted from private samples',
    ],
    ['--log-every', ({ logEvery }) => logEvery !== undefined, 'the losses of private samples are secret'],
    ['--audit', ({ audit }) => audit !== false, 'the scores of private samples are secret'],
    ['--noise-scale', ({ noiseScale }) => noiseScale, 'the norms of private gradients are secret'],
    ['--clip-norm', ({ clipNorm }) => clipNorm !== undefined, '--dp-clip-norm limits the gradient of each sample'],
    ['--strategy dense', ({ strategy }) => strategy === 'dense', 'noise needs --strategy sliced'],
    ['--mpi', (_, { mpi }) => mpi !== undefined, 'noise is added by a single process'],
  ];

/** @throws LockstepError (status 2) if an option is missing, or something is asked for that does not go with --private */
export function requirePrivate(config: Config, asked: Asked, resumed: Resumed | undefined): void {
  if (asked.resumeAnyway && (config.private || resumed?.checkpoint.secret))
    throw errors.notPrivate('--resume-anyway', 'noise that is used twice would cancel');
  if (!config.private) return;
  const { dpDelta, dpClipNorm, dpEpsilon, dpNoiseMultiplier, publicData } = config;
  if (dpDelta === undefined || dpClipNorm === undefined) throw errors.privateWithout('--dp-delta and --dp-clip-norm');
  if (dpEpsilon === undefined && dpNoiseMultiplier === undefined)
    throw errors.privateWithout('--dp-epsilon or --dp-noise-multiplier');
  const refused = REFUSALS.find(([, isAsked]) => isAsked(config, asked));
  if (refused) throw errors.notPrivate(refused[0], refused[2]);
  if (asked.isTable && publicData === undefined) throw errors.privateTable();
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
