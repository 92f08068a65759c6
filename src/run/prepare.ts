/** From options to a run that is ready to start: samples and initial parameters in shared memory. */
import { randomUUID } from 'node:crypto';
import type { Checkpoint } from '../checkpoints/checkpoint-file.js';
import type { Listed } from '../checkpoints/folder.js';
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
import {
  type CheckedOptions,
  type Config,
  requireNothingOfImages,
  requireNothingOfTables,
  tableTraitsOf,
  withDefaults,
} from '../config/options.js';
import { classWeightsOf } from '../data/class-weights.js';
import type { Dataset } from '../data/dataset.js';
import type { InMemory } from '../data/in-memory.js';
import { numbersOf } from '../data/samples.js';
import { findSource, isTableSource, placeOf } from '../data/sources.js';
import { STDIN } from '../data/table/bytes.js';
import type { ColumnSummary } from '../data/table/encode-parts.js';
import { MEMORY } from '../data/table/memory.js';
import { inTurns } from '../data/table/steps.js';
import type { TableModel } from '../data/table/table-metadata.js';
import { standardizeParts } from '../data/targets.js';
import { errors, LockstepError } from '../errors.js';
import { chooseKernel, type KernelChoice, problemOf } from '../kernels/builds.js';
import { fastestForm, formInSteps, isWideFaster, type VectorBits } from '../kernels/forms.js';
import { layOut, type Memory } from '../memory/layout.js';
import { heldOutSamples, type Plan, type Target } from '../memory/plan.js';
import type { AuditedData } from '../metrics/audit/audited-sample.js';
import type { WarningEvent } from '../metrics/events.js';
import { freshState, type RunState } from '../metrics/run-state.js';
import { noSums } from '../metrics/sums.js';
import { drawInitialValues } from '../model/initial-values.js';
import type { ObjectiveName } from '../model/objectives/index.js';
import { FRESH_PLATEAU, writePlateau } from '../optim/plateau.js';
import type { RateRange } from '../optim/schedule.js';
import { requireSame, together } from '../parallel/mpi/agreement.js';
import { SHARDS } from '../parallel/mpi/rank-shares.js';
import type { World } from '../parallel/mpi/world.js';
import type { Job, ThreadChoice } from '../parallel/thread-choice.js';
import { openAudit, requireAudit } from './audit-output.js';
import { chooseThreads } from './choose-threads.js';
import { requireFitting } from './fitting-options.js';
import { withFoldDefaults } from './fold-samples.js';
import { openModel, requireSave } from './model-output.js';
import { requirePrivate } from './private-options.js';
import { privateRemarks } from './private-remarks.js';
import type { PrivateRun } from './private-run.js';
import { identityOf, identityOfOptions, NOTHING_FOUND, shareCheckpoint } from './rank-consistency.js';
import { remarksOn } from './remarks.js';
import {
  allocate,
  densityOf,
  nonzerosOf,
  planOf,
  restore,
  restoreAudit,
  type UsedSamples,
  usedOf,
  writeSamples,
} from './run-memory.js';

export interface Run {
  readonly config: Config;
  readonly kernel: KernelChoice;
  /** Of a learning-rate range test. */
  readonly range: RateRange | undefined;
  /** If the number of threads was chosen by measurement. */
  readonly threadChoice: ThreadChoice | undefined;
  readonly plan: Plan;
  readonly privacy: PrivateRun | undefined;
  readonly shared: WebAssembly.Memory;
  readonly memory: Memory;
  readonly dataset: {
    readonly name: string;
    readonly inputs: number;
    /** 0 for regression. */
    readonly classes: number;
    readonly targets: readonly Target[];
    /** For a table: scaling, and names of columns and classes. */
    readonly table: TableModel | undefined;
    readonly columns: readonly ColumnSummary[] | undefined;
    /** Fraction of the training samples' inputs that are not zero. */
    readonly density: number;
    /** Whether the inputs are pixels. */
    readonly isPixels: boolean;
  };
  /** Description in model files and checkpoints. */
  readonly model: ModelDescription;
  /** The fresh state, or that of a checkpoint. */
  readonly start: RunState;
  /** With an audit. */
  readonly audited: AuditedData | undefined;
  readonly resumedFrom: string | undefined;
  /** Whether the user named that file. */
  readonly isNamed: boolean;
  /** Checkpoints in the folder, newest first. */
  readonly checkpoints: readonly Listed[];
  /** Lock on that folder, to be disposed of. */
  readonly lock: OpenFolder['lock'] | undefined;
  readonly warnings: readonly WarningEvent[];
}

