/**
 * The only place that knows where each array lies.
 *
 * One shared buffer holds the samples, the parameters and all scratch. Coordinator and workers each call `layOut` with the
 * same plan and get the same views, except for those that belong to one worker: only the plan travels between threads.
 *
 * Shapes: B batch, T threads (workers), N, V and M training, validation and test samples, S slots. A slot is a sample's
 * place in the batch. There are S ≥ B slots, so that each worker has some of its own for evaluation.
 */
import { errors } from '../errors.js';
import { ARRAYS, Arena, type Elements } from './arena.js';
import { carveEpochRecord, type EpochRecord, type GradientRecord, type Scores } from './epoch-record.js';
import { heldOutSamples, makesRows, ownBatch, type Plan, type RowForm, summedScores, targetWidth } from './plan.js';
import { inputBlocksOf, inVectors, LANES, padded, panelCount, panelStart } from './tiling.js';

export type Reals = Float32Array | Float64Array;

export type { Elements };

/** Each sample's inputs, sparse or dense. Training samples come first, then validation samples, then test samples. */
export interface SampleRows {
  /** (samples + 1): where each sample's row begins in `index` and `value`. */
  readonly starts: Uint32Array;
  /** (samples, blocks − 1): where each block of inputs but the first begins in the row. */
  readonly blockStarts: Uint32Array;
  /** (stored inputs) Empty in dense form. The batches' rows lie behind them. */
  readonly index: Uint32Array;
  /** (stored inputs), and likewise. */
  readonly value: Float32Array;
  /** (samples, targets) A class, or the regression targets: the objective knows what they are. */
  readonly targets: Elements;
  /** (samples) Weights of the samples. Empty without. */
  readonly weights: Float64Array;
}

/**
 * Rows of a batch whose inputs are not its samples' own. They lie behind the samples' rows in `index` and `value`. Two batches
 * take turns: one is made while the other is still being read.
 */
export interface BatchRows {
  /** Samples of the largest batch (B); 0 if no such rows are made. */
  readonly batch: number;
  /** Where the first row begins. Each has room for all inputs. */
  readonly start: number;
  /** (2, B) */
  readonly lengths: Uint32Array;
  /** (2, B, blocks − 1): where each block of inputs but the first begins in the row. */
  readonly blockStarts: Uint32Array;
}

/** A layer's inputs, a row per slot. */
export interface InputRows {
  readonly form: RowForm;
  /** (S) */
  readonly starts: Uint32Array;
  /** (S) */
  readonly lengths: Uint32Array;
  /** (blocks + 1, S): where each block of inputs begins and the last ends. Empty in dense form, and without `blocks`. */
  readonly blockBounds: Uint32Array;
  /** Empty in dense form. */
  readonly index: Uint32Array;
  readonly value: Reals;
}

/** Some neighboring outputs of a layer, `width` columns of which the last may be padding: always zero. */
export interface Panel {
  readonly firstColumn: number;
  readonly width: number;
  /** (inputs + 1, width): the last row is the bias, the weights of an input that is always 1. */
  readonly weights: Reals;
  /** (S, width): z going forward, δ = dL/dz going back. */
  readonly delta: Reals;
  /** (inputs + 1, width): in strategy `dense` a sum for each worker's share; else one for the whole batch, or none. */
  readonly gradients: readonly Reals[];
  /** (inputs + 1, width): what the optimizer remembers. */
  readonly moments: readonly Reals[];
}

