/** The result of an audit: every training sample, the most doubtful first. */
import type { Memory } from '../../memory/layout.js';
import type { Plan } from '../../memory/plan.js';
import { AuditWord } from '../../model/objectives/audited.js';
import { DEFAULT_OBJECTIVE } from '../../model/objectives/index.js';
import type { AuditedData, AuditedSample, Ranking } from './audited-sample.js';
import { rankedLabels } from './classes.js';
import { rankedNumbers } from './numbers.js';

/**
 * Undefined unless every training sample was visited at least once.
 *
 * @param fitted  of regression targets: samples to fit the distributions to
 */
export function rankingOf(memory: Memory, plan: Plan, data: AuditedData, fitted?: number): Ranking | undefined {
  const { auditWords, trainSamples } = plan;
  for (let i = 0; i < trainSamples; i++) {
    if (memory.audit[i * auditWords + AuditWord.VISITS] === 0) return undefined;
  }
  return plan.objective === DEFAULT_OBJECTIVE
    ? rankedLabels(memory, plan, data)
    : rankedNumbers(memory, plan, data, fitted);
}

/** All samples of the ranking. */
export function auditOf(memory: Memory, plan: Plan, data: AuditedData): readonly AuditedSample[] | undefined {
  const ranking = rankingOf(memory, plan, data);
  return ranking && Array.from(ranking.order, (_, position) => ranking.sampleAt(position));
}
