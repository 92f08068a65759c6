/** Strategy `dense`: the step that the coordinator makes while the workers wait. */
import { createKernel } from '../kernels/builds.js';
import { allPanels } from '../kernels/forward-pass.js';
import { type Memory, recordIndex } from '../memory/layout.js';
import { stepsPerEpoch } from '../memory/plan.js';
import { batchWeight } from '../model/objectives/weighted.js';
import { limitNorms } from '../optim/max-norm.js';
import {
  gradientNorm,
  isPlainSgd,
  needsOf,
  Optimizer,
  type StepPosition,
  squaredGradientNorm,
} from '../optim/optimizer.js';
import { sgdUpdate } from '../optim/sgd.js';
import type { WorkerTask } from './task.js';

type Job = Pick<WorkerTask, 'plan' | 'shared' | 'kernel' | 'optimizer' | 'epochs' | 'start' | 'stepsDone'>;

/** @returns adds the gradient buffers of the workers and applies the step: to be called once for each step, in their order */
export function gradientsApplier(job: Job, memory: Memory): () => void {
  const { plan, shared, kernel, optimizer: options, start, stepsDone } = job;
  const { layers, epochs } = memory;
  const perEpoch = stepsPerEpoch(plan);
  const own = createKernel(kernel, plan.activation, shared, memory, 0);
  const optimizer = new Optimizer(options, job.epochs, perEpoch, memory.plateau);
  const needs = needsOf(options, plan.keepsGradientNorms);
  const rowsOf = (l: number) => ({ from: 0, to: layers[l]!.inputs + 1 });
  let steps = 0;

  const reduceAndUpdate = (position: StepPosition) => {
    for (const l of layers.keys()) {
      own.sumGradients(l);
      if (needs.norm) own.squareRows(l, rowsOf(l));
    }
    if (plan.keepsGradientNorms) {
      const { gradients } = epochs[recordIndex(1 + Math.floor(position.index / perEpoch))];
      gradients.ofBatches.set(layers.map(squaredGradientNorm), (position.index % perEpoch) * layers.length);
    }
    const update = isPlainSgd(options)
      ? sgdUpdate({ scale: 1, weightDecay: 0, rate: optimizer.plainRate(position) })
      : optimizer.update(position, gradientNorm(layers));
    for (const [l, layer] of layers.entries()) own.update(l, rowsOf(l), allPanels(layer), update);
  };
  const limitAll = (stepsDone: number) => {
    const { maxNorm } = options;
    if (maxNorm === undefined) return;
    const average = optimizer.average(stepsDone);
    for (const [l, layer] of layers.entries()) limitNorms(own, l, layer, allPanels(layer), maxNorm, average);
  };

  return () => {
    const index = start.epochs * perEpoch + start.stepsInEpoch + steps;
    const first = (index % perEpoch) * plan.batchSize;
    const { order } = epochs[recordIndex(1 + Math.floor(index / perEpoch))];
    const count = Math.min(plan.batchSize, plan.trainSamples - first);
    const position = { stepsDone: stepsDone + steps, index, batch: batchWeight(memory, plan, order, first, count) };
    steps++;
    if (needs.gradient) reduceAndUpdate(position);
    else {
      const rate = optimizer.plainRate(position);
      for (const l of layers.keys()) own.applyGradients(l, rate);
    }
    limitAll(position.stepsDone);
  };
}