export interface LayerMemory {
  readonly inputs: number;
  readonly outputs: number;
  /** Columns with padding: the sum of the panels' widths. */
  readonly paddedOutputs: number;
  /** The panels' widths are multiples of this. */
  readonly lanes: number;
  /** Blocks of inputs: going forward, a block's weights in a panel stay in the first-level cache. */
  readonly inputBlocks: number;
  /** Inputs of a block; the last may have fewer. */
  readonly blockInputs: number;
  /** In the first layer, each worker has places of its own (they point into the samples' rows): no worker waits for them. */
  readonly inputRows: InputRows;
  readonly panels: readonly Panel[];
  /** All panels' weights, one after another. */
  readonly parameters: Reals;
  /** In the order of `parameters`, as all the following. */
  readonly gradients: readonly Reals[];
  readonly moments: readonly Reals[];
  /** The parameters of the best epoch. Empty if they are not kept. */
  readonly best: Reals;
  /** (inputs + 1, 4): sums of the squares of a row of the gradient. Empty unless the norm is needed. */
  readonly rowSquares: Float64Array;
  /** (S) Squared norm of a slot's inputs. Empty unless the norms of the samples' gradients are needed. */
  readonly inputSquares: Float64Array;
  /** (S, 4): sums of the squares of a slot's δ. Empty unless the norms of the samples' gradients are needed. */
  readonly deltaSquares: Float64Array;
  /**
   * For each panel of the layer below: the weights of its units, (outputs in whole vectors, some of its columns) for some columns
   * after the others (kernels/wasm-layer.ts). Always a copy of the weights when back-propagation begins. Empty in the first
   * layer, and without `mirrors`.
   */
  readonly mirror: readonly Reals[];
  /** Blocks of a quarter of the mirror's rows, of at most `mirrorBlockRows`. 0: going back does not skip zeros of δ. */
  readonly mirrorBlocks: number;
  readonly mirrorBlockRows: number;
  /** The batch as the reduction reads it. Empty without `blocks`. */
  readonly transposed: Transposed;
}

/** For each row of weights, the samples whose input is not zero; in dense form only where each slot's row begins. */
export interface Transposed {
  /**
   * (B · (inputs + 1)), or in dense form (B): a copy of `inputRows.starts`, which may be the next batch's by then. In the
   * first layer each worker has its own.
   */
  readonly slot: Uint32Array;
  /** (B · (inputs + 1)) */
  readonly value: Reals;
  /** (T, inputs + 3): by slice, where each row's entries begin. */
  readonly cursors: Uint32Array;
}

/** A worker's own scratch. */
export interface WorkerScratch {
  /**
   * Of back-propagation: (BACKWARD_BLOCK, widest hidden layer, 4), partial sums; with mirrors (MIRROR_BLOCK, outputs in whole
   * vectors of the widest layer but the first), its δ.
   */
  readonly partial: Float32Array;
  /** The nonzero δ of MIRROR_BLOCK samples (kernels/assembly/delta-lists.ts). Empty where no zeros are skipped. */
  readonly deltaLists: DeltaLists;
  /** (TOTALS): sums of some rows' gradients over the previous blocks of samples. */
  readonly totals: Float32Array;
  /** For each epoch record (PHASES): milliseconds that the worker has spent in each phase. */
  readonly phaseTimes: readonly [Float64Array, Float64Array];
  /** (1): what the worker is doing, see `parallel/task.ts`. */
  readonly phase: Int32Array;
  /** (1): a counter that shows progress, see `parallel/watchdog.ts`. */
  readonly beats: Uint32Array;
  /** (widest layer, in whole groups of DROPOUT_GROUP) Factors of a sample's units. Empty without dropout. */
  readonly dropFactors: Reals;
  /** (NOISE_BYTES) Random bytes for noise. Empty unless the run is private. */
  readonly noiseBytes: Uint8Array;
}

export interface DeltaLists {
  /** (MIRROR_BLOCK, 4, rows in whole vectors): rows of a quarter of the mirror. */
  readonly index: Uint32Array;
  /** The same: δ. */
  readonly value: Float32Array;
  /** (4, blocks + 1, MIRROR_BLOCK): where each block of rows begins, and where the last ends. */
  readonly bounds: Uint32Array;
  /** (panelWidth) Zeros, where sums begin. */
  readonly zeros: Float32Array;
  /** (4, MIRROR_BLOCK, panelWidth): the four sums. */
  readonly sums: Float32Array;
}

/** What the workers report about one epoch. Two take turns: an epoch can run while the coordinator reads the one before. */
export type { EpochRecord, GradientRecord, Scores };

