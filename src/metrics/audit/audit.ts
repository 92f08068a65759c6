/** The result of an audit: every training sample, the most doubtful first. */
import type { Memory } from '../../memory/layout.js';
import type { Plan } from '../../memory/plan.js';
import { AuditWord } from '../../model/objectives/audited.js';
import { DEFAULT_OBJECTIVE } from '../../model/objectives/index.js';
import type { AuditedData, AuditedSample } from './audited-sample.js';
import { auditedClasses } from './classes.js';
import { auditedNumbers } from './numbers.js';

/** Undefined unless every training sample was visited at least once. */
export function auditOf(memory: Memory, plan: Plan, data: AuditedData): readonly AuditedSample[] | undefined {
  const { auditWords, trainSamples } = plan;
  for (let i = 0; i < trainSamples; i++) {
    if (memory.audit[i * auditWords + AuditWord.VISITS] === 0) return undefined;
  }
  return plan.objective === DEFAULT_OBJECTIVE ? auditedClasses(memory, plan, data) : auditedNumbers(memory, plan, data);
}
