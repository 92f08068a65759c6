/** From options to a run that is ready to start: samples and initial parameters in shared memory. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { Checkpoint } from '../checkpoints/checkpoint-file.js';
import { isCheckpointName, type Listed } from '../checkpoints/folder.js';
import { datasetRecord, type ModelDescription } from '../checkpoints/model-file.js';
import {
  beginRun,
  type Found,
  findCheckpoint,
  type OpenFolder,
  openFolder,
  type Resumed,
  requireSameData,
  requireSameKernel,
} from '../checkpoints/resume.js';
import { type CheckedOptions, type Config, optimizerOf, requireNothingOfTables } from '../config/options.js';
import type { Dataset } from '../data/dataset.js';
import { NO_SAMPLES, type Samples, takeSamples } from '../data/samples.js';
import { findSource, inputFilesOf, placeOf } from '../data/sources.js';
import { countNonzeros, writeRows } from '../data/sparse-rows.js';
import { splitOff } from '../data/split.js';
import { STDIN } from '../data/table/bytes.js';
import { doubtAbout } from '../data/table/doubt.js';
import type { TableModel } from '../data/table/facts.js';
import { scaleParts } from '../data/table/scale-parts.js';
import { errors, LockstepError } from '../errors.js';
import { isSameOutput, openOutput, requireOutput } from '../files/output.js';
import { targetOf } from '../files/target.js';
import { activationNeeds, DEFAULT_ACTIVATION } from '../kernels/activations.js';
import { chooseKernel, type KernelChoice, problemOf } from '../kernels/builds.js';
import { bytesNeeded, createSharedMemory, layOut, MEMORY_LIMIT_BYTES, type Memory } from '../memory/layout.js';
import { type Plan, stepsPerEpoch } from '../memory/plan.js';
import { findBlockStarts } from '../memory/rows.js';
import type { WarningEvent } from '../metrics/events.js';
import { freshState, type RunState } from '../metrics/run-state.js';
import { drawInitialValues } from '../model/initial-values.js';
import { objectiveNamed } from '../model/objectives/index.js';
import { likeParameters, momentsOf, writeParameters } from '../model/parameters.js';
import { VALIDATION_SPLIT_STREAM } from '../model/random.js';
import { needsOf } from '../optim/optimizer.js';
import { requireAddressSpace } from '../parallel/address-space.js';
import { requireSame, together } from '../parallel/mpi/agreement.js';
import { SHARDS } from '../parallel/mpi/shares.js';
import type { World } from '../parallel/mpi/world.js';
import { identityOf, identityOfOptions, NOTHING_FOUND, shareCheckpoint } from './ranks.js';

export interface Run {
  readonly config: Config;
  readonly kernel: KernelChoice;
  readonly plan: Plan;
  readonly shared: WebAssembly.Memory;
  readonly memory: Memory;
  readonly dataset: {
    readonly name: string;
    readonly inputs: number;
    readonly classes: number;
    /** Of a table: how its numbers became inputs, and what its classes are called. */
    readonly table: TableModel | undefined;
    /** Fraction of the training samples' inputs that are not zero. */
    readonly density: number;
    /** Whether the inputs are an image's pixels. */
    readonly isPixels: boolean;
  };
  /** What files say of it. */
  readonly model: ModelDescription;
  /** Where it starts: the fresh state, or that of a checkpoint. */
  readonly start: RunState;
  readonly resumedFrom: string | undefined;
  /** Whether that file was asked for by name. */
  readonly isNamed: boolean;
  /** Those in the folder for checkpoints, newest first. */
  readonly checkpoints: readonly Listed[];
  /** Of that folder: held until it is disposed of. */
  readonly lock: OpenFolder['lock'] | undefined;
  readonly warnings: readonly WarningEvent[];
}

/**
 * @param world   under MPI, all ranks: they prepare together, and rank 0 alone looks at the files to be written
 * @param signal  ends the reading of a table
 * @throws LockstepError if the data cannot be used, or the options do not fit them, a checkpoint or this machine; on every
 *   rank, if it is so on any, or if they are not about to do the same
 */
