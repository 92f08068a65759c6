/** From a data set to the samples that a run uses: chosen, split and encoded. The number of samples completes the options. */
import type { Resumed } from '../checkpoints/resume.js';
import type { TableTraits } from '../config/option.js';
import { type CheckedOptions, type Config, withDefaults } from '../config/options.js';
import { classWeightsOf } from '../data/class-weights.js';
import type { Dataset } from '../data/dataset.js';
import type { ColumnSummary } from '../data/table/encode-parts.js';
import { inTurns } from '../data/table/steps.js';
import type { TableModel } from '../data/table/table-metadata.js';
import { standardizeParts } from '../data/targets.js';
import { errors } from '../errors.js';
import type { Target } from '../memory/plan.js';
import { requireFitting } from './fitting-options.js';
import { withFoldDefaults } from './fold-samples.js';
import { type UsedSamples, usedOf } from './run-memory.js';

export interface PreparedSamples {
  readonly config: Config;
  readonly used: UsedSamples;
  /** Empty for classes. */
  readonly targets: readonly Target[];
  /** For a table. */
  readonly table: TableModel | undefined;
  readonly summaries: readonly ColumnSummary[] | undefined;
}

/** What is known before the samples are. */
export interface Begun {
  readonly config: Config;
  /** What decides about the defaults for a table. Undefined for images and resumed runs. */
  readonly traits: TableTraits | undefined;
  readonly resumed: Resumed | undefined;
  /** The configuration with a private run's noise. */
  readonly withNoise: ((config: Config, samples: number) => Config) | undefined;
}

/**
 * @param given  options, without defaults
 * @throws LockstepError if the options do not fit the data
 */
export async function prepareSamples(
  begun: Begun,
  given: CheckedOptions,
  dataset: Dataset,
  signal: AbortSignal | undefined,
): Promise<PreparedSamples> {
  const { raw, ...chosen } = await chooseSamples(begun, given, dataset, signal);
  const config = begun.withNoise ? begun.withNoise(chosen.config, raw.train.count) : chosen.config;
  const { targetNames = [] } = dataset;
  const areNumbers = targetNames.length > 0;
  requireFitting(begun.resumed ? config : given, config, { areNumbers, tested: raw.test.count });
  const { used: standard, targets } = areNumbers
    ? standardizeParts(raw, targetNames, raw.publicSamples)
    : { used: raw, targets: [] };
  const classWeights = classWeightsFor(config, raw);
  requireWeights(raw, classWeights);
  const used = { ...standard, targets, classWeights };
  if (!raw.table) return { config, used, targets, table: undefined, summaries: undefined };
  const { encodeParts } = await import('../data/table/encode-parts.js');
  const encoded = await inTurns(encodeParts(used, raw.table, config.scale, raw.publicSamples), signal);
  return { config, targets, ...encoded };
}

/** The samples, not encoded yet, and the configuration with the defaults that depend on their number. */
async function chooseSamples(
  { traits, resumed, ...begun }: Begun,
  given: CheckedOptions,
  dataset: Dataset,
  signal: AbortSignal | undefined,
) {
  const { train } = dataset;
  const { limit = train.count } = begun.config;
  if (limit > train.count) throw errors.limitBeyondData(limit, train.count);
  let config = resumed ? begun.config : withFoldDefaults(begun.config, given, dataset);
  const raw = await inTurns(usedOf(dataset, limit, config), signal);
  const { count } = raw.train;
  if (count === 0) throw errors.allHeldOut(config.validationSplit!, limit);
  if (traits) config = withDefaults({ ...given, checkpointDir: config.checkpointDir }, { ...traits, rows: count });
  return { raw, config: { ...config, batchSize: batchFor(config, count, given, resumed) } };
}

/**
 * The default batch size is limited by the number of samples.
 *
 * @throws LockstepError if a batch size that was given, now or at the start of a resumed run, exceeds the number of samples
 */
function batchFor({ batchSize }: Config, samples: number, given: CheckedOptions, resumed: Resumed | undefined): number {
  if (batchSize <= samples) return batchSize;
  if (given.batchSize === undefined && !resumed) return samples;
  throw errors.batchBeyondData(batchSize, samples, given.batchSize === undefined ? resumed?.file : undefined);
}

function classWeightsFor({ classWeights }: Config, { train, classes, table }: UsedSamples): number[] | undefined {
  if (classWeights === undefined) return undefined;
  return classWeightsOf(classWeights, train, table?.classNames ?? Array.from({ length: classes }, (_, c) => c));
}

/** Beyond these, sums of weighted gradients overflow or vanish in float32. */
const [LEAST_WEIGHT, MOST_WEIGHT] = [1e-25, 1e25];

/** @throws LockstepError if no sample of a part has a weight, or a weight is out of range */
function requireWeights({ train, validation, test }: UsedSamples, classWeights: readonly number[] | undefined): void {
  for (const [what, { weights, count }] of Object.entries({ training: train, validation, test })) {
    const isUseless = weights && count > 0 && weights.subarray(0, count).every((weight) => weight === 0);
    if (isUseless) throw errors.noWeight('--weight', `${what} samples`);
  }
  const { weights, targets, count } = train;
  if (!weights && !classWeights) return;
  for (let s = 0; s < count; s++) {
    const weight = (weights?.[s] ?? 1) * (classWeights?.[targets[s]!] ?? 1);
    if (weight === 0 || (weight >= LEAST_WEIGHT && weight <= MOST_WEIGHT)) continue;
    throw errors.weightRange(weights ? '--weight' : '--class-weights', weight, LEAST_WEIGHT, MOST_WEIGHT);
  }
}