export interface Memory {
  readonly control: Int32Array;
  /** (T, CONTROL_STRIDE): see parallel/panel-claims.ts. */
  readonly claims: Int32Array;
  readonly rows: SampleRows;
  readonly batchRows: BatchRows;
  readonly slots: number;
  readonly layers: readonly LayerMemory[];
  /** (S) What `Kernel.scaleSamples` multiplies the gradient of a slot's sample by. Empty unless gradients are scaled. */
  readonly sampleFactors: Float64Array;
  /** See kernels/lattice-noise.ts. Empty unless the run is private. */
  readonly noiseTable: { readonly entries: Uint32Array; readonly rests: Uint32Array };
  readonly workers: readonly WorkerScratch[];
  readonly epochs: readonly [EpochRecord, EpochRecord];
  /** (R, words and summed scores of the largest share): the ranks' blocks, see parallel/mpi/exchange.ts. Empty without MPI. */
  readonly exchange: Float64Array;
  /** (N, plan.auditWords) What an audit keeps of each training sample, in the order of the data set. Empty without an audit. */
  readonly audit: Float32Array;
  /** [the least validation loss of an epoch so far, that epoch], or zeros: see parallel/early-stopping.ts. */
  readonly best: Float64Array;
  /** (PLATEAU_WORDS) What schedule `plateau` remembers: see optim/plateau.ts. Empty with other schedules. */
  readonly plateau: Float64Array;
}

const PLATEAU_WORDS = 3;

/** Words of the control block, each on a cache line of its own: see parallel/barrier.ts and parallel/control-words.ts. */
export const CONTROL_STRIDE = 16;
const CONTROL_WORDS = 16;

/** Words in front of a rank's results in `exchange`. */
export const EXCHANGE_WORDS = 4;

/** Room for a worker's phases (`parallel/task.ts`): a cache line of float64. */
export const PHASES = 8;

/** Samples that a worker evaluates at once, at least. */
const EVALUATION_SLOTS = 16;

/** Samples whose partial sums back-propagation keeps at once, so that a panel serves several. */
export const BACKWARD_BLOCK = 16;

/** Samples whose δ a mirror serves together: a worker's block (workers/sample-phases.ts). */
export const MIRROR_BLOCK = 100;

/**
 * Units of which dropout keeps fewer than this are stored as lists, even if the activation gives few zeros. Lists are also read in
 * evaluation, where nothing is dropped (bench/regularization.ts).
 */
const LISTS_BELOW = 0.7;

/** Units that four blocks of the generator serve: their factors are written together (kernels/dropout.ts). */
export const DROPOUT_GROUP = 16;

/** Length of the table of noise (kernels/lattice-noise.ts). */
export const NOISE_TABLE = 8192;

/** Random bytes that a worker turns into noise at once: few calls of the cipher, and little of the cache. */
export const NOISE_BYTES = 65_536;

/** Two of the largest tiles, three rows of six vectors; a row of sixteen vectors in sparse form takes less. */
const TOTALS = 2 * 3 * 6 * LANES;

/** The most that a WebAssembly memory of 32-bit addresses can hold. */
export const MEMORY_LIMIT_BYTES = 2 ** 32;
const PAGE_BYTES = 65_536;

/** Which of the two epoch records an epoch uses. */
export function recordIndex(epoch: number): 0 | 1 {
  return (epoch & 1) as 0 | 1;
}

/** The most samples whose scores a rank sends at once. */
function largestExchange(plan: Plan): number {
  return Math.ceil(Math.max(plan.batchSize, heldOutSamples(plan)) / Math.max(1, plan.ranks));
}

/** Bytes that the plan needs. */
export function bytesNeeded(plan: Plan): number {
  const arena = new Arena(plan.reservedBytes);
  carve(plan, arena, 0);
  return arena.bytes;
}