export async function prepare(given: CheckedOptions, world?: World, signal?: AbortSignal): Promise<Run> {
  if (!world) return await openOutputs(await prepareFrom(given, await findCheckpoint(given), undefined, signal));
  requireSame(world, identityOfOptions(given));
  const found = await together(world, async () => (world.isFirst ? await findCheckpoint(given) : NOTHING_FOUND));
  const same = await shareCheckpoint(world, found);
  const run = await together(world, async () => await prepareFrom(given, same, world, signal));
  requireSame(world, identityOf(run));
  return await together(world, async () => (world.isFirst ? await openOutputs(run) : withoutOutputs(run)));
}

/** All but what it holds, as long as it touches nothing. */
interface Prepared extends Omit<Run, 'checkpoints' | 'lock'> {
  readonly resumed: Resumed | undefined;
}

function withoutOutputs(prepared: Prepared): Run {
  return { ...prepared, checkpoints: [], lock: undefined };
}

/**
 * Of a run that has been accepted: from here on it touches files.
 *
 * @throws LockstepError
 */
async function openOutputs(prepared: Prepared): Promise<Run> {
  const { config, resumed } = prepared;
  const { checkpointDir, save } = config;
  const folder = checkpointDir === undefined ? undefined : await openFolder(checkpointDir, resumed);
  try {
    if (save !== undefined) await openOutput(modelAt(save));
  } catch (error) {
    folder?.lock[Symbol.dispose]();
    throw error;
  }
  return { ...withoutOutputs(prepared), ...folder };
}

function modelAt(file: string) {
  return { flag: '--save', file, kind: 'model' } as const;
}

/** @throws LockstepError if the model must not be written there */
async function requireSave(save: string, { data, testData, checkpointDir }: Config, resumed: Resumed | undefined) {
  const inputs = [data, ...(testData === undefined ? [] : [testData])].flatMap(inputFilesOf);
  await requireOutput(modelAt(save), [...inputs, ...(resumed ? [resumed.file] : [])]);
  if (checkpointDir === undefined) return;
  // Both the link and its target, where it is one.
  for (const file of [save, await targetOf(save)]) {
    if (!isCheckpointName(path.basename(file))) continue;
    if (await isSameOutput(path.dirname(file), checkpointDir)) throw errors.saveAmongCheckpoints(save);
  }
}

async function prepareFrom(
  given: CheckedOptions,
  found: Found,
  world: World | undefined,
  signal: AbortSignal | undefined,
): Promise<Prepared> {
  const writes = world?.isFirst ?? true;
  const { resumed, warnings, ...begun } = await beginRun(given, found, writes);
  let { config } = begun;
  if (config.exact && !world && resumed) throw errors.exactOfCheckpoint(resumed.file);
  if (config.exact && world && SHARDS % world.ranks !== 0) throw errors.exactRanks(world.ranks, SHARDS);
  if (config.save !== undefined && writes) await requireSave(config.save, config, resumed);
  const kernel = kernelFor(config, resumed);
  if (world && world.ranks > 1 && [config.data, config.testData].includes(STDIN)) throw errors.mpiStdin();
  const dataset = await loadFor(config, given, resumed, signal);
  const { name, inputs, classes, train } = dataset;
  const { limit = train.count } = config;
  if (limit > train.count) throw errors.limitBeyondData(limit, train.count);

  const raw = usedOf(dataset, limit, config);
  if (raw.train.count === 0) throw errors.allHeldOut(config.validationSplit!, limit);
  config = { ...config, batchSize: batchFor(config, raw.train.count, given, resumed) };
  const { used, table } = raw.table ? scaleParts(raw, raw.table, config.scale) : { used: raw, table: undefined };
  const { plan, density } = planOf(config, kernel, used, world?.ranks, resumed?.checkpoint.activation);
  const { inputForm, layers } = plan;
  const model = {
    layers,
    activation: plan.activation,
    // A run is to be resumed from another folder, too.
    config: {
      ...config,
      data: placeOf(config.data),
      testData: config.testData && placeOf(config.testData),
      save: undefined,
    },
    kernel: kernel.name,
    run: resumed?.checkpoint.run ?? randomUUID(),
    dataset: datasetRecord(dataset, plan),
    table,
  };
  const differences = resumed ? requireSameRun(model, resumed, given) : [];

  const start = resumed ? stateFor(config, resumed.checkpoint) : freshState(plan);
  const shared = allocate(plan);
  const memory = layOut(plan, shared);
  let row = 0;
  for (const samples of [used.train, used.validation, used.test]) {
    writeRows(samples, samples.count, inputs, memory.rows, row, inputForm === 'dense');
    row += samples.count;
  }
  findBlockStarts(memory, 0, row);
  if (resumed) restore(memory, resumed.checkpoint, start);
  else drawInitialValues(memory.layers, config.seed);

  return {
    config,
    kernel,
    plan,
    shared,
    memory,
    dataset: { name, inputs, classes, table, density, isPixels: train.values instanceof Uint8Array },
    model,
    start,
    resumedFrom: resumed?.file,
    isNamed: resumed?.isNewest === false,
    resumed,
    warnings: [...warnings, ...differences, ...remarksOn(config, dataset, plan, world)],
  };
}

