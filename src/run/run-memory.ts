/** A run's memory: what it must hold, and what it holds when the threads start. */
import type { Checkpoint } from '../checkpoints/checkpoint-file.js';
import { type Config, optimizerOf } from '../config/options.js';
import type { Dataset } from '../data/dataset.js';
import { NO_SAMPLES, type Samples, taking } from '../data/samples.js';
import { countNonzeros, writeRows } from '../data/sparse-rows.js';
import { splitting } from '../data/split.js';
import { inParts, type Steps } from '../data/table/steps.js';
import { errors } from '../errors.js';
import { activationNeeds } from '../kernels/activations.js';
import { type KernelChoice, narrowDenseFrom } from '../kernels/builds.js';
import { bytesNeeded, createSharedMemory, MEMORY_LIMIT_BYTES, type Memory } from '../memory/layout.js';
import type { ObjectiveFacts, Plan, Target } from '../memory/plan.js';
import { findBlockStarts } from '../memory/rows.js';
import type { RunState } from '../metrics/run-state.js';
import { auditWordsOf } from '../model/objectives/audited.js';
import { DEFAULT_OBJECTIVE, type ObjectiveName, objectiveNamed, objectiveOfLoss } from '../model/objectives/index.js';
import { likeParameters, momentsOf, writeParameters } from '../model/parameters.js';
import { VALIDATION_SPLIT_STREAM } from '../model/random.js';
import { needsOf } from '../optim/optimizer.js';
import { requireAddressSpace } from '../parallel/address-space.js';
import { SHARDS } from '../parallel/mpi/rank-shares.js';
import { roomFor } from '../privacy/poisson.js';
import { withFold } from './fold-samples.js';

/** The part of a data set that a run uses. */
export interface UsedSamples extends Dataset {
  readonly validation: Samples;
  /** The regression targets; empty for classes. */
  readonly targets?: readonly Target[];
  /** (classes) Undefined: 1 each. */
  readonly classWeights?: readonly number[] | undefined;
}

/**
 * The training samples that a run uses, some of them held out for validation if the run asks for it.
 *
 * @param most  number of training samples to use, from the first
 * @throws LockstepError if there are fewer samples, or groups, than folds
 */
export function* usedOf(given: Dataset, most: number, config: Config): Steps<UsedSamples> {
  const { validationSplit, seed, splitSeed = seed, stratify } = config;
  const dataset = config.fold === undefined ? given : yield* withFold(given, most, config);
  const limit = Math.min(most, dataset.train.count);
  if (validationSplit === undefined) {
    return { ...dataset, train: { ...dataset.train, count: limit }, validation: NO_SAMPLES };
  }
  const { train: all, inputs } = dataset;
  const classes = stratify ? all.targets.subarray(0, limit) : undefined;
  const groups = all.groups?.subarray(0, limit);
  const { kept, apart } = yield* splitting(limit, validationSplit, splitSeed, VALIDATION_SPLIT_STREAM, classes, groups);
  const train = yield* taking(all, inputs, kept);
  return { ...dataset, train, validation: yield* taking(all, inputs, apart) };
}

/** What the network is trained for. */
function objectiveFor({ loss }: Config, { targets = [] }: UsedSamples): ObjectiveName {
  return targets.length > 0 ? objectiveOfLoss(loss) : DEFAULT_OBJECTIVE;
}

/** Inputs that are not zero, of the samples of each kind. */
export interface Nonzeros {
  readonly train: number;
  readonly all: number;
}

export function* nonzerosOf({ inputs, train, validation, test }: UsedSamples): Steps<Nonzeros> {
  const ofTrain = yield* countNonzeros(train, train.count, inputs);
  const ofValidation = yield* countNonzeros(validation, validation.count, inputs);
  const ofTest = yield* countNonzeros(test, test.count, inputs);
  return { train: ofTrain, all: ofTrain + ofValidation + ofTest };
}

/** Of the training samples' inputs. */
export function densityOf({ inputs, train }: UsedSamples, nonzeros: Nonzeros): number {
  return nonzeros.train / (train.count * inputs);
}

