/** The default number of threads: as many as make a step faster, by a measurement of some milliseconds. */
import type { Config } from '../config/options.js';
import type { KernelChoice } from '../kernels/builds.js';
import { BarrierTrial } from '../parallel/barrier-trial.js';
import {
  isClearlySmall,
  type Job,
  obviousThreads,
  type ThreadChoice,
  threadsThatPay,
} from '../parallel/thread-choice.js';
import type { UsedSamples } from './run-memory.js';
import { timeStep } from './step-trial.js';

export interface ChosenThreads {
  readonly threads: number;
  /** If it was measured: the figures, and the kernel's form for one thread. */
  readonly measured?: { readonly choice: ThreadChoice; readonly kernel: KernelChoice };
}

/**
 * @param config   whose threads are as many as there are cores
 * @param job      the run's network and batch
 * @param formFor  the form of the kernel for a configuration
 */
export async function chooseThreads(
  config: Config,
  used: UsedSamples,
  job: Job,
  formFor: (config: Config) => KernelChoice,
): Promise<ChosenThreads> {
  const threads = job.cores === 1 ? 1 : obviousThreads(job);
  if (threads !== undefined) return { threads };
  // Its thread starts while this one is busy.
  using trial = new BarrierTrial();
  const kernel = formFor({ ...config, threads: 1 });
  const stepSeconds = timeStep(config, kernel, used);
  const barrierSeconds = isClearlySmall(stepSeconds) ? undefined : await trial.measure();
  const choice = { cores: job.cores, stepSeconds, barrierSeconds };
  return { threads: threadsThatPay(choice), measured: { choice, kernel } };
}
