/**
 * A model of how strategy `sliced` scales, so that a few cores' measurements say something of many.
 *
 * An epoch on T threads, a core each, takes the sum of four times, each the mean over the threads:
 *
 *   forward    F / T
 *   gradients  G / T + x · (bytes fetched from other cores: z, or the first layer's weights, and the later layers' weights)
 *   update     U / T + x · (likewise: the transposed batch, δ, the later layers' inputs)
 *   waiting    b · meetings · log₂ T + what the fullest share of each phase exceeds the mean by
 *
 * Five coefficients are fitted: F, G, U, the seconds that the phases' arithmetic takes on one thread; x, seconds a byte that
 * another core has written; b, seconds that a meeting takes longer each time the workers double: it waits for the slowest of
 * them, whom other work on the machine has held up, and the largest of T such delays grows as the logarithm of T. (The
 * barrier itself is far below: bench/barrier.ts. On a machine that others share, b is theirs: a quiet one scales further.)
 * Bytes and shares are no guesses: they follow from the shapes, by the cutting that the trainer itself does.
 *
 * Left out: that workers who are done take panels of the others'; what every worker does in full however many there are (it
 * places the batch's samples, fetches them and finds its share of them); that cores share memory bandwidth,
 * power and, as hardware threads, their units.
 */
import { padded, panelCount, panelStart } from '../../src/memory/tiling.js';
import { partOf } from '../../src/parallel/shares.js';
import { type Equation, fitNonNegative } from '../support/least-squares.js';

export interface Job {
  readonly samples: number;
  readonly batchSize: number;
  /** Widths, input to output. */
  readonly layers: readonly number[];
  /** Nonzero inputs of a sample, the mean. */
  readonly nonzeros: number;
  readonly panelWidth: number;
  readonly lanes: number;
}

/** Seconds of an epoch, by what the threads did: means over the threads. */
export interface PhaseSeconds {
  readonly forward: number;
  readonly gradients: number;
  readonly update: number;
  readonly wait: number;
}

export interface Point extends PhaseSeconds {
  readonly threads: number;
}

export interface Coefficients {
  /** Seconds of an epoch on one thread. */
  readonly forward: number;
  readonly gradients: number;
  readonly update: number;
  /** Seconds a byte that another core has written. */
  readonly transfer: number;
  /** Seconds that a meeting takes longer each time the workers double. */
  readonly barrier: number;
}

/** A step's barriers. */
const MEETINGS = 2;

const PHASES = ['forward', 'gradients', 'update', 'wait'] as const;

/** Least squares over all phases of all points; errors count in proportion to their epoch. */
export function fitScaling(job: Job, points: readonly Point[]): Coefficients {
  const equations = points.flatMap((point): Equation[] => {
    const factors = factorsOf(job, point.threads);
    const weight = 1 / totalSeconds(point);
    return PHASES.map((phase) => ({ factors: factors[phase], value: point[phase], weight }));
  });
  const [forward = 0, gradients = 0, update = 0, transfer = 0, barrier = 0] = fitNonNegative(equations);
  return { forward, gradients, update, transfer, barrier };
}

export function predictScaling(job: Job, coefficients: Coefficients, threads: number): PhaseSeconds {
  const { forward, gradients, update, transfer, barrier } = coefficients;
  const values = [forward, gradients, update, transfer, barrier];
  const factors = factorsOf(job, threads);
  const predicted = (phase: keyof PhaseSeconds) =>
    factors[phase].reduce((sum, factor, i) => sum + factor * values[i]!, 0);
  return {
    forward: predicted('forward'),
    gradients: predicted('gradients'),
    update: predicted('update'),
    wait: predicted('wait'),
  };
}

export function totalSeconds({ forward, gradients, update, wait }: PhaseSeconds): number {
  return forward + gradients + update + wait;
}

