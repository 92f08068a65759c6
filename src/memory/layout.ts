/**
 * The one place that knows where each array lies.
 *
 * One shared buffer holds the samples, the parameters and all scratch. Coordinator and workers each call
 * `layOut` with the same plan and get the same views, but for what is a worker's own, so that nothing but the plan travels
 * between threads.
 *
 * Shapes: B batch, D inputs, C classes, T threads (workers), N, V and M training, validation and test samples, S slots. A slot is a sample's place in the
 * batch; there are S ≥ B of them, so that each worker has some of its own while it evaluates.
 */
import { errors } from '../errors.js';
import { Arena } from './arena.js';
import { inputBlocksOf, LANES, padded, panelCount, panelStart } from './cuts.js';
import { type ElementType, heldOutSamples, ownBatch, type Plan, stepsPerEpoch, summedScores } from './plan.js';

/** Float32 in the WebAssembly kernels, float64 in the reference kernel. */
export type Reals = Float32Array | Float64Array;

export type Elements = Uint8Array | Uint32Array | Float64Array;
const ARRAYS = { uint8: Uint8Array, uint32: Uint32Array, float64: Float64Array } satisfies Record<ElementType, unknown>;

/**
 * Of each sample the inputs that are not zero, in ascending order; in dense form all of them, and no `index`. Training
 * samples come first, then those held out: validation samples, then test samples.
 */
export interface SampleRows {
  /** (samples + 1): where each sample's row begins in `index` and `value`. */
  readonly starts: Uint32Array;
  /** (samples, blocks − 1): and in it each of the first layer's blocks of inputs but the first. */
  readonly cuts: Uint32Array;
  /** (stored inputs) Empty in dense form. */
  readonly index: Uint32Array;
  /** (stored inputs) */
  readonly value: Float32Array;
  /** (samples) Classes, for example: the objective knows what they are. */
  readonly targets: Elements;
}

/** A layer's inputs, by slot: `length` pairs of (index, value) from `start` on; in dense form all values, in order. */
export interface InputLists {
  /** (S) */
  readonly starts: Uint32Array;
  /** (S) */
  readonly lengths: Uint32Array;
  /**
   * (blocks + 1, S): where each is cut at the blocks of inputs that the forward pass goes by. Empty in dense form, and for the
   * reference kernel.
   */
  readonly bounds: Uint32Array;
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
  /**
   * (inputs + 1, width): in strategy `dense` by worker, the sum of its share's gradients; else one for the whole batch's,
   * or none.
   */
  readonly gradients: readonly Reals[];
  /** (inputs + 1, width): what the optimizer remembers. */
  readonly moments: readonly Reals[];
}

export interface LayerMemory {
  readonly inputs: number;
  readonly outputs: number;
  /** Columns with padding: the sum of the panels' widths. */
  readonly paddedOutputs: number;
  /** Whether `lists` are in dense form, zeros included. */
  readonly isDense: boolean;
  /** Blocks of inputs that the forward pass goes by in each panel, so that a block's weights stay in the nearest cache. */
  readonly inputBlocks: number;
  /** Inputs of a block; the last may have fewer. */
  readonly blockInputs: number;
  /** Of the first layer, where they lie in the samples' rows is a worker's own: all need it at once, and none waits for it. */
  readonly lists: InputLists;
  readonly panels: readonly Panel[];
  /** All panels' weights, one after another. */
  readonly parameters: Reals;
  /** All panels' gradients, one after another, as `parameters`; and what the optimizer remembers. */
  readonly gradients: readonly Reals[];
  readonly moments: readonly Reals[];
  /** Likewise, the parameters of the best epoch. Empty if they are not kept. */
  readonly best: Reals;
  /** (inputs + 1, 4): sums of the squares of a row of the gradient. Empty if its norm is not asked for. */
  readonly rowSquares: Float64Array;
  /** The batch as the reduction reads it. Empty for the reference kernel. */
  readonly transposed: Transposed;
}

/** By input row, the samples that light it; in dense form only where each slot's row begins. */
export interface Transposed {
  /**
   * (B · (inputs + 1)), or in dense form (B): `starts` of the lists, which may be the next batch's by then; of the first layer
   * a worker's own, as the lists' are.
   */
  readonly slot: Uint32Array;
  /** (B · (inputs + 1)) */
  readonly value: Reals;
  /** (T, inputs + 3): by slice, where each row's entries begin. */
  readonly cursors: Uint32Array;
}