/** The plan of the memory. @param ranks  under MPI */
export function planOf(config: Config, kernel: KernelChoice, used: UsedSamples, nonzeros: Nonzeros, ranks = 0): Plan {
  const { inputs, train, validation, test } = used;
  const facts: ObjectiveFacts = {
    ...{ targets: used.targets ?? [], huberDelta: config.huberDelta },
    ...{ isWeighted: train.weights !== undefined, classWeights: used.classWeights },
  };
  const objective = objectiveNamed(objectiveFor(config, used), facts);
  const { batchSize, threads, hidden } = config;
  const needs = needsOf(optimizerOf(config), config.noiseScale);
  const trainSamples = train.count;
  // With strategy `dense` the weights depend on how samples are divided, which the form of their rows decides.
  const denseFrom = config.strategy === 'dense' ? narrowDenseFrom(kernel.name) : kernel.denseFrom;
  const isDense = densityOf(used, nonzeros) >= denseFrom;
  return {
    layers: [inputs, ...hidden, objective.outputs(used)],
    trainSamples,
    validationSamples: validation.count,
    testSamples: test.count,
    testsAtEnd: config.testAt === 'end' && test.count > 0,
    storedInputs: isDense ? (trainSamples + validation.count + test.count) * inputs : nonzeros.all,
    inputForm: isDense ? 'dense' : 'sparse',
    objective: objective.name,
    facts,
    targets: objective.targets,
    scores: objective.scores,
    batchSize,
    ranks,
    threads,
    gradientBuffers: gradientBuffersOf(config, ranks),
    moments: needs.moments,
    needsNorm: needs.norm,
    needsSampleNorms: config.noiseScale || config.audit !== false || config.private,
    keepsGradientNorms: config.noiseScale,
    scalesSamples: config.private,
    auditWords: config.audit === false ? 0 : auditWordsOf(objective, objective.outputs(used)),
    privacy: config.private ? roomFor(trainSamples, batchSize) : undefined,
    keepsBest: config.keepBest,
    ...kernel.needs,
    ...activationNeeds(config.activation),
    // With strategy `dense` the coordinator steps, and no mirror follows.
    mirrors: kernel.needs.mirrors && config.strategy === 'sliced',
  };
}

function gradientBuffersOf(config: Config, ranks: number): number {
  const { strategy, exact, threads } = config;
  if (strategy === 'dense') return threads;
  // The gradient, a level of the tree of shards each, and room for another rank's at least.
  if (exact) return Math.max(2, 1 + Math.log2(SHARDS / Math.max(1, ranks)));
  return Number(needsOf(optimizerOf(config), config.noiseScale).gradient || ranks > 0 || config.private);
}

/** @throws LockstepError if the plan needs more than the addresses, or the system, can give */
export function allocate(plan: Plan): WebAssembly.Memory {
  const bytes = bytesNeeded(plan);
  if (bytes > MEMORY_LIMIT_BYTES) throw errors.tooMuchMemory(bytes, MEMORY_LIMIT_BYTES);
  const shared = createSharedMemory(bytes);
  requireAddressSpace(plan.threads);
  return shared;
}

/** Writes all samples, in the order of the splits. */
export function* writeSamples(
  memory: Memory,
  { inputForm }: Plan,
  { inputs, train, validation, test }: UsedSamples,
): Steps<void> {
  let row = 0;
  for (const samples of [train, validation, test]) {
    yield* writeRows(samples, samples.count, inputs, memory.rows, row, inputForm === 'dense');
    row += samples.count;
  }
  yield* inParts(row, (from, to) => findBlockStarts(memory, from, to));
}

/** Parameters, moments and the best epoch of a checkpoint. */
export function restore(memory: Memory, { values, moments, best: bestValues }: Checkpoint, { best }: RunState): void {
  const { layers } = memory;
  if (best) memory.best.set([best.metrics.validation_loss!, best.epoch]);
  if (best && bestValues)
    writeParameters(
      likeParameters(layers, (layer) => layer.best),
      bestValues,
    );
  writeParameters(layers, values);
  for (const [i, remembered] of momentsOf(layers).entries()) writeParameters(remembered, moments[i]!);
}

/** The sums of an audit, if there are some and this run audits. */
export function restoreAudit({ audit: sums }: Memory, { audit }: Checkpoint): void {
  if (audit && audit.length === sums.length) sums.set(audit);
}
