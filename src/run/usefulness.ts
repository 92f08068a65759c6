/** Whether a trained network is better than a constant answer. */
import { shown } from '../errors.js';
import { recordIndex } from '../memory/layout.js';
import type { EpochMetrics } from '../metrics/run-state.js';
import { SPLITS, type Split } from '../metrics/sums.js';
import { grouped } from '../text/grouped.js';
import type { Run } from './prepare.js';

/** A difference of fewer standard errors may be chance. */
const STANDARD_ERRORS = 2;

/**
 * A warning if it is not: on the test samples, else on the validation samples, else on the training samples. Only for tables, for
 * regression, and for private runs, which look only at test samples.
 *
 * @param metrics  of the epoch whose weights are kept
 * @param epoch    that epoch, if its record is in memory
 */
export function doubtAboutUse(run: Run, metrics: EpochMetrics, epoch: number | undefined): string | undefined {
  const { table, targets } = run.dataset;
  const split = SPLITS.findLast((each) => metrics[`${each}_loss`] !== undefined);
  if (split === undefined || (!table && targets.length === 0 && !run.privacy)) return undefined;
  const name = split === 'train' ? 'training' : split;
  if (targets.length > 0) {
    const r2 = metrics[`${split}_r2`];
    if (r2 == null || r2 > 0) return undefined;
    return `the network has learned nothing useful: the ${name} R² is ${r2.toPrecision(3)}, no better than always predicting the mean; try ${adviceFor(run)}`;
  }
  const { classWeights } = run.plan.facts;
  const weights = weightsOf(run, split, classWeights);
  const { error: least, label, squares: ofLeast } = mostFrequent(run, split, weights);
  const error = classWeights ? weightedError(run, split, weights, epoch) : metrics[`${split}_error`];
  if (error === undefined || least === 0) return undefined;
  const [all, squares] = sumsOf(weights);
  const noise = Math.sqrt(ofLeast + error * squares) / all;
  const isClear = error <= least / 2 || least - error > STANDARD_ERRORS * noise;
  if (isClear) return undefined;
  const percent = (fraction: number) => `${(100 * fraction).toPrecision(3)} %`;
  const found = `the ${name} error${classWeights ? ', weighted by class,' : ''} is ${percent(error)}`;
  const constant = `always predicting the most frequent class (${shown(table?.classNames[label] ?? label)})`;
  const advice = `try ${classWeights || run.privacy ? '' : '--class-weights balanced, '}${adviceFor(run)}`;
  if (error >= least)
    return `the network has learned nothing useful: ${found}, and ${constant} gives ${percent(least)}; ${advice}`;
  const samples = `${grouped(weights.length)} ${name} ${weights.length === 1 ? 'sample' : 'samples'}`;
  return `the network may have learned nothing useful: ${found}, and ${constant} gives ${percent(least)}; with ${samples}, the difference may be chance; ${advice}`;
}

function adviceFor({ config: { scale }, privacy }: Run): string {
  if (privacy) return 'another --lr, a larger --batch-size, more --epochs or less noise';
  return scale === 'none' ? '--scale standard, another --lr or more --epochs' : 'another --lr or more --epochs';
}

function rangeOf({ plan }: Run, split: Split): { readonly from: number; readonly to: number } {
  const { trainSamples, validationSamples, testSamples } = plan;
  if (split === 'train') return { from: 0, to: trainSamples };
  const from = trainSamples + (split === 'test' ? validationSamples : 0);
  return { from, to: from + (split === 'test' ? testSamples : validationSamples) };
}

/** (samples of the split) */
function weightsOf(run: Run, split: Split, classWeights: readonly number[] | undefined): Float64Array {
  const { from, to } = rangeOf(run, split);
  const { weights, targets } = run.memory.rows;
  return Float64Array.from({ length: to - from }, (_, i) => {
    return (weights[from + i] ?? 1) * (classWeights?.[targets[from + i]!] ?? 1);
  });
}

/** The class with the largest weight; the error of always predicting it, and the sum of the squares of these errors' weights. */
function mostFrequent(run: Run, split: Split, weights: Float64Array) {
  const { from } = rangeOf(run, split);
  const { targets } = run.memory.rows;
  const sums = new Float64Array(run.dataset.classes);
  for (const [i, weight] of weights.entries()) sums[targets[from + i]!]! += weight;
  const label = sums.indexOf(sums.reduce((a, b) => Math.max(a, b), 0));
  const others = weights.filter((_, i) => targets[from + i] !== label);
  const [all] = sumsOf(weights);
  const [wrong, squares] = sumsOf(others);
  return { label, error: all === 0 ? 0 : wrong / all, squares };
}

function sumsOf(weights: Float64Array): readonly [sum: number, squares: number] {
  return [weights.reduce((sum, each) => sum + each, 0), weights.reduce((sum, each) => sum + each * each, 0)];
}

function weightedError({ memory, plan }: Run, split: Split, weights: Float64Array, epoch: number | undefined) {
  if (epoch === undefined) return undefined;
  const { training, heldOut, order } = memory.epochs[recordIndex(epoch)];
  const first = split === 'test' ? plan.validationSamples : 0;
  let [wrong, all] = [0, 0];
  for (let i = 0; i < weights.length; i++) {
    const weight = split === 'train' ? weights[order[i]!]! : weights[i]!;
    wrong += weight * (split === 'train' ? training : heldOut).incorrect![first + i]!;
    all += weight;
  }
  return all === 0 ? undefined : wrong / all;
}