/**
 * A batch that nobody has chosen is as large as the data allow.
 *
 * @throws LockstepError if one that was chosen, now or when the run began, is larger than that
 */
function batchFor({ batchSize }: Config, samples: number, given: CheckedOptions, resumed: Resumed | undefined): number {
  if (batchSize <= samples) return batchSize;
  if (given.batchSize === undefined && !resumed) return samples;
  throw errors.batchBeyondData(batchSize, samples, given.batchSize === undefined ? resumed?.file : undefined);
}

/** What can be done, and is hardly meant. */
function remarksOn(config: Config, { table, train, test }: Dataset, plan: Plan, world?: World): WarningEvent[] {
  const steps = config.epochs * stepsPerEpoch(plan);
  const remarks = {
    few_cores: world?.remarkOn(config.threads),
    doubtful_label: table && doubtAbout(table, train.count + test.count),
    warmup_too_long: steps > 0 && steps < config.warmupSteps ? remarkOnWarmup(config, steps) : undefined,
  } satisfies Partial<Record<WarningEvent['code'], string | undefined>>;
  const codes = Object.keys(remarks) as (keyof typeof remarks)[];
  return codes.flatMap((code) => {
    const message = remarks[code];
    return message === undefined ? [] : [{ event: 'warning' as const, code, message }];
  });
}

function remarkOnWarmup({ warmupSteps, lr }: Config, steps: number): string {
  return `--warmup-steps ${warmupSteps}: the run has only ${steps} steps and does not reach the learning rate ${lr}`;
}

/** A checkpoint that does not hold the best epoch's parameters knows of no best epoch. */
function stateFor({ keepBest, validationSplit }: Config, { state, best, config }: Checkpoint): RunState {
  const isSame = validationSplit === config.validationSplit && !(keepBest && best === undefined);
  return isSame ? state : { ...state, best: undefined };
}