/** @throws LockstepError if the system does not give that much */
export function createSharedMemory(bytes: number): WebAssembly.Memory {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  try {
    // The size is fixed: growing the memory while threads run would leave them with views of different buffers.
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (error) {
    throw errors.outOfMemory(bytes, error);
  }
}

/** @param worker  whose view of the memory it is */
export function layOut(plan: Plan, memory: Pick<WebAssembly.Memory, 'buffer'>, worker = 0): Memory {
  return carve(plan, new Arena(plan.reservedBytes, memory.buffer), worker);
}

function carve(plan: Plan, arena: Arena, worker: number): Memory {
  const { trainSamples, threads, layers: widths } = plan;
  const samples = trainSamples + heldOutSamples(plan);
  const slots = Math.max(ownBatch(plan), threads * EVALUATION_SLOTS);

  const control = arena.take(Int32Array, CONTROL_WORDS * CONTROL_STRIDE);
  const claims = arena.take(Int32Array, threads * CONTROL_STRIDE);
  const madeRows = makesRows(plan) ? ownBatch(plan) : 0;
  const storedInputs = plan.storedInputs + 2 * madeRows * widths[0]!;
  const rows: SampleRows = {
    starts: arena.take(Uint32Array, samples + 1),
    blockStarts: arena.take(Uint32Array, samples * (blocksOf(plan, 0) - 1)),
    index: arena.take(Uint32Array, plan.inputForm === 'dense' ? 0 : storedInputs),
    value: arena.take(Float32Array, storedInputs),
    targets: arena.take<Elements>(ARRAYS[plan.targets], samples * targetWidth(plan)),
    weights: arena.take(Float64Array, plan.facts.isWeighted ? samples : 0),
  };

  const batchRows: BatchRows = {
    batch: madeRows,
    start: plan.storedInputs,
    lengths: arena.take(Uint32Array, 2 * madeRows),
    blockStarts: arena.take(Uint32Array, 2 * madeRows * (blocksOf(plan, 0) - 1)),
  };

  const layers: LayerMemory[] = [];
  for (let l = 0; l + 1 < widths.length; l++) layers.push(carveLayer(plan, arena, l, slots, rows, worker));

  const sampleFactors = arena.take(Float64Array, plan.scalesSamples ? slots : 0);

  const noiseTable = {
    entries: arena.take(Uint32Array, plan.privacy ? NOISE_TABLE : 0),
    rests: arena.take(Uint32Array, plan.privacy ? 2 * NOISE_TABLE : 0),
  };

  const widestHidden = Math.max(0, ...layers.slice(1).map((layer) => layer.inputs));
  const widestDelta = Math.max(0, ...widths.slice(2).map(inVectors));
  const partials = plan.mirrors ? MIRROR_BLOCK * widestDelta : BACKWARD_BLOCK * widestHidden * LANES;
  const Real = plan.reals === 'float32' ? Float32Array : Float64Array;
  const factors = plan.dropout ? Math.ceil(Math.max(...widths) / DROPOUT_GROUP) * DROPOUT_GROUP : 0;
  const workers: WorkerScratch[] = [];
  for (let t = 0; t < threads; t++) {
    workers.push({
      partial: arena.take(Float32Array, plan.blocks ? partials : 0),
      totals: arena.take(Float32Array, plan.blocks ? TOTALS : 0),
      deltaLists: carveLists(plan, arena, layers),
      phaseTimes: [arena.take(Float64Array, PHASES), arena.take(Float64Array, PHASES)],
      phase: arena.take(Int32Array, 1),
      beats: arena.take(Uint32Array, 1),
      dropFactors: arena.take<Reals>(Real, factors),
      noiseBytes: arena.take(Uint8Array, plan.privacy ? NOISE_BYTES : 0),
    });
  }

  const best = arena.take(Float64Array, 2);
  const epochs = [carveEpochRecord(plan, arena, layers.length), carveEpochRecord(plan, arena, layers.length)] as const;
  const keptLayers = plan.keepsGradientNorms ? layers.length : 0;
  const rankWords = EXCHANGE_WORDS + (summedScores(plan).length + keptLayers) * largestExchange(plan);
  const exchange = arena.take(Float64Array, plan.ranks * rankWords);
  const audit = arena.take(Float32Array, trainSamples * plan.auditWords);
  const plateau = arena.take(Float64Array, plan.hasPlateau ? PLATEAU_WORDS : 0);
  const forSamples = { rows, batchRows, slots, sampleFactors, exchange, audit, plateau };
  return { control, claims, layers, noiseTable, workers, epochs, best, ...forSamples };
}

function carveLists(plan: Plan, arena: Arena, layers: readonly LayerMemory[]): DeltaLists {
  const listed = layers.filter(({ mirrorBlocks }) => mirrorBlocks > 0);
  const entries = MIRROR_BLOCK * LANES * Math.max(0, ...listed.map(({ outputs }) => quarterOf(outputs)));
  const mostBlocks = Math.max(-1, ...listed.map(({ mirrorBlocks }) => mirrorBlocks));
  const columns = listed.length > 0 ? plan.panelWidth : 0;
  return {
    index: arena.take(Uint32Array, entries),
    value: arena.take(Float32Array, entries),
    bounds: arena.take(Uint32Array, LANES * (mostBlocks + 1) * MIRROR_BLOCK),
    zeros: arena.take(Float32Array, columns),
    sums: arena.take(Float32Array, LANES * MIRROR_BLOCK * columns),
  };
}

/** Rows of a quarter of a mirror, in whole vectors. */
export function quarterOf(outputs: number): number {
  return inVectors(inVectors(outputs) / LANES);
}

/** Whether going back through a layer skips zeros of δ, which ReLU and dropout make. The last layer's δ has none. */
export function skipsZeros(plan: Plan, l: number): boolean {
  const { layers, mirrors, hiddenForm } = plan;
  if (!mirrors || l === 0 || l + 2 >= layers.length || layers[l + 1]! < plan.skipsZeros.from) return false;
  return hiddenForm === 'sparse' || keptUnits(plan, l + 1) < LISTS_BELOW;
}

/** Blocks of a quarter of a layer's mirror; 0 if going back does not skip zeros of δ. */
function mirrorBlocksOf(plan: Plan, l: number): number {
  return skipsZeros(plan, l) ? Math.ceil(quarterOf(plan.layers[l + 1]!) / plan.skipsZeros.rows) : 0;
}

/** The memory with the best epoch's parameters in place of the current ones. Back-propagation cannot use it. */
export function withBest(memory: Memory): Memory {
  const layers = memory.layers.map((layer): LayerMemory => {
    const { best, inputs, panels } = layer;
    const weightsOf = ({ firstColumn, width }: Panel) =>
      best.subarray(firstColumn * (inputs + 1), (firstColumn + width) * (inputs + 1));
    return {
      ...layer,
      parameters: best,
      panels: panels.map((panel) => ({ ...panel, weights: weightsOf(panel) })),
      mirror: [],
    };
  });
  return { ...memory, layers };
}

/** The form of a layer's inputs. */
export function formOf(plan: Plan, l: number): RowForm {
  if (l === 0) return plan.inputForm;
  const outputs = plan.layers[l + 1]!;
  const isNarrow = panelCount(plan, l, padded(outputs, plan)) === 1 && inVectors(outputs) <= plan.denseOutputs;
  if (isNarrow) return 'dense';
  return keptUnits(plan, l) < LISTS_BELOW ? 'sparse' : plan.hiddenForm;
}

/** Of a layer's inputs: what dropout keeps of them, on average. */
function keptUnits({ dropout }: Plan, l: number): number {
  return 1 - (dropout?.thresholds[l] ?? 0) / 65_536;
}

function blocksOf(plan: Plan, l: number): number {
  if (!plan.blocks || formOf(plan, l) === 'dense') return 1;
  const inputs = plan.layers[l]!;
  // Half of a hidden layer's units are assumed to be active.
  const kept = keptUnits(plan, l);
  const ofSample =
    l === 0 ? (kept * plan.storedInputs) / (plan.trainSamples + heldOutSamples(plan)) : (kept * inputs) / 2;
  return inputBlocksOf(inputs, ofSample, plan.blocks);
}

function carveLayer(plan: Plan, arena: Arena, l: number, slots: number, rows: SampleRows, worker: number): LayerMemory {
  const inputs = plan.layers[l] as number;
  const outputs = plan.layers[l + 1] as number;
  const Real = plan.reals === 'float32' ? Float32Array : Float64Array;
  const takeReals = (length: number): Reals => arena.take<Reals>(Real, length);

  const paddedInputs = l === 0 ? inputs : padded(inputs, plan);
  const paddedOutputs = padded(outputs, plan);
  const parameterCount = (inputs + 1) * paddedOutputs;
  const parameters = takeReals(parameterCount);
  const delta = takeReals(slots * paddedOutputs);
  const takeLikeParameters = (length: number) => Array.from({ length }, () => takeReals(parameterCount));
  const gradients = takeLikeParameters(plan.gradientBuffers);
  const moments = takeLikeParameters(plan.moments);
  const [best = takeReals(0)] = takeLikeParameters(plan.keepsBest ? 1 : 0);
  const rowSquares = arena.take(Float64Array, plan.needsNorm ? (inputs + 1) * LANES : 0);

  const inputSquares = arena.take(Float64Array, plan.needsSampleNorms ? slots : 0);
  const deltaSquares = arena.take(Float64Array, plan.needsSampleNorms ? slots * LANES : 0);

  const count = panelCount(plan, l, paddedOutputs);
  // (A size alone needs no views: a layer too wide for the memory may have a million panels.)
  const panels = Array.from({ length: arena.isReal ? count : 0 }, (_, p): Panel => {
    const [from, to] = [p, p + 1].map((at) => panelStart(at, count, paddedOutputs, plan.lanes)) as [number, number];
    const part = (array: Reals, height: number) => array.subarray(from * height, to * height);
    return {
      firstColumn: from,
      width: to - from,
      weights: part(parameters, inputs + 1),
      delta: part(delta, slots),
      gradients: gradients.map((buffer) => part(buffer, inputs + 1)),
      moments: moments.map((array) => part(array, inputs + 1)),
    };
  });

  const mirrorRows = plan.mirrors && l > 0 ? inVectors(outputs) : 0;
  const mirrored = takeReals(mirrorRows * paddedInputs);
  const panelsBelow = mirrorRows > 0 && arena.isReal ? panelCount(plan, l - 1, paddedInputs) : 0;
  const mirror = Array.from({ length: panelsBelow }, (_, p) => {
    const [from, to] = [p, p + 1].map((at) => panelStart(at, panelsBelow, paddedInputs, plan.lanes)) as [
      number,
      number,
    ];
    return mirrored.subarray(from * mirrorRows, to * mirrorRows);
  });

  const mirrorBlocks = mirrorBlocksOf(plan, l);

  const form = formOf(plan, l);
  const isDense = form === 'dense';
  const inputBlocks = blocksOf(plan, l);
  const hasBounds = plan.blocks && !isDense;
  const ofEach = Array.from({ length: l === 0 ? plan.threads : 1 }, () => {
    const blockBounds = arena.take(Uint32Array, hasBounds ? (inputBlocks + 1) * slots : 0);
    return {
      blockBounds,
      // (A row begins where its first block does.)
      starts: hasBounds ? blockBounds.subarray(0, slots) : arena.take(Uint32Array, slots),
      lengths: arena.take(Uint32Array, slots),
      denseStarts: arena.take(Uint32Array, isDense ? ownBatch(plan) : 0),
    };
  });
  const { denseStarts, ...places } = ofEach[l === 0 ? worker : 0]!;
  const inputRows: InputRows = {
    form,
    ...places,
    // The first layer's rows are the samples' own. A hidden layer's have room for every unit, padding included, because
    // ReLU writes each unit before it knows whether it is active.
    index: l === 0 ? rows.index : arena.take(Uint32Array, isDense ? 0 : slots * paddedInputs),
    value: l === 0 ? rows.value : takeReals(slots * paddedInputs),
  };
  const transposedLength = hasBounds ? ownBatch(plan) * (inputs + 1) : 0;
  const transposed = {
    slot: isDense ? denseStarts : arena.take(Uint32Array, transposedLength),
    value: takeReals(transposedLength),
    cursors: arena.take(Uint32Array, transposedLength === 0 ? 0 : plan.threads * (inputs + 3)),
  };
  return {
    inputs,
    outputs,
    paddedOutputs,
    lanes: plan.lanes,
    inputBlocks,
    blockInputs: Math.ceil(inputs / inputBlocks),
    inputRows,
    panels,
    parameters,
    gradients,
    moments,
    best,
    rowSquares,
    inputSquares,
    deltaSquares,
    mirror,
    mirrorBlocks,
    mirrorBlockRows: inVectors(Math.ceil(quarterOf(outputs) / Math.max(1, mirrorBlocks))),
    transposed,
  };
}
