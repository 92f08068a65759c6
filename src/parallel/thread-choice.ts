/**
 * How many threads make a step faster. The rule: each thread must have at least as much work in a step as `ROUNDS_OF_WORK` barrier
 * rounds take. Both are measured at the start of a run.
 *
 * A step has only two barriers, but what its threads exchange costs more than that: outputs, δ and weights that another thread has
 * written must move to this thread's core, cache line by cache line. A barrier round is a few such moves in a row, so its time tells
 * what a move costs on this machine.
 */
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

/** What is known of a run before any measurement. */
export interface Job {
  readonly layers: readonly number[];
  readonly batchSize: number;
  /** Of an epoch, with those that are only evaluated. */
  readonly samples: number;
  readonly epochs: number;
  /** Of the first layer's inputs. */
  readonly density: number;
  readonly cores: number;
  /** Whether the kernel is plain TypeScript, not WebAssembly. */
  readonly isPlain: boolean;
}

/** Multiply-adds per second of one thread, at most and at least, where the vectors have 256 bits, or layers are narrow. */
const PRODUCTS_PER_SECOND = { assembly: { most: 50e9, least: 2e9 }, plain: { most: 0.5e9, least: 0.1e9 } };
/** Of a sample's loss and bookkeeping. */
const SAMPLE_SECONDS = { least: 50e-9, most: 500e-9 };
/** The share of each core in a step that is surely worth a thread, even where barriers are slow. */
const CLEAR_SECONDS = 200e-6;
/** About the time of the measurement. */
const BRIEF_SECONDS = 20e-3;
/** A larger network, whose weights exceed a core's cache, is not measured: it would take longer than the measurement is worth. */
const MAX_WEIGHTS = 1_000_000;

/**
 * What needs no measurement: a run that is over sooner has one thread, and a step that surely takes long enough has all cores.
 * Undefined if the number must be measured.
 */
export function obviousThreads(job: Job): number | undefined {
  const { layers, batchSize, samples, epochs, density, cores, isPlain } = job;
  const sizes = layers.slice(1).map((outputs, l) => outputs * layers[l]!);
  // Half of the hidden units are assumed to be active.
  const products = sizes.reduce((sum, size, l) => sum + size * (l === 0 ? density : 0.5), 0);
  const rate = isPlain ? PRODUCTS_PER_SECOND.plain : PRODUCTS_PER_SECOND.assembly;
  if (samples * epochs * ((3 * products) / rate.least + SAMPLE_SECONDS.most) < BRIEF_SECONDS) return 1;
  // (Back-propagation has no part in the first layer.)
  const step = batchSize * ((2 * products) / rate.most + SAMPLE_SECONDS.least);
  const isLarge = step >= CLEAR_SECONDS * cores || sizes.reduce((sum, size) => sum + size, 0) > MAX_WEIGHTS;
  return isLarge ? cores : undefined;
}