function restore(memory: Memory, { values, moments, best: bestValues }: Checkpoint, { best }: RunState): void {
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

/** @throws LockstepError if the data cannot be used */
async function loadFor(
  config: Config,
  given: CheckedOptions,
  resumed: Resumed | undefined,
  signal: AbortSignal | undefined,
): Promise<Dataset> {
  const { data, testData } = config;
  if (resumed && [data, testData].includes(STDIN) && given.data === undefined)
    throw errors.stdinOfCheckpoint(resumed.file);
  try {
    const source = findSource(data);
    if (source.kind !== 'table') requireNothingOfTables(config);
    return await source.load({ ...config, signal });
  } catch (error) {
    if (resumed && given.data === undefined && error instanceof LockstepError && error.status === 1) {
      throw errors.dataOfCheckpoint(resumed.file, error);
    }
    throw error;
  }
}

/** @throws LockstepError if it cannot run here */
function kernelFor({ kernel }: Config, resumed: Resumed | undefined): KernelChoice {
  if (resumed && kernel === resumed.checkpoint.kernel) {
    const problem = problemOf(kernel);
    if (problem !== undefined) throw errors.kernelOfCheckpoint(resumed.file, kernel, problem);
  }
  return chooseKernel(kernel);
}

/** @throws LockstepError if the checkpoint's run was another one */
function requireSameRun(
  model: ModelDescription,
  resumed: Resumed,
  { resumeAnyway = false }: CheckedOptions,
): WarningEvent[] {
  const { layers, config, kernel, dataset } = model;
  const { checkpoint, file } = resumed;
  const [found, expected] = [layers.join('-'), checkpoint.layers.join('-')];
  if (found !== expected) throw errors.otherShapes(file, found, expected);
  return [
    ...(config.kernel === 'auto' ? requireSameKernel(kernel, resumed, resumeAnyway) : []),
    ...requireSameData(dataset, resumed, resumeAnyway),
  ];
}

/** Of a data set what a run uses: the training samples are the first `train.count`. */
interface UsedSamples extends Dataset {
  readonly validation: Samples;
}

/** The first `limit` training samples, some of them held out for validation if that is asked for. */
export function usedOf(dataset: Dataset, limit: number, { validationSplit, seed }: Config): UsedSamples {
  if (validationSplit === undefined) {
    return { ...dataset, train: { ...dataset.train, count: limit }, validation: NO_SAMPLES };
  }
  const { kept, apart } = splitOff(limit, validationSplit, seed, VALIDATION_SPLIT_STREAM);
  const take = (positions: Uint32Array) => takeSamples(dataset.train, dataset.inputs, positions);
  return { ...dataset, train: take(kept), validation: take(apart) };
}

/** What the run's memory is to hold, and the density of its training samples. @param ranks  under MPI */
export function planOf(
  config: Config,
  kernel: KernelChoice,
  used: UsedSamples,
  ranks = 0,
  activation = DEFAULT_ACTIVATION,
): { readonly plan: Plan; readonly density: number } {
  const { inputs, train, validation, test } = used;
  const objective = objectiveNamed();
  const { batchSize, threads, hidden } = config;
  const needs = needsOf(optimizerOf(config));
  const trainSamples = train.count;
  const nonzeros = countNonzeros(train, trainSamples, inputs);
  const density = nonzeros / (trainSamples * inputs);
  const isDense = density >= kernel.denseFrom;
  const plan: Plan = {
    layers: [inputs, ...hidden, objective.outputs(used)],
    trainSamples,
    validationSamples: validation.count,
    testSamples: test.count,
    storedInputs: isDense
      ? (trainSamples + validation.count + test.count) * inputs
      : nonzeros + countNonzeros(validation, validation.count, inputs) + countNonzeros(test, test.count, inputs),
    inputForm: isDense ? 'dense' : 'sparse',
    objective: objective.name,
    targets: objective.targets,
    scores: objective.scores,
    batchSize,
    ranks,
    threads,
    gradientBuffers: gradientBuffersOf(config, ranks),
    moments: needs.moments,
    needsNorm: needs.norm,
    keepsBest: config.keepBest,
    ...kernel.needs,
    ...activationNeeds(activation),
  };
  return { plan, density };
}

function gradientBuffersOf(config: Config, ranks: number): number {
  const { strategy, exact, threads } = config;
  if (strategy === 'dense') return threads;
  // The gradient, a level of the tree of shards each, and room for another rank's at least.
  if (exact) return Math.max(2, 1 + Math.log2(SHARDS / Math.max(1, ranks)));
  return Number(needsOf(optimizerOf(config)).gradient || ranks > 0);
}

function allocate(plan: Plan): WebAssembly.Memory {
  const bytes = bytesNeeded(plan);
  if (bytes > MEMORY_LIMIT_BYTES) throw errors.tooMuchMemory(bytes, MEMORY_LIMIT_BYTES);
  const shared = createSharedMemory(bytes);
  requireAddressSpace(plan.threads);
  return shared;
}
