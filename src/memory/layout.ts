/**
 * The only place that knows where each array lies, with layer-memory.ts and epoch-record.ts.
 *
 * One shared buffer holds the samples, the parameters and all scratch. Coordinator and workers each call `layOut` with the
 * same plan and get the same views, except for those that belong to one worker: only the plan travels between threads.
 *
 * Shapes: B batch, T threads (workers), N, V and M training, validation and test samples, S slots. A slot is a sample's
 * place in the batch. There are S ≥ B slots, so that each worker has some of its own for evaluation.
 */
import { errors } from '../errors.js';
import { ARRAYS, Arena, type Elements } from './arena.js';
import { carveEpochRecord, type EpochRecord } from './epoch-record.js';
import {
  blocksOf,
  carveLayer,
  type LayerMemory,
  type Panel,
  quarterOf,
  type Reals,
  type SampleRows,
} from './layer-memory.js';
import { heldOutSamples, makesRows, ownBatch, type Plan, summedScores, targetWidth } from './plan.js';
import { inVectors, LANES } from './tiling.js';

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

/** A worker's own scratch. */
export interface WorkerScratch {
  /**
   * Of back-propagation: (BACKWARD_BLOCK, widest hidden layer, 4), partial sums; with mirrors (GRADIENT_BLOCK, outputs in whole
   * vectors of the widest layer but the first), its δ.
   */
  readonly partial: Float32Array;
  /** The nonzero δ of GRADIENT_BLOCK samples (kernels/assembly/delta-lists.ts). Empty where no zeros are skipped. */
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
  /** (GRADIENT_BLOCK, 4, rows in whole vectors): rows of a quarter of the mirror. */
  readonly index: Uint32Array;
  /** The same shape: their δ. */
  readonly value: Float32Array;
  /** (4, blocks + 1, GRADIENT_BLOCK): where each block of rows begins, and where the last ends. */
  readonly bounds: Uint32Array;
  /** (panelWidth) Zeros, where sums begin. */
  readonly zeros: Float32Array;
  /** (4, GRADIENT_BLOCK, panelWidth): the four sums. */
  readonly sums: Float32Array;
}

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

/** Samples that go forward and back together: enough to amortize loading weights, few enough to keep z and δ cached. */
export const GRADIENT_BLOCK = 100;

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
  const partials = plan.mirrors ? GRADIENT_BLOCK * widestDelta : BACKWARD_BLOCK * widestHidden * LANES;
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
  const entries = GRADIENT_BLOCK * LANES * Math.max(0, ...listed.map(({ outputs }) => quarterOf(outputs)));
  const mostBlocks = Math.max(-1, ...listed.map(({ mirrorBlocks }) => mirrorBlocks));
  const columns = listed.length > 0 ? plan.panelWidth : 0;
  return {
    index: arena.take(Uint32Array, entries),
    value: arena.take(Float32Array, entries),
    bounds: arena.take(Uint32Array, LANES * (mostBlocks + 1) * GRADIENT_BLOCK),
    zeros: arena.take(Float32Array, columns),
    sums: arena.take(Float32Array, LANES * GRADIENT_BLOCK * columns),
  };
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
      mirrorBlocks: 0,
    };
  });
  return { ...memory, layers };
}
