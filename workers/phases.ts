/**
 * A worker's part of each phase. Nothing here waits or communicates: step.ts says which phase of a step comes when, and worker.ts when
 * samples are evaluated.
 */
import type { Memory } from '../src/memory/layout.js';
import type { WorkerTask } from '../src/parallel/task.js';
import { Evaluation } from './evaluation.js';
import { partsOf } from './phase-parts.js';
import { SamplePhases } from './sample-phases.js';
import { WeightPhases } from './weight-phases.js';

export class Phases {
  readonly samples: SamplePhases;
  readonly weights: WeightPhases;
  readonly evaluation: Evaluation;

  constructor(task: WorkerTask, memory: Memory) {
    const parts = partsOf(task, memory);
    this.samples = new SamplePhases(parts);
    this.weights = new WeightPhases(parts);
    this.evaluation = new Evaluation(parts);
  }
}