/** A worker's own scratch. */
export interface WorkerScratch {
  /** (BACKWARD_BLOCK, widest hidden layer, 4): partial sums of back-propagation. */
  readonly partial: Float32Array;
  /** (TOTALS): what the reduction of some rows has summed in the blocks of samples before. Empty for the reference kernel. */
  readonly totals: Float32Array;
  /** By the epoch's record (PHASES): milliseconds that it has spent in each phase. */
  readonly phaseTimes: readonly [Float64Array, Float64Array];
  /** (1): what it is doing, see `parallel/task.ts`. */
  readonly phase: Int32Array;
  /** (1): counts whenever it gets on with something: see `parallel/watchdog.ts`. */
  readonly beats: Uint32Array;
}

/** What the workers report about one epoch. Two take turns: an epoch can run while the coordinator reads the one before. */
export interface EpochRecord {
  /** (N) The sample at each position of the epoch. Written by the coordinator. */
  readonly order: Uint32Array;
  /** (N) Scores of the sample at each position, before that step's update. */
  readonly training: Scores;
  /** (steps) When each step ended, in milliseconds of `clock.ts`. */
  readonly stepEnds: Float64Array;
  /** [start of the epoch, end of its last step], in milliseconds of `clock.ts`. */
  readonly times: Float64Array;
  /** (V + M) Scores of each validation and test sample after the epoch. */
  readonly heldOut: Scores;
}

/** By name: the loss of each sample, and the scores that the plan lists. */
export interface Scores {
  readonly loss: Float64Array;
  readonly [score: string]: Elements;
}

export interface Memory {
  readonly control: Int32Array;
  /** (T, CONTROL_STRIDE): see parallel/claims.ts. */
  readonly claims: Int32Array;
  readonly rows: SampleRows;
  readonly slots: number;
  readonly layers: readonly LayerMemory[];
  readonly workers: readonly WorkerScratch[];
  readonly epochs: readonly [EpochRecord, EpochRecord];
  /** (R, words and summed scores of the largest share): the ranks' blocks, see parallel/mpi/exchange.ts. Empty without MPI. */
  readonly exchange: Float64Array;
  /** [the least validation loss of an epoch so far, that epoch], or zeros: see parallel/early-stopping.ts. */
  readonly best: Float64Array;
}

/** Words of the control block, each on a cache line of its own: see parallel/barrier.ts and parallel/control.ts. */
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

/**
 * A hidden layer's activations are kept in dense form for a next layer of so few outputs: there, a list of the active units
 * costs more than their zeros do. As many as the narrowest panel of any engine has, so that all engines do the same.
 */
const MOST_DENSE_OUTPUTS = 28;

/** Three rows of four vectors, in dense form; a row of eight vectors, in lists. */
const TOTALS = 3 * 4 * LANES;

/** The most that a WebAssembly memory of 32-bit addresses can hold. */
export const MEMORY_LIMIT_BYTES = 2 ** 32;
const PAGE_BYTES = 65_536;

/** Index of an epoch's record. */
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
    // Of one size for good: growing it while threads run would leave them with views on different buffers.
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (error) {
    throw errors.outOfMemory(bytes, error);
  }
}

/** @param worker  whose view of the memory it is */
export function layOut(plan: Plan, memory: WebAssembly.Memory, worker = 0): Memory {
  return carve(plan, new Arena(plan.reservedBytes, memory.buffer), worker);
}

function carve(plan: Plan, arena: Arena, worker: number): Memory {
  const { trainSamples, threads, layers: widths } = plan;
  const samples = trainSamples + heldOutSamples(plan);
  const slots = Math.max(ownBatch(plan), threads * EVALUATION_SLOTS);

  const control = arena.take(Int32Array, CONTROL_WORDS * CONTROL_STRIDE);
  const claims = arena.take(Int32Array, threads * CONTROL_STRIDE);
  const rows: SampleRows = {
    starts: arena.take(Uint32Array, samples + 1),
    cuts: arena.take(Uint32Array, samples * (blocksOf(plan, 0) - 1)),
    index: arena.take(Uint32Array, plan.denseInputs ? 0 : plan.storedInputs),
    value: arena.take(Float32Array, plan.storedInputs),
    targets: arena.take<Elements>(ARRAYS[plan.targets], samples),
  };

  const layers: LayerMemory[] = [];
  for (let l = 0; l + 1 < widths.length; l++) layers.push(carveLayer(plan, arena, l, slots, rows, worker));

  const widestHidden = Math.max(0, ...layers.slice(1).map((layer) => layer.inputs));
  const workers: WorkerScratch[] = [];
  for (let t = 0; t < threads; t++) {
    workers.push({
      partial: arena.take(Float32Array, plan.realBytes === 4 ? BACKWARD_BLOCK * widestHidden * 4 : 0),
      totals: arena.take(Float32Array, plan.realBytes === 4 ? TOTALS : 0),
      phaseTimes: [arena.take(Float64Array, PHASES), arena.take(Float64Array, PHASES)],
      phase: arena.take(Int32Array, 1),
      beats: arena.take(Uint32Array, 1),
    });
  }

  const scores = (length: number, kept: Plan['scores']): Scores => ({
    loss: arena.take(Float64Array, length),
    ...Object.fromEntries(kept.map(({ name, type }) => [name, arena.take<Elements>(ARRAYS[type], length)])),
  });
  const epoch = (): EpochRecord => ({
    order: arena.take(Uint32Array, trainSamples),
    training: scores(
      trainSamples,
      plan.scores.filter(({ isSummed }) => isSummed),
    ),
    stepEnds: arena.take(Float64Array, stepsPerEpoch(plan)),
    times: arena.take(Float64Array, 2),
    heldOut: scores(heldOutSamples(plan), plan.scores),
  });
  const best = arena.take(Float64Array, 2);
  const epochs = [epoch(), epoch()] as const;
  const rankWords = EXCHANGE_WORDS + summedScores(plan).length * largestExchange(plan);
  const exchange = arena.take(Float64Array, plan.ranks * rankWords);
  return { control, claims, rows, slots, layers, workers, epochs, exchange, best };
}

