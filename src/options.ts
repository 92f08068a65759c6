/** A run's options: their defaults, which are the reference's run, and what each may be. */
import { availableParallelism } from 'node:os';
import { errors } from './errors.js';
import { KERNEL_NAMES, type KernelName } from './kernels/kernel.js';
import { REDUCTIONS, type Reduction, STRATEGIES, type Strategy } from './model/step.js';

export interface TrainOptions {
  /** Worker threads, 1 to 1,024. @default the cores available */
  readonly threads?: number;
  /** `mnist`, `fashion-mnist`, or a folder of IDX files, gzipped or not. @default 'mnist' */
  readonly data?: string;
  /** Widths of the hidden layers, input to output; empty for softmax regression. @default [1000] */
  readonly hidden?: readonly number[];
  /** 0 evaluates the initial weights. @default 100 */
  readonly epochs?: number;
  /** Samples a minibatch; the last of an epoch may be smaller. @default 100 */
  readonly batchSize?: number;
  /** Learning rate. @default 0.001 */
  readonly lr?: number;
  /** The batch's gradient: the sum over its samples, or their mean. @default 'sum' */
  readonly reduction?: Reduction;
  /** How gradients are reduced: see docs/design.md. @default 'sliced' */
  readonly strategy?: Strategy;
  /** Of the initial values and of the order, 0 to 2^53 − 1. @default 1 */
  readonly seed?: number;
  /** Train on the first so many samples only. @default all */
  readonly limit?: number | undefined;
  /** @default 'auto', the fastest that this machine can run */
  readonly kernel?: KernelName | 'auto';
  /** A `step` event every so many steps. @default none */
  readonly logEvery?: number | undefined;
}

export const MAX_THREADS = 1024;
const MAX_WIDTH = 2 ** 24;
const MAX_COUNT = 2 ** 31 - 1;

/** Every option, checked. */
export interface Config {
  readonly threads: number;
  readonly data: string;
  readonly hidden: readonly number[];
  readonly epochs: number;
  readonly batchSize: number;
  readonly lr: number;
  readonly reduction: Reduction;
  readonly strategy: Strategy;
  readonly seed: number;
  readonly limit: number | undefined;
  readonly kernel: KernelName | 'auto';
  readonly logEvery: number | undefined;
}

/** An option that a program gives may be anything, whatever its type says. */
type Given = { readonly [name in keyof TrainOptions]?: unknown };

/**
 * @throws LockstepError (status 2) that names the first option out of range
 */
export function resolveOptions(options: Given): Config {
  const { threads = Math.min(availableParallelism(), MAX_THREADS), data = 'mnist', hidden = [1000] } = options;
  const { epochs = 100, batchSize = 100, lr = 0.001, reduction = 'sum', strategy = 'sliced' } = options;
  const { seed = 1, limit, kernel = 'auto', logEvery } = options;
  return {
    threads: whole('threads', threads, 1, MAX_THREADS),
    data: folder('data', data),
    hidden: widths('hidden', hidden),
    epochs: whole('epochs', epochs, 0, MAX_COUNT),
    batchSize: whole('batch-size', batchSize, 1, MAX_COUNT),
    lr: rate('lr', lr),
    reduction: oneOf('reduction', reduction, REDUCTIONS),
    strategy: oneOf('strategy', strategy, STRATEGIES),
    seed: whole('seed', seed, 0, Number.MAX_SAFE_INTEGER),
    limit: limit === undefined ? undefined : whole('limit', limit, 1, MAX_COUNT),
    kernel: oneOf('kernel', kernel, ['auto', ...KERNEL_NAMES]),
    logEvery: logEvery === undefined ? undefined : whole('log-every', logEvery, 1, MAX_COUNT),
  };
}

function whole(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw errors.option(name, value, `a whole number from ${least} to ${most.toLocaleString('en-US')}`);
}

/** The step is computed in float32, where a rate beyond its range would be 0 or infinite. */
function rate(name: string, value: unknown): number {
  const isPositive = typeof value === 'number' && value > 0 && Number.isFinite(value);
  if (!isPositive) throw errors.option(name, value, 'a finite number above 0');
  const single = Math.fround(value);
  if (single > 0 && Number.isFinite(single)) return value;
  throw errors.option(name, value, 'a number from 1e-45 to 3.4e38, the range of float32');
}

function widths(name: string, value: unknown): readonly number[] {
  const isWidth = (width: unknown) => Number.isInteger(width) && Number(width) >= 1 && Number(width) <= MAX_WIDTH;
  // A copy: it is the program's array; and one without holes, which `every` would pass over.
  const copy: unknown[] | undefined = Array.isArray(value) ? [...value] : undefined;
  if (copy?.every(isWidth)) return copy as number[];
  const most = MAX_WIDTH.toLocaleString('en-US');
  throw errors.option(name, value, `widths from 1 to ${most} with commas between, such as 1000 or 512,256, or none`);
}

function folder(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw errors.option(name, value, 'mnist, fashion-mnist or a folder of IDX files');
}

function oneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  throw errors.option(name, value, `one of ${allowed.join(', ')}`);
}
