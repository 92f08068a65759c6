/**
 * How many threads make a step faster. The rule: each thread must have at least as much work in a step as `ROUNDS_OF_WORK` barrier
 * rounds take. Both are measured at the start of a run.
 *
 * A step has only two barriers, but what its threads exchange costs more than that: outputs, δ and weights that another thread has
 * written must move to this thread's core, cache line by cache line. A barrier round is a few such moves in a row, so its time tells
 * what a move costs on this machine.
 */
import type { Plan } from '../memory/plan.js';

/** The measurement that has chosen a number of threads. */
export interface ThreadChoice {
  readonly cores: number;
  /** Of a step's work on one thread. */
  readonly stepSeconds: number;
  /** Of a barrier round of two threads; undefined if the step is too short for any barrier, or if it could not be measured. */
  readonly barrierSeconds: number | undefined;
}

/**
 * Chosen by bench/threads.ts, in two states of a machine: where a round took 0.48 µs, two threads were slower than one for steps of
 * up to 41 µs, and 1.4 times as fast for a step of 77 µs; where it took 0.19 µs, they were faster even for steps of 9 µs.
 */
const ROUNDS_OF_WORK = 60;

/** If it could not be measured. Then each thread gets about as much work as is enough without a measurement (CLEAR_SECONDS). */
const ASSUMED_BARRIER_SECONDS = 3e-6;

/** Less than any processor needs for a round. */
const LEAST_BARRIER_SECONDS = 100e-9;

/** From 1 to the number of cores. */
export function threadsThatPay({ cores, stepSeconds, barrierSeconds }: ThreadChoice): number {
  return Math.max(1, Math.min(cores, shares(stepSeconds, barrierSeconds ?? ASSUMED_BARRIER_SECONDS)));
}

/** Whether one thread is enough, whatever a barrier costs. */
export function isClearlySmall(stepSeconds: number): boolean {
  return shares(stepSeconds, LEAST_BARRIER_SECONDS) < 2;
}

function shares(stepSeconds: number, barrierSeconds: number): number {
  return Math.floor(stepSeconds / (ROUNDS_OF_WORK * barrierSeconds));
}

/** Multiply-adds per second of one thread, at most: 50 billion with vectors of 256 bits, 0.5 billion in plain TypeScript. */
const MAX_PRODUCTS_PER_SECOND = { assembly: 50e9, plain: 0.5e9 };
/** Of a sample's loss and bookkeeping, at least. */
const MIN_SAMPLE_SECONDS = 50e-9;
/** The share of each core in a step that is surely worth a thread, even where barriers are slow. */
const CLEAR_SECONDS = 200e-6;
/** A larger network, whose weights exceed a core's cache, is not measured: it would take longer than the measurement is worth. */
const MAX_WEIGHTS = 1_000_000;

/**
 * Whether the number of threads is worth measuring: not if a step surely takes long enough for all cores.
 *
 * @param density  of the first layer's inputs
 */
export function mayBeSmall(
  { layers, batchSize }: Pick<Plan, 'layers' | 'batchSize'>,
  density: number,
  { cores, isPlain }: { readonly cores: number; readonly isPlain: boolean },
): boolean {
  const sizes = layers.slice(1).map((outputs, l) => outputs * layers[l]!);
  // Half of the hidden units are assumed to be active. Forward and reduction; back-propagation has no part in the first layer.
  const products = 2 * batchSize * sizes.reduce((sum, size, l) => sum + size * (l === 0 ? density : 0.5), 0);
  const rate = isPlain ? MAX_PRODUCTS_PER_SECOND.plain : MAX_PRODUCTS_PER_SECOND.assembly;
  const least = products / rate + batchSize * MIN_SAMPLE_SECONDS;
  return least < CLEAR_SECONDS * cores && sizes.reduce((sum, size) => sum + size, 0) <= MAX_WEIGHTS;
}
