/**
 * What is done with single samples: between back-propagation, which leaves δ of all layers, and the reduction, which sums the
 * gradients of the batch. By the worker that has computed the samples, block by block, so that δ is still in its cache.
 */
import type { Kernel } from '../src/kernels/kernel.js';
import type { LayerMemory, Memory } from '../src/memory/layout.js';
import { AuditWord, addToAudit } from '../src/model/objectives/audited.js';
import { hasWeights, trainingWeight } from '../src/model/objectives/weighted.js';
import { squaredNorm, squaredSampleNorm } from '../src/model/sample-norms.js';
import type { PrivateTask, WorkerTask } from '../src/parallel/task.js';
import type { Batch } from './batch.js';

/** Works on the samples in the slots [from, to) of the batch. Writes nothing that other slots or workers use. */
export type SampleWork = (batch: Batch, from: number, to: number) => void;

/** What the work is made of. */
export interface SampleParts {
  readonly task: WorkerTask;
  readonly memory: Memory;
  readonly kernel: Kernel;
}

/** In this order: what measures gradients comes before what changes them. Empty if no sample is looked at. */
export function workOnSamples(parts: SampleParts): readonly SampleWork[] {
  const { plan, privacy } = parts.task;
  return [
    ...(plan.needsSampleNorms ? [norms(parts)] : []),
    ...(plan.keepsGradientNorms ? [keptNorms(parts)] : []),
    ...(plan.auditWords > 0 ? [auditedNorms(parts)] : []),
    ...(privacy ? [clip(parts, privacy)] : []),
  ];
}

/** Afterwards model/sample-norms.ts has the norms of the samples' gradients, by slot. */
function norms({ memory, kernel }: SampleParts): SampleWork {
  return (_, from, to) => {
    for (const l of memory.layers.keys()) kernel.squareSamples(l, from, to);
  };
}

/** Keeps them by position, for metrics/gradient-noise.ts. */
function keptNorms({ memory }: SampleParts): SampleWork {
  return ({ record, first }, from, to) => {
    for (const [l, layer] of memory.layers.entries()) {
      const kept = record.gradients.ofSamples[l]!;
      for (let slot = from; slot < to; slot++) kept[first + slot] = squaredNorm(layer, slot);
    }
  };
}

/** Adds them to the audit, without the weights of the samples. The gradient of a sample of weight 0 is 0. */
function auditedNorms({ memory, task }: SampleParts): SampleWork {
  const { auditWords, facts } = task.plan;
  const isWeighted = hasWeights(facts);
  return ({ record, first }, from, to) => {
    for (let slot = from; slot < to; slot++) {
      const sample = record.order[first + slot]!;
      const weight = isWeighted ? trainingWeight(memory.rows, facts, sample) || 1 : 1;
      const norm = Math.sqrt(squaredSampleNorm(memory.layers, slot)) / weight;
      addToAudit(memory.audit, sample * auditWords + AuditWord.GRAD_NORM, norm);
    }
  };
}

/** Scales gradients down to the threshold. A gradient that is not finite becomes zero. */
function clip({ memory, kernel }: SampleParts, { mechanism: { threshold } }: PrivateTask): SampleWork {
  const { layers, sampleFactors } = memory;
  return (_, from, to) => {
    for (let slot = from; slot < to; slot++) {
      const norm = Math.sqrt(squaredSampleNorm(layers, slot));
      if (!Number.isFinite(norm)) silence(layers, slot);
      sampleFactors[slot] = norm > threshold ? threshold / norm : 1;
    }
    for (const l of layers.keys()) kernel.scaleSamples(l, from, to);
  };
}

/** A sample whose gradient is zero, although its outputs or activations are not finite. */
function silence(layers: readonly LayerMemory[], slot: number): void {
  for (const [l, { panels, inputRows }] of layers.entries()) {
    for (const { width, delta } of panels) delta.fill(0, slot * width, (slot + 1) * width);
    // (The first layer's inputs are the sample itself, which is finite.)
    if (l === 0) continue;
    const { form, starts, lengths, value } = inputRows;
    if (form === 'sparse') lengths[slot] = 0;
    else value.fill(0, starts[slot]!, starts[slot]! + lengths[slot]!);
  }
}
