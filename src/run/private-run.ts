/** A private run: what it needs, what it refuses, and what it guarantees. */
import type { PrivateModel } from '../checkpoints/model-file.js';
import type { Resumed } from '../checkpoints/resume.js';
import type { CheckedOptions, Config } from '../config/options.js';
import { BALANCED } from '../data/class-weights.js';
import { errors } from '../errors.js';
import { type Plan, stepsPerEpoch } from '../memory/plan.js';
import type { PrivateTask } from '../parallel/task.js';
import { Accountant } from '../privacy/accountant.js';
import { epochsWithin, noiseMultiplierFor } from '../privacy/budget.js';
import { mechanismFor } from '../privacy/mechanism.js';
import { RenyiAccountant } from '../privacy/renyi.js';
import { keyFor, newSecret } from '../privacy/secret.js';

export interface PrivateRun {
  readonly delta: number;
  /** ε after so many steps of the run. */
  readonly epsilon: (steps: number) => number;
  readonly task: PrivateTask;
  readonly model: PrivateModel;
}

/** Data and options that would give away samples, or that the noise is not made for. */
const REFUSALS: readonly (readonly [flag: string, isGiven: (config: Config) => boolean, why: string])[] = [
  ['--label', ({ label }) => label !== undefined, 'the columns of a table are encoded by its private rows'],
  ['--target', ({ target }) => target !== undefined, 'targets are scaled by the private rows'],
  ['--validation-split', ({ validationSplit }) => validationSplit !== undefined, 'these samples are private'],
  ['--fold', ({ fold }) => fold !== undefined, 'these samples are private'],
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
];

/** @throws LockstepError (status 2) if an option is missing, or one is given that does not go with --private */
export function requirePrivateOptions(
  config: Config,
  { mpi, resumeAnyway }: CheckedOptions,
  resumed: Resumed | undefined,
): void {
  if (resumeAnyway && (config.private || resumed?.checkpoint.secret))
    throw errors.notPrivate('--resume-anyway', 'noise that is used twice would cancel');
  if (!config.private) return;
  const { dpDelta, dpClipNorm, dpEpsilon, dpNoiseMultiplier } = config;
  if (dpDelta === undefined || dpClipNorm === undefined) throw errors.privateWithout('--dp-delta and --dp-clip-norm');
  if (dpEpsilon === undefined && dpNoiseMultiplier === undefined)
    throw errors.privateWithout('--dp-epsilon or --dp-noise-multiplier');
  const refused = REFUSALS.find(([, isGiven]) => isGiven(config));
  if (refused) throw errors.notPrivate(refused[0], refused[2]);
  if (mpi !== undefined) throw errors.notPrivate('--mpi', 'noise is added by a single process');
}

/** @throws LockstepError (status 2) if something is fitted to the samples */
export function requirePrivateData(isTable: boolean, hasNumbers: boolean): void {
  if (isTable) throw errors.notPrivate('a table', 'its columns are encoded by its private rows');
  if (hasNumbers) throw errors.notPrivate('numbers to estimate', 'targets are scaled by the private samples');
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
  const most = dpEpsilon === undefined ? epochs : mostEpochs(dpEpsilon, delta, samplingRate, sigma, perEpoch, epochs);
  const accountant = new Accountant(samplingRate, sigma, most * perEpoch, delta);
  const epsilon = (steps: number) => accountant.epsilon(steps);
  const within = dpEpsilon === undefined ? most : epochsWithin(dpEpsilon, accountant, perEpoch, most);
  const lastEpoch = within < epochs ? within : Number.POSITIVE_INFINITY;
  if (lastEpoch === 0 && epochs > 0) throw errors.noEpochWithin(dpEpsilon!, epsilon(perEpoch));
  const mechanism = mechanismFor(sigma, dpClipNorm, plan.privacy!.largestBatch, parameters);
  if (!mechanism) throw errors.noiseBeyondLattice(sigma, parameters);
  const secret = resumed?.checkpoint.secret ?? newSecret(dpSeed);
  const guarantee = (steps: number) => ({
    ...(dpSeed === undefined ? {} : { warning: 'none of this holds: the noise follows from --dp-seed' }),
    epsilon: epsilon(steps),
    delta,
    noise_multiplier: sigma,
    clip_norm: dpClipNorm,
    sampling_rate: samplingRate,
    steps,
    accountant: accountant.nameFor(steps),
    neighbors: 'data sets that differ by adding or removing one training sample',
  });
  return {
    delta,
    epsilon,
    task: { noiseKey: keyFor('noise', secret), samplingKey: keyFor('sampling', secret), mechanism, lastEpoch },
    model: { secret, guarantee },
  };
}

/** Of all epochs, so many that the budget is certainly spent: more need not be computed. */
function mostEpochs(
  budget: number,
  delta: number,
  samplingRate: number,
  sigma: number,
  perEpoch: number,
  epochs: number,
): number {
  const renyi = new RenyiAccountant(samplingRate, sigma);
  const within = epochsWithin(budget, { epsilon: (steps) => renyi.epsilon(steps, delta) }, perEpoch, epochs);
  return Math.min(epochs, 4 * within + 4);
}
