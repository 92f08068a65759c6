/**
 * What is done with single samples: between back-propagation, which leaves δ of all layers, and the reduction, which sums the
 * gradients of the batch. By the worker that has computed the samples, block by block, so that δ is still in its cache.
 */
import type { Kernel } from '../src/kernels/kernel.js';
import type { LayerMemory } from '../src/memory/layer-memory.js';
import type { Memory } from '../src/memory/layout.js';
import { AuditWord, addToAudit, VISITS_PER_NORM } from '../src/model/objectives/audited.js';
import { hasWeights, trainingWeight } from '../src/model/objectives/weighted.js';
import { squaredNorm, squaredSampleNorm } from '../src/model/sample-norms.js';
import type { PrivateTask, WorkerTask } from '../src/parallel/task.js';
import { SUBNORMAL_MARGIN } from '../src/privacy/mechanism.js';
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
  const { needsSampleNorms, keepsGradientNorms, scalesSamples, auditWords } = plan;
  // An audit alone does not need them in each epoch.
  const isOfAudit = auditWords > 0 && !keepsGradientNorms && !scalesSamples;
  return [
    ...(needsSampleNorms && !isOfAudit ? [norms(parts)] : []),
    ...(keepsGradientNorms ? [keptNorms(parts)] : []),
    ...(auditWords > 0 ? [auditedNorms(parts, isOfAudit)] : []),
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

/**
 * Adds them to the audit on some visits of each sample, without the samples' weights. The gradient of a sample of weight 0 is 0.
 *
 * @param computes  whether they have not been computed yet
 */
function auditedNorms(parts: SampleParts, computes: boolean): SampleWork {
  const { memory, task } = parts;
  const { auditWords, facts } = task.plan;
  const { audit, layers, rows } = memory;
  const isWeighted = hasWeights(facts);
  const compute = norms(parts);
  return (batch, from, to) => {
    const { order } = batch.record;
    let isComputed = !computes;
    for (let slot = from; slot < to; slot++) {
      const sample = order[batch.first + slot]!;
      const at = sample * auditWords;
      // (Whole numbers: a remainder of fractions takes ten times as long.)
      if ((Math.trunc(audit[at + AuditWord.VISITS]!) - 1) % VISITS_PER_NORM !== 0) continue;
      if (!isComputed) compute(batch, from, to);
      isComputed = true;
      const weight = isWeighted ? trainingWeight(rows, facts, sample) || 1 : 1;
      addToAudit(audit, at + AuditWord.GRAD_NORM, Math.sqrt(squaredSampleNorm(layers, slot)) / weight);
    }
  };
}

/**
 * Scales gradients down to the threshold. A gradient becomes zero if it is not finite, or if its scaled δ is too small for float32 to
 * hold it to the precision that the threshold assumes.
 */
function clip({ memory, kernel }: SampleParts, { mechanism: { threshold } }: PrivateTask): SampleWork {
  const { layers, sampleFactors } = memory;
  return (_, from, to) => {
    for (let slot = from; slot < to; slot++) {
      const norm = Math.sqrt(squaredSampleNorm(layers, slot));
      const isClipped = norm > threshold;
      const isPrecise = !isClipped || subnormalError(layers, slot) <= SUBNORMAL_MARGIN * threshold;
      if (!Number.isFinite(norm) || !isPrecise) silence(layers, slot);
      sampleFactors[slot] = isClipped ? threshold / norm : 1;
    }
    for (const l of layers.keys()) kernel.scaleSamples(l, from, to);
  };
}

/** Scaled entries of δ that are subnormal in float32 are rounded by up to 2^−150 each. What this adds to the gradient's norm, at most. */
function subnormalError(layers: readonly LayerMemory[], slot: number): number {
  let sum = 0;
  for (const { inputSquares, outputs } of layers) sum += (inputSquares[slot]! + 1) * outputs;
  return 2 ** -150 * Math.sqrt(sum);
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
