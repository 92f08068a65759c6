/** What the phases of a worker share. */
import { createKernel } from '../src/kernels/builds.js';
import { ForwardPass } from '../src/kernels/forward-pass.js';
import type { Kernel } from '../src/kernels/kernel.js';
import type { Memory } from '../src/memory/layout.js';
import { objectiveOf } from '../src/model/objectives/index.js';
import type { Criterion } from '../src/model/objectives/objective.js';
import { fixedCost, sampleWork } from '../src/parallel/shares.js';
import type { WorkerTask } from '../src/parallel/task.js';

export interface PhaseParts {
  readonly task: WorkerTask;
  readonly memory: Memory;
  readonly kernel: Kernel;
  readonly forwardPass: ForwardPass;
  readonly criterion: Criterion;
  /** Cost of a sample whose first layer is computed by sample. */
  readonly work: (sample: number) => number;
}

export function partsOf(task: WorkerTask, memory: Memory): PhaseParts {
  const kernel = createKernel(task.kernel, task.plan.activation, task.shared, memory, task.worker);
  return {
    ...{ task, memory, kernel },
    forwardPass: new ForwardPass(kernel, memory),
    criterion: objectiveOf(task.plan).criterion(memory),
    work: sampleWork(memory.rows, fixedCost(memory.layers)),
  };
}