/** The model is linear: each phase's seconds are these factors times [F, G, U, x, b]. */
function factorsOf(job: Job, threads: number): Record<keyof PhaseSeconds, readonly number[]> {
  const steps = Math.ceil(job.samples / job.batchSize);
  const { byPanel, byUpdate, bySample } = excesses(job, threads);
  const { gradients, update } = bytesFetched(job, threads);
  const mean = 1 / threads;
  return {
    forward: [mean, 0, 0, 0, 0],
    gradients: [0, mean, 0, steps * gradients, 0],
    update: [0, 0, mean, steps * update, 0],
    wait: [mean * byPanel, mean * bySample, mean * byUpdate, 0, steps * MEETINGS * Math.log2(threads)],
  };
}

/** The first layer's panels, by their columns. */
function panelsOf({ layers, panelWidth, lanes }: Job, threads: number): number[] {
  const columns = padded(layers[1]!, { lanes });
  const count = panelCount({ panelWidth, threads }, 0, columns);
  return Array.from({ length: count }, (_, p) => {
    const [from, to] = [p, p + 1].map((at) => panelStart(at, count, columns, lanes));
    return to! - from!;
  });
}

/** Whether the first layer is divided by panels: with more threads than panels it is divided by sample and by row. */
function hasPanels(job: Job, threads: number): boolean {
  return panelsOf(job, threads).length >= threads;
}

/** By how much the fullest share of a phase exceeds the mean, as a fraction of the mean. */
function excesses(job: Job, threads: number) {
  const { layers, batchSize } = job;
  const bySample = excess(threads, batchSize, () => 1);
  if (hasPanels(job, threads)) {
    const panels = panelsOf(job, threads);
    const byPanel = excess(threads, panels.length, (panel) => panels[panel]!);
    return { byPanel, byUpdate: byPanel, bySample };
  }
  return { byPanel: bySample, byUpdate: excess(threads, layers[0]! + 1, () => 1), bySample };
}

/** @param size  of an item, by which they are divided */
function excess(threads: number, items: number, size: (item: number) => number): number {
  const shares = Array.from({ length: threads }, (_, worker) => {
    const { from, to } = partOf(items, size, threads, worker);
    let share = 0;
    for (let item = from; item < to; item++) share += size(item);
    return share;
  });
  const total = shares.reduce((sum, share) => sum + share);
  return (Math.max(...shares) * threads) / total - 1;
}

/** A float32, and an index and a float32. */
const NUMBER_BYTES = 4;
const ENTRY_BYTES = 8;
/** Of a hidden layer's units that are active. */
const ACTIVE = 0.5;

/** Bytes that a worker reads in a step and another has written since, by phase. */
function bytesFetched(job: Job, threads: number): { readonly gradients: number; readonly update: number } {
  const { batchSize, layers, nonzeros } = job;
  const [inputs, outputs] = layers as readonly [number, number];
  // A worker wrote its own part of the shared data itself.
  const foreign = (threads - 1) / threads;
  const later = layers.slice(1, -1).map((units, i) => ({ units, next: layers[i + 2]! }));
  const laterWeights = later.reduce((sum, { units, next }) => sum + NUMBER_BYTES * (units + 1) * next, 0);
  const laterInputs = later.reduce(
    (sum, { units, next }) => sum + batchSize * ((ENTRY_BYTES * ACTIVE * units) / threads + NUMBER_BYTES * next),
    0,
  );
  const batch = NUMBER_BYTES * batchSize * outputs;
  if (hasPanels(job, threads)) {
    const transposed = ENTRY_BYTES * batchSize * nonzeros;
    return {
      gradients: foreign * (batch / threads + laterWeights),
      update: foreign * (transposed + batch / threads + laterInputs),
    };
  }
  const firstWeights = NUMBER_BYTES * (inputs + 1) * outputs;
  return {
    gradients: foreign * (firstWeights + laterWeights),
    update: foreign * (batch + laterInputs),
  };
}
