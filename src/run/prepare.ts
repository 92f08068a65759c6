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
import { type CheckedOptions, type Config, tableTraitsOf, withDefaults } from '../config/options.js';
import type { Dataset } from '../data/dataset.js';
import type { InMemory } from '../data/in-memory.js';
import { numbersOf } from '../data/samples.js';
import { isTableSource, placeOf } from '../data/sources.js';
import { STDIN } from '../data/table/bytes.js';
import type { ColumnSummary } from '../data/table/encode-parts.js';
import { inTurns } from '../data/table/steps.js';
import type { TableModel } from '../data/table/table-metadata.js';
import { errors } from '../errors.js';
import { chooseKernel, type KernelChoice, problemOf } from '../kernels/builds.js';
import { isWideFaster, type VectorBits } from '../kernels/forms.js';
import { layOut, type Memory } from '../memory/layout.js';
import type { Plan, Target } from '../memory/plan.js';
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
import type { ThreadChoice } from '../parallel/thread-choice.js';
import { openAudit, requireAudit } from './audit-output.js';
import { chooseKernelFor } from './choose-kernel.js';
import { loadFor } from './load-data.js';
import { openModel, requireSave } from './model-output.js';
import { type PreparedSamples, prepareSamples } from './prepare-samples.js';
import { requirePrivate } from './private-options.js';
import { privateRemarks } from './private-remarks.js';
import type { PrivateRun } from './private-run.js';
import { identityOf, identityOfOptions, NOTHING_FOUND, shareCheckpoint } from './rank-consistency.js';
import { remarksOn } from './remarks.js';
import { allocate, restore, restoreAudit, writeSamples } from './run-memory.js';

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
  const { build, warnings, ...begun } = await begin(given, found, world, reading);
  const { resumed } = begun;
  const dataset = reading.dataset ?? (await loadFor(begun.config, given, resumed, reading));
  const { name, classes, train } = dataset;
  // Images are loaded in no time, and a run that has been aborted by then has events.
  const signal = train.table ? reading.signal : undefined;
  const privately = begun.config.private ? await import('./private-run.js') : undefined;
  const samples = await prepareSamples({ ...begun, withNoise: privately?.withNoise }, given, dataset, signal);
  const { used, targets, table, summaries } = samples;
  const { config, kernel, plan, density, threadChoice } = await chooseKernelFor(samples.config, used, {
    ...{ given, build, isResumed: resumed !== undefined, ranks: world?.ranks },
    ...{ agreedBits, cores: reading.cores, signal },
  });
  const privacy = privately?.privateRunOf(config, plan, parametersOf(plan.layers), resumed);
  const model: ModelDescription = {
    ...{ layers: plan.layers, activation: plan.activation, objective: plan.objective as ObjectiveName, targets },
    config: withPlaces(config, reading),
    ...{ kernel: kernel.name, run: resumed?.checkpoint.run ?? randomUUID() },
    ...{ dataset: datasetRecord(dataset, plan), table },
    ...(privacy && { privacy: privacy.model }),
  };
  const carriedOver = [...warnings, ...(resumed ? requireSameRun(model, resumed, given) : [])];

  const start = resumed ? stateFor(config, resumed.checkpoint, plan) : freshState(plan);
  const shared = allocate(plan);
  const memory = layOut(plan, shared);
  await inTurns(writeSamples(memory, plan, used), signal);
  privately?.fillNoiseTable(memory.noiseTable);
  if (resumed) restoreAll(memory, resumed.checkpoint, start, carriedOver);
  else drawInitialValues(memory.layers, config.seed, config.init);
  writePlateau(memory.plateau, start.plateau ?? FRESH_PLATEAU);

  return {
    ...{ config, kernel, range: reading.range, threadChoice, plan, privacy, shared, memory },
    dataset: {
      ...{ name, inputs: used.inputs, classes, targets, table, columns: summaries, density },
      isPixels: !train.table && train.values instanceof Uint8Array,
    },
    ...{ model, start, resumed, resumedFrom: resumed?.file, isNamed: resumed?.isNewest === false },
    audited: config.audit === false ? undefined : auditedData(samples),
    warnings: [
      ...carriedOver,
      ...remarksOn(config, given, dataset, used, plan, world),
      ...privateRemarks(config, privacy),
    ],
  };
}

/** Everything that can be refused before data are read. */
async function begin(given: CheckedOptions, found: Found, world: World | undefined, reading: Reading) {
  const writes = world?.isFirst ?? true;
  const isNewTable = given.data !== undefined && !found.resumed && isTableSource(reading.data ?? given.data);
  const traits = isNewTable ? tableTraitsOf(given) : undefined;
  const { config, resumed, warnings } = await beginRun(given, traits, found, writes);
  requirePrivate(config, { ...given, isTable: isTableSource(reading.data ?? config.data) }, resumed);
  if (config.exact && !world && resumed) throw errors.exactOfCheckpoint(resumed.file);
  if (config.exact && world && SHARDS % world.ranks !== 0) throw errors.exactRanks(world.ranks, SHARDS);
  if (config.save !== undefined && writes) await requireSave(config.save, config, reading, resumed?.file);
  if (typeof config.audit === 'string') await requireAudit(config.audit, config, reading, resumed?.file);
  const build = kernelFor(config, resumed);
  if (world && world.ranks > 1 && [config.data, config.testData].includes(STDIN)) throw errors.mpiStdin();
  return { config, traits, resumed, warnings, build };
}

/** As a model records it: places are absolute, so that the run can be resumed from another working folder. */
function withPlaces(config: Config, { data, testData, publicData }: InMemory): Config {
  return {
    ...config,
    data: placeOf(data ?? config.data),
    testData: config.testData && placeOf(testData ?? config.testData),
    publicData: config.publicData && placeOf(publicData ?? config.publicData),
    save: undefined,
    audit: false,
  };
}

function restoreAll(memory: Memory, checkpoint: Checkpoint, start: RunState, warnings: readonly WarningEvent[]): void {
  restore(memory, checkpoint, start);
  // With --resume-anyway, they may be sums of other samples.
  if (warnings.every(({ code }) => code !== 'resumed_anyway')) restoreAudit(memory, checkpoint);
}

function auditedData({ used, table, targets }: PreparedSamples): AuditedData {
  return { rows: numbersOf(used.train), classNames: table?.classNames, targets: targets.map(({ name }) => name) };
}

/** @param layers  widths */
function parametersOf(layers: readonly number[]): number {
  return layers.slice(1).reduce((sum, outputs, l) => sum + (layers[l]! + 1) * outputs, 0);
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