/**
 * @param world   under MPI: all ranks prepare together, and only rank 0 accesses output files
 * @param signal  aborts the reading and encoding of a table
 * @param memory  the data whose option is `memory`, and what several runs share
 * @throws LockstepError if the data are invalid, or the options do not fit the data, a checkpoint or this machine. Under MPI all
 *   ranks throw if any does, or if they differ.
 */
export async function prepare(
  given: CheckedOptions,
  world?: World,
  signal?: AbortSignal,
  memory: InMemory & SharedByRuns = {},
): Promise<Run> {
  if (!world)
    return await openOutputs(await prepareFrom(given, await findCheckpoint(given), undefined, { signal, ...memory }));
  requireSame(world, identityOfOptions(given));
  const found = await together(world, async () => (world.isFirst ? await findCheckpoint(given) : NOTHING_FOUND));
  const same = await shareCheckpoint(world, found);
  const agreedBits = await agreedVectorBits(world, withDefaults(given));
  const run = await together(
    world,
    async () => await prepareFrom(given, same, world, { signal, ...memory }, agreedBits),
  );
  requireSame(world, identityOf(run));
  return await together(world, async () => (world.isFirst ? await openOutputs(run) : withoutOutputs(run)));
}

/** The form of the kernel that all ranks can run: gradients are added up where they lie. */
async function agreedVectorBits(world: World, { kernel, vectorBits, activation }: Config): Promise<VectorBits> {
  const isWide = await together(world, async () => isWideFaster(chooseKernel(kernel), vectorBits, activation));
  return world.gather(isWide).every(Boolean) ? '256' : '128';
}

/** A run that has not touched any file. */
interface Prepared extends Omit<Run, 'checkpoints' | 'lock'> {
  readonly resumed: Resumed | undefined;
}

function withoutOutputs(prepared: Prepared): Run {
  return { ...prepared, checkpoints: [], lock: undefined };
}

/** Opens the output files of a run, once nothing else can be refused. @throws LockstepError */
async function openOutputs(prepared: Prepared): Promise<Run> {
  const { config, resumed } = prepared;
  const { checkpointDir, save, audit } = config;
  const folder = checkpointDir === undefined ? undefined : await openFolder(checkpointDir, resumed);
  try {
    if (save !== undefined) await openModel(save);
    if (typeof audit === 'string') await openAudit(audit);
  } catch (error) {
    folder?.lock[Symbol.dispose]();
    throw error;
  }
  return { ...withoutOutputs(prepared), ...folder };
}

/** What several runs share. */
export interface SharedByRuns {
  /** The data, if they have been loaded. */
  readonly dataset?: Dataset | undefined;
  /** The most threads of a run that chooses their number itself. */
  readonly cores?: number | undefined;
  /** Of a learning-rate range test. */
  readonly range?: RateRange | undefined;
}

interface Reading extends InMemory, SharedByRuns {
  readonly signal: AbortSignal | undefined;
}

