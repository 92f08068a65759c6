/** What an audit says about a training sample. */
import type { Memory } from '../../memory/layout.js';
import { AuditWord, VISITS_PER_NORM } from '../../model/objectives/audited.js';

/** What the sums do not say about the samples. */
export interface AuditedData {
  /** (training samples) The number of each: of a row as in messages, of an image from 0. */
  readonly rows: Uint32Array;
  /** Undefined: the classes are numbers. */
  readonly classNames: readonly (string | number)[] | undefined;
  /** Names of the regression targets; empty for classes. */
  readonly targets: readonly string[];
}

/** A training sample. Means are over the epochs, each before that epoch's step, and do not count the sample's weight. */
interface Audited {
  /** From 1, the most doubtful first. */
  readonly rank: number;
  /** Number of the row as in messages; of an image, from 0. */
  readonly row: number;
  /** Whether its label is more likely wrong than right. */
  readonly suspect: boolean;
  /** Estimate that the label is wrong. */
  readonly probability: number;
  readonly mean_loss: number;
  /** Mean norm of the gradient of the loss, over the first epoch and each tenth from there. */
  readonly grad_norm: number;
}

export interface AuditedLabel extends Audited {
  readonly label: string | number;
  /** The most likely class other than the label. */
  readonly suggested: string | number;
  /** Mean difference between the label's logit and the largest other one (area under the margin). */
  readonly aum: number;
  /** Mean Euclidean norm of the difference between the predicted probabilities and the label. */
  readonly el2n: number;
  /** How often the predicted class changed from right to wrong from one epoch to the next. */
  readonly forgotten: number;
}

export interface AuditedNumber extends Audited {
  /** The target that is most doubtful. */
  readonly column: string;
  /** Its number in the data. */
  readonly target: number;
  /** Mean of the network's estimates. */
  readonly suggested: number;
  /** target − suggested */
  readonly residual: number;
}

export type AuditedSample = AuditedLabel | AuditedNumber;

/** The order of the samples. A sample is described when it is asked for: there may be millions. */
export interface Ranking<Sample extends AuditedSample = AuditedSample> {
  /** (samples) Their positions in memory, the most doubtful first. */
  readonly order: Uint32Array;
  /** @param position  in this order, from 0 */
  readonly sampleAt: (position: number) => Sample;
}

/** Significant digits of the scores: float32 has no more. */
const DIGITS = 6;

export function rounded(score: number): number {
  return Number(score.toPrecision(DIGITS));
}

/** A probability that n samples can support: as if there were one more, half right and half wrong. At least 0.5 / (n + 1). */
export function supported(probability: number, n: number): number {
  return (n * probability + 0.5) / (n + 1);
}

/** Mean norm of the gradient, over the visits on which it was added. */
export function meanNormOf({ audit }: Memory, at: number): number {
  return audit[at + AuditWord.GRAD_NORM]! / Math.ceil(audit[at + AuditWord.VISITS]! / VISITS_PER_NORM);
}

/** Mean of a sum in the record of a sample. */
export function meanOf({ audit }: Memory, at: number, word: number): number {
  return audit[at + word]! / audit[at + AuditWord.VISITS]!;
}
