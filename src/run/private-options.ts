/** What a private run needs, and what it refuses. */
import type { Resumed } from '../checkpoints/resume.js';
import type { CheckedOptions, Config } from '../config/options.js';
import { BALANCED } from '../data/class-weights.js';
import { errors } from '../errors.js';

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
    ['--schedule plateau', ({ schedule }) => schedule === 'plateau', 'the losses of private samples are secret'],
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