async function prepareFrom(
  given: CheckedOptions,
  found: Found,
  world: World | undefined,
  reading: Reading,
  agreedBits?: VectorBits,
): Promise<Prepared> {
  const writes = world?.isFirst ?? true;
  const traits =
    given.data !== undefined && !found.resumed && isTableSource(reading.data ?? given.data)
      ? tableTraitsOf(given)
      : undefined;
  const { resumed, warnings, ...begun } = await beginRun(given, traits, found, writes);
  let { config } = begun;
  requirePrivate(config, { ...given, isTable: isTableSource(reading.data ?? config.data) }, resumed);
  if (config.exact && !world && resumed) throw errors.exactOfCheckpoint(resumed.file);
  if (config.exact && world && SHARDS % world.ranks !== 0) throw errors.exactRanks(world.ranks, SHARDS);
  if (config.save !== undefined && writes) await requireSave(config.save, config, reading, resumed?.file);
  if (typeof config.audit === 'string') await requireAudit(config.audit, config, reading, resumed?.file);
  const build = kernelFor(config, resumed);
  if (world && world.ranks > 1 && [config.data, config.testData].includes(STDIN)) throw errors.mpiStdin();
  const dataset = reading.dataset ?? (await loadFor(config, given, resumed, reading));
  const { name, classes, train } = dataset;
  // Images are loaded in no time, and a run that has been aborted by then has events.
  const signal = train.table && reading.signal;
  const { limit = train.count } = config;
  if (limit > train.count) throw errors.limitBeyondData(limit, train.count);
  if (!resumed) config = withFoldDefaults(config, given, dataset);

  const raw = await inTurns(usedOf(dataset, limit, config), signal);
  if (raw.train.count === 0) throw errors.allHeldOut(config.validationSplit!, limit);
  if (traits) {
    config = withDefaults({ ...given, checkpointDir: config.checkpointDir }, { ...traits, rows: raw.train.count });
  }
  config = { ...config, batchSize: batchFor(config, raw.train.count, given, resumed) };
  const privately = config.private ? await import('./private-run.js') : undefined;
  if (privately) config = privately.withNoise(config, raw.train.count);
  const { targetNames = [] } = dataset;
  requireFitting(resumed ? config : given, config, { areNumbers: targetNames.length > 0, tested: raw.test.count });
  const { used: standard, targets } =
    targetNames.length > 0 ? standardizeParts(raw, targetNames, raw.publicSamples) : { used: raw, targets: [] };
  const classWeights = classWeightsFor(config, raw);
  requireWeights(raw, classWeights);
  const parts = { ...standard, targets, classWeights };
  const { used, table, summaries } = raw.table
    ? await inTurns(
        (await import('../data/table/encode-parts.js')).encodeParts(
          ...([parts, raw.table, config.scale, raw.publicSamples] as const),
        ),
        signal,
      )
    : { used: parts, table: undefined, summaries: undefined };
  // With strategy `dense` the weights depend on the number of threads.
  if (reading.cores !== undefined && given.threads === undefined && config.strategy === 'sliced')
    config = { ...config, threads: Math.min(config.threads, reading.cores) };
  const nonzeros = await inTurns(nonzerosOf(used), signal);
  const density = densityOf(used, nonzeros);
  // Noise leaves hardly a zero.
  const ofRows = config.inputNoise > 0 ? 1 : density;
  const planFor = (config: Config, choice: KernelChoice) => planOf(config, choice, used, nonzeros, world?.ranks);
  const formGiven = (config: Config, vectorBits = agreedBits ?? config.vectorBits) =>
    [build, vectorBits, ofRows, (choice: KernelChoice) => planFor(config, choice)] as const;
  const formFor = (config: Config) => fastestForm(...formGiven(config));
  // (A measurement would depend on private samples.)
  const mayMeasure = !resumed && !world && !config.private && config.strategy === 'sliced' && config.epochs > 0;
  const isChosen = given.threads === undefined && mayMeasure;
  const job = jobOf(config, planFor(config, build), ofRows, build);
  const { threads, measured } = isChosen
    ? await chooseThreads(config, used, job, formFor)
    : { ...config, measured: undefined };
  config = { ...config, threads };
  const kernel =
    measured && threads === 1
      ? measured.kernel
      : await inTurns(formInSteps(...formGiven(config, measured && `${measured.kernel.vectorBits}`)), signal);
  const plan = planFor(config, kernel);
  const { layers } = plan;
  const privacy = privately?.privateRunOf(config, plan, parametersOf(layers), resumed);
  const model = {
    layers,
    activation: plan.activation,
    objective: plan.objective as ObjectiveName,
    targets,
    // Absolute, so that the run can be resumed from another working folder.
    config: {
      ...config,
      data: placeOf(reading.data ?? config.data),
      testData: config.testData && placeOf(reading.testData ?? config.testData),
      publicData: config.publicData && placeOf(reading.publicData ?? config.publicData),
      save: undefined,
      audit: false,
    },
    kernel: kernel.name,
    run: resumed?.checkpoint.run ?? randomUUID(),
    dataset: datasetRecord(dataset, plan),
    table,
    ...(privacy && { privacy: privacy.model }),
  };
  const differences = resumed ? requireSameRun(model, resumed, given) : [];

  const start = resumed ? stateFor(config, resumed.checkpoint, plan) : freshState(plan);
  const shared = allocate(plan);
  const memory = layOut(plan, shared);
  writePlateau(memory.plateau, start.plateau ?? FRESH_PLATEAU);
  await inTurns(writeSamples(memory, plan, used), signal);
  privately?.fillNoiseTable(memory.noiseTable);
  const carriedOver = [...warnings, ...differences];
  if (resumed) {
    restore(memory, resumed.checkpoint, start);
    // With --resume-anyway, they may be sums of other samples.
    const isSame = carriedOver.every(({ code }) => code !== 'resumed_anyway');
    if (isSame) restoreAudit(memory, resumed.checkpoint);
  } else drawInitialValues(memory.layers, config.seed, config.init);

  return {
    config,
    kernel,
    range: reading.range,
    threadChoice: measured?.choice,
    plan,
    privacy,
    shared,
    memory,
    dataset: {
      ...{ name, inputs: used.inputs, classes, targets, table, columns: summaries, density },
      isPixels: !train.table && train.values instanceof Uint8Array,
    },
    model,
    start,
    audited:
      config.audit === false
        ? undefined
        : { rows: numbersOf(used.train), classNames: table?.classNames, targets: targets.map(({ name }) => name) },
    resumedFrom: resumed?.file,
    isNamed: resumed?.isNewest === false,
    resumed,
    warnings: [
      ...carriedOver,
      ...remarksOn(config, given, dataset, used, plan, world),
      ...privateRemarks(config, privacy),
    ],
  };
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

/** @param layers  widths */
function parametersOf(layers: readonly number[]): number {
  return layers.slice(1).reduce((sum, outputs, l) => sum + (layers[l]! + 1) * outputs, 0);
}

/** What decides about the number of threads. */
function jobOf({ epochs, threads: cores }: Config, plan: Plan, density: number, { module }: KernelChoice): Job {
  const { layers, batchSize, trainSamples } = plan;
  const samples = trainSamples + heldOutSamples(plan);
  return { layers, batchSize, samples, epochs, density, cores, isPlain: module === undefined };
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

/** Without the parameters of the best epoch, or with another validation set, there is no best epoch. */
function stateFor(
  { keepBest, validationSplit }: Config,
  { state: stored, best, config }: Checkpoint,
  plan: Plan,
): RunState {
  const isSame = validationSplit === config.validationSplit && !(keepBest && best === undefined);
  const state = hasSumsOf(stored, plan) ? stored : { ...stored, epochSums: noSums(plan), logSums: noSums(plan) };
  return isSame ? state : { ...state, best: undefined };
}

/** With --resume-anyway, samples may have weights that they had not before. */
function hasSumsOf({ epochSums }: RunState, plan: Plan): boolean {
  return Object.keys(epochSums).join() === Object.keys(noSums(plan)).join();
}

/** @throws LockstepError if the data cannot be used */
export async function loadFor(
  config: Config,
  given: CheckedOptions,
  resumed: Resumed | undefined,
  { signal, ...memory }: InMemory & { readonly signal: AbortSignal | undefined },
): Promise<Dataset> {
  const { data = config.data, testData = config.testData, publicData = config.publicData } = memory;
  // (The files of a checkpoint have absolute paths.)
  const isGone = (data: unknown, name: keyof InMemory) => data === MEMORY && given[name] === undefined;
  if (resumed && (isGone(data, 'data') || isGone(testData, 'testData') || isGone(publicData, 'publicData')))
    throw errors.memoryOfCheckpoint(resumed.file);
  if (resumed && [data, testData, publicData].includes(STDIN) && given.data === undefined)
    throw errors.stdinOfCheckpoint(resumed.file);
  try {
    const source = findSource(data);
    if (source.kind === 'table') requireNothingOfImages(config);
    else requireNothingOfTables(config);
    return await source.load({ ...config, seed: config.splitSeed ?? config.seed, testData, publicData, signal });
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
