/**
 * What an audit keeps of each training sample: sums over its visits, one visit an epoch. A record of `plan.auditWords` float32:
 *
 *   [visits, Σ loss, Σ norm of the gradient on the first visit and each tenth from there, …the objective's own sums]
 *
 * A sample is computed by one thread at a time, once an epoch, so the sums do not depend on the threads. Losses and gradients
 * count without the sample's weight. docs/per-sample.md
 */
import type { Scores } from '../../memory/epoch-record.js';
import type { Memory } from '../../memory/layout.js';
import type { Criterion, Objective } from './objective.js';

/** Offsets in a record. */
export const AuditWord = { VISITS: 0, LOSS: 1, GRAD_NORM: 2, OWN: 3 } as const;

export function auditWordsOf(objective: Objective, outputs: number): number {
  return AuditWord.OWN + objective.auditWords(outputs);
}

/** Computing the norm of the gradient on every visit would take several percent of an epoch. */
export const VISITS_PER_NORM = 10;

/** Sums must stay finite in float32, whatever the number of epochs. */
const LARGEST = 1e28;

export function addToAudit(audit: Float32Array, at: number, value: number): void {
  audit[at]! += Math.max(-LARGEST, Math.min(value, LARGEST));
}

/** The criterion, which adds each sample that it differentiates to the audit's sums. All but the norm of its gradient. */
export class Audited implements Criterion {
  readonly #criterion: Criterion;
  readonly #audit: Float32Array;
  readonly #words: number;

  constructor(criterion: Criterion, { audit }: Memory, words: number) {
    this.#criterion = criterion;
    this.#audit = audit;
    this.#words = words;
  }

  get loss(): number {
    return this.#criterion.loss;
  }

  /**
   * Counts a visit of the samples at these positions, before they are differentiated. That brings their records into this processor's
   * cache, ready to be written: independent accesses overlap. In the order of an epoch, each record is a cache miss, often of what
   * another thread has written, which takes longer than the sums themselves.
   */
  visit(order: Uint32Array, from: number, to: number): void {
    for (let position = from; position < to; position++)
      this.#audit[order[position]! * this.#words + AuditWord.VISITS]!++;
  }

  evaluate(slot: number, sample: number): void {
    this.#criterion.evaluate(slot, sample);
  }

  differentiate(slot: number, sample: number): void {
    this.#criterion.differentiate(slot, sample);
    const at = sample * this.#words;
    addToAudit(this.#audit, at + AuditWord.LOSS, this.#criterion.loss);
    this.#criterion.addTo(this.#audit, at + AuditWord.OWN);
  }

  record(scores: Scores, position: number): void {
    this.#criterion.record(scores, position);
  }

  addTo(audit: Float32Array, at: number): void {
    this.#criterion.addTo(audit, at);
  }
}
