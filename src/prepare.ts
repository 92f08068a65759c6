/** From options to a run that is ready to start: samples and initial parameters in shared memory. */
import { type Dataset, loadDataset } from './data/dataset.js';
import { countNonzeros, writeRows } from './data/sparse-rows.js';
import { errors } from './errors.js';
import { chooseKernel, type KernelChoice } from './kernels/select.js';
import {
  bytesNeeded,
  createSharedMemory,
  layOut,
  MEMORY_LIMIT_BYTES,
  type Memory,
  type Plan,
} from './memory/layout.js';
import { drawInitialValues } from './model/initial-values.js';
import type { Config } from './options.js';

export interface Run {
  readonly config: Config;
  readonly kernel: KernelChoice;
  readonly plan: Plan;
  readonly shared: WebAssembly.Memory;
  readonly memory: Memory;
  readonly dataset: {
    readonly name: string;
    readonly inputs: number;
    readonly classes: number;
    /** Fraction of the training samples' inputs that are not zero. */
    readonly density: number;
  };
}

/**
 * @throws LockstepError if the data cannot be used, or the options do not fit them or this machine
 */
export async function prepare(config: Config): Promise<Run> {
  const kernel = chooseKernel(config.kernel);
  const dataset = await loadDataset(config.data);
  const { name, inputs, classes, train, test } = dataset;
  const { limit = train.count, batchSize } = config;
  if (limit > train.count) throw errors.limitBeyondData(limit, train.count);
  if (batchSize > limit) throw errors.batchBeyondData(batchSize, limit);

  const { plan, density } = planOf(config, kernel, dataset);
  const { denseInputs } = plan;
  const shared = allocate(plan);
  const memory = layOut(plan, shared);
  writeRows(train, limit, inputs, memory.rows, 0, denseInputs);
  writeRows(test, test.count, inputs, memory.rows, limit, denseInputs);
  drawInitialValues(memory.layers, config.seed);

  return { config, kernel, plan, shared, memory, dataset: { name, inputs, classes, density } };
}

/** What the run's memory is to hold, and the density of its training samples. */
export function planOf(
  { limit, batchSize, threads, hidden, strategy }: Config,
  kernel: KernelChoice,
  { inputs, classes, train, test }: Dataset,
): { readonly plan: Plan; readonly density: number } {
  const trainSamples = limit ?? train.count;
  const nonzeros = countNonzeros(train, trainSamples, inputs);
  const density = nonzeros / (trainSamples * inputs);
  const denseInputs = density >= kernel.denseFrom;
  const plan: Plan = {
    layers: [inputs, ...hidden, classes],
    trainSamples,
    testSamples: test.count,
    storedInputs: denseInputs
      ? (trainSamples + test.count) * inputs
      : nonzeros + countNonzeros(test, test.count, inputs),
    denseInputs,
    batchSize,
    threads,
    gradientBuffers: strategy === 'dense',
    ...kernel.needs,
  };
  return { plan, density };
}

function allocate(plan: Plan): WebAssembly.Memory {
  const bytes = bytesNeeded(plan);
  if (bytes > MEMORY_LIMIT_BYTES) throw errors.tooMuchMemory(bytes, MEMORY_LIMIT_BYTES);
  try {
    return createSharedMemory(bytes);
  } catch (error) {
    throw errors.memory(bytes, error);
  }
}
