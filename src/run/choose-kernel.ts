/** The form of the kernel and the number of threads, as far as the options leave them open. */
import type { CheckedOptions, Config } from '../config/options.js';
import { inTurns } from '../data/table/steps.js';
import type { KernelChoice } from '../kernels/builds.js';
import { fastestForm, formInSteps, type VectorBits } from '../kernels/forms.js';
import { heldOutSamples, type Plan } from '../memory/plan.js';
import type { Job, ThreadChoice } from '../parallel/thread-choice.js';
import { chooseThreads } from './choose-threads.js';
import { densityOf, nonzerosOf, planOf, type UsedSamples } from './run-memory.js';

export interface ChosenKernel {
  /** With the number of threads. */
  readonly config: Config;
  readonly kernel: KernelChoice;
  readonly plan: Plan;
  /** Fraction of the training samples' inputs that are not zero. */
  readonly density: number;
  /** If the number of threads was measured. */
  readonly threadChoice: ThreadChoice | undefined;
}

export interface KernelFacts {
  readonly given: CheckedOptions;
  readonly build: KernelChoice;
  readonly isResumed: boolean;
  /** Under MPI. */
  readonly ranks: number | undefined;
  /** Under MPI: what all ranks can run. */
  readonly agreedBits: VectorBits | undefined;
  /** The most threads of a run that chooses their number itself; undefined: as many as there are cores. */
  readonly cores: number | undefined;
  readonly signal: AbortSignal | undefined;
}

export async function chooseKernelFor(
  resolved: Config,
  used: UsedSamples,
  { given, build, isResumed, ranks, agreedBits, cores, signal }: KernelFacts,
): Promise<ChosenKernel> {
  // With strategy `dense` the weights depend on the number of threads.
  const isLimited = cores !== undefined && given.threads === undefined && resolved.strategy === 'sliced';
  const asked = isLimited ? { ...resolved, threads: Math.min(resolved.threads, cores) } : resolved;
  const nonzeros = await inTurns(nonzerosOf(used), signal);
  const density = densityOf(used, nonzeros);
  // Noise leaves hardly a zero.
  const ofRows = asked.inputNoise > 0 ? 1 : density;
  const planFor = (config: Config, choice: KernelChoice) => planOf(config, choice, used, nonzeros, ranks);
  const formGiven = (config: Config, vectorBits = agreedBits ?? config.vectorBits) =>
    [build, vectorBits, ofRows, (choice: KernelChoice) => planFor(config, choice)] as const;
  // (A measurement would depend on private samples.)
  const mayMeasure = !isResumed && ranks === undefined && !asked.private && asked.strategy === 'sliced';
  const isChosen = given.threads === undefined && mayMeasure && asked.epochs > 0;
  const job = jobOf(asked, planFor(asked, build), ofRows, build);
  const { threads, measured } = isChosen
    ? await chooseThreads(asked, used, job, (config) => fastestForm(...formGiven(config)))
    : { ...asked, measured: undefined };
  const config = { ...asked, threads };
  const kernel =
    measured && threads === 1
      ? measured.kernel
      : await inTurns(formInSteps(...formGiven(config, measured && `${measured.kernel.vectorBits}`)), signal);
  return { config, kernel, plan: planFor(config, kernel), density, threadChoice: measured?.choice };
}

/** What decides about the number of threads. */
function jobOf({ epochs, threads: cores }: Config, plan: Plan, density: number, { module }: KernelChoice): Job {
  const { layers, batchSize, trainSamples } = plan;
  const samples = trainSamples + heldOutSamples(plan);
  return { layers, batchSize, samples, epochs, density, cores, isPlain: module === undefined };
}
