/**
 * Which class labels are probably wrong, from the mean probabilities p̄ that the network gave to the classes while it learned.
 *
 * The score of a sample with label y is s = ln p̄_j − ln p̄_y, for the most likely class j other than y: the suggested label. The
 * samples with label y and suggested label j are a group. tail-mixture.ts fits the distributions of the scores of right and wrong
 * labels in each group.
 *
 * docs/per-sample.md has the derivation, and the measurements that chose this: bench/audit.ts.
 */
import type { Memory } from '../../memory/layout.js';
import type { Plan } from '../../memory/plan.js';
import { AuditWord } from '../../model/objectives/audited.js';
import { ClassWord } from '../../model/objectives/softmax-cross-entropy.js';
import {
  type AuditedData,
  type AuditedLabel,
  meanNormOf,
  meanOf,
  type Ranking,
  rounded,
  supported,
} from './audited-sample.js';
import { groupsOf } from './pairs.js';
import { logOddsOf } from './tail-mixture.js';

/** A probability that float32 sums to 0. */
const LEAST = 1e-30;

export function rankedLabels(memory: Memory, plan: Plan, { rows, classNames }: AuditedData): Ranking<AuditedLabel> {
  const { trainSamples: n, auditWords, layers } = plan;
  const classes = layers.at(-1)!;
  const own = (word: number) => AuditWord.OWN + word;
  const labels = memory.rows.targets.subarray(0, n) as Uint32Array;
  const means = new Float64Array(n * classes);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < classes; j++) {
      means[i * classes + j] = meanOf(memory, i * auditWords, own(ClassWord.PROBABILITIES + j));
    }
  }
  const { logOdds, probabilities, suggested } = labelScores(means, labels, classes);
  const nameOf = (c: number) => classNames?.[c] ?? c;
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => logOdds[b]! - logOdds[a]! || a - b);
  return {
    order,
    sampleAt: (position) => {
      const i = order[position]!;
      const mean = (word: number) => rounded(meanOf(memory, i * auditWords, word));
      return {
        rank: position + 1,
        row: rows[i]!,
        label: nameOf(labels[i]!),
        suggested: nameOf(suggested[i]!),
        suspect: probabilities[i]! > 0.5,
        probability: rounded(probabilities[i]!),
        mean_loss: mean(AuditWord.LOSS),
        aum: mean(own(ClassWord.MARGIN)),
        el2n: mean(own(ClassWord.EL2N)),
        grad_norm: rounded(meanNormOf(memory, i * auditWords)),
        forgotten: Math.floor(memory.audit[i * auditWords + own(ClassWord.FORGOTTEN)]! / 2),
      };
    },
  };
}

export interface LabelScores {
  /** (samples) ln of P(wrong) / P(right) of the label. */
  readonly logOdds: Float64Array;
  /** (samples) P(wrong) */
  readonly probabilities: Float64Array;
  /** (samples) The most likely class other than the label. */
  readonly suggested: Uint32Array;
}

/**
 * @param means   (samples, classes) p̄
 * @param labels  (samples)
 */
export function labelScores(means: Float64Array, labels: ArrayLike<number>, classes: number): LabelScores {
  const n = labels.length;
  const logs = means.map((mean) => Math.log(Math.max(mean, LEAST)));
  const scores = new Float64Array(n);
  const suggested = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    const at = i * classes;
    const y = labels[i]!;
    let largest = -1;
    for (let j = 0; j < classes; j++) {
      const mean = means[at + j]!;
      if (j === y || mean <= largest) continue;
      largest = mean;
      suggested[i] = j;
    }
    scores[i] = logs[at + suggested[i]!]! - logs[at + y]!;
  }
  const logOdds = logOddsOf({ scores, ...groupsOf(logs, labels, suggested, scores) });
  return { logOdds, probabilities: logOdds.map((odds) => supported(1 / (1 + Math.exp(-odds)), n)), suggested };
}