/** Whether a layer's inputs are kept in dense form, zeros included. */
function isDenseLayer(plan: Plan, l: number): boolean {
  if (l === 0) return plan.denseInputs;
  const paddedOutputs = padded(plan.layers[l + 1]!, plan);
  return plan.realBytes === 4 && panelCount(plan, l, paddedOutputs) === 1 && paddedOutputs <= MOST_DENSE_OUTPUTS;
}

function blocksOf(plan: Plan, l: number): number {
  if (plan.realBytes === 8 || isDenseLayer(plan, l)) return 1;
  const inputs = plan.layers[l]!;
  // Of a hidden layer's units, half are taken to be active.
  const ofSample = l === 0 ? plan.storedInputs / (plan.trainSamples + heldOutSamples(plan)) : inputs / 2;
  return inputBlocksOf(inputs, ofSample);
}

function carveLayer(plan: Plan, arena: Arena, l: number, slots: number, rows: SampleRows, worker: number): LayerMemory {
  const inputs = plan.layers[l] as number;
  const outputs = plan.layers[l + 1] as number;
  const Real = plan.realBytes === 4 ? Float32Array : Float64Array;
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

  const count = panelCount(plan, l, paddedOutputs);
  // (A size alone needs no views: a layer too wide for the memory may have a million panels.)
  const panels = Array.from({ length: arena.isReal ? count : 0 }, (_, p): Panel => {
    const [from, to] = [panelStart(p, count, paddedOutputs), panelStart(p + 1, count, paddedOutputs)];
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

  const isReference = plan.realBytes === 8;
  const isDense = isDenseLayer(plan, l);
  const inputBlocks = blocksOf(plan, l);
  const isCut = !isReference && !isDense;
  const ofEach = Array.from({ length: l === 0 ? plan.threads : 1 }, () => {
    const bounds = arena.take(Uint32Array, isCut ? (inputBlocks + 1) * slots : 0);
    return {
      bounds,
      // (What the first block's bounds are.)
      starts: isCut ? bounds.subarray(0, slots) : arena.take(Uint32Array, slots),
      lengths: arena.take(Uint32Array, slots),
      denseStarts: arena.take(Uint32Array, isDense ? ownBatch(plan) : 0),
    };
  });
  const { denseStarts, ...places } = ofEach[l === 0 ? worker : 0]!;
  const lists: InputLists = {
    ...places,
    // The first layer's lists are the samples' own rows. A hidden layer's have room for every unit, padding
    // included, because ReLU writes each unit before it knows whether it is active.
    index: l === 0 ? rows.index : arena.take(Uint32Array, isDense ? 0 : slots * paddedInputs),
    value: l === 0 ? rows.value : takeReals(slots * paddedInputs),
  };
  const transposedLength = isReference || isDense ? 0 : ownBatch(plan) * (inputs + 1);
  const transposed = {
    slot: isDense ? denseStarts : arena.take(Uint32Array, transposedLength),
    value: takeReals(transposedLength),
    cursors: arena.take(Uint32Array, transposedLength === 0 ? 0 : plan.threads * (inputs + 3)),
  };
  return {
    inputs,
    outputs,
    paddedOutputs,
    isDense,
    inputBlocks,
    blockInputs: Math.ceil(inputs / inputBlocks),
    lists,
    panels,
    parameters,
    gradients,
    moments,
    best,
    rowSquares,
    transposed,
  };
}
