/** The default number of threads: as many as make a step faster, by a measurement of some milliseconds. */
import type { Config } from '../config/options.js';
import type { KernelChoice } from '../kernels/builds.js';
import type { Plan } from '../memory/plan.js';
import { BarrierTrial } from '../parallel/barrier-trial.js';
import { isClearlySmall, mayBeSmall, type ThreadChoice, threadsThatPay } from '../parallel/thread-choice.js';
import type { UsedSamples } from './run-memory.js';
import { timeStep } from './step-trial.js';

export interface ChosenThreads {
  readonly threads: number;
  readonly choice: ThreadChoice;
  /** As one thread would run it. */
  readonly kernel: KernelChoice;
}

/**
 * @param config   whose threads are as many as there are cores
 * @param shape    the run's network and batch
 * @param density  of the first layer's inputs
 * @param build    the kernel
 * @param formFor  the form of the kernel for a configuration
 * @returns undefined if a step is long enough for all cores without a measurement
 */
export async function chooseThreads(
  config: Config,
  used: UsedSamples,
  shape: Pick<Plan, 'layers' | 'batchSize'>,
  density: number,
  build: KernelChoice,
  formFor: (config: Config) => KernelChoice,
): Promise<ChosenThreads | undefined> {
  const cores = config.threads;
  if (cores === 1 || !mayBeSmall(shape, density, { cores, isPlain: build.module === undefined })) return undefined;
  // Its thread starts while this one is busy.
  using trial = new BarrierTrial();
  const kernel = formFor({ ...config, threads: 1 });
  const stepSeconds = timeStep(config, kernel, used);
  const barrierSeconds = isClearlySmall(stepSeconds) ? undefined : await trial.measure();
  const choice = { cores, stepSeconds, barrierSeconds };
  return { threads: threadsThatPay(choice), choice, kernel };
}
