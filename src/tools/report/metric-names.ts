/** Names of metrics, for people. */
import type { EvaluationEvent } from '../../metrics/events.js';
import { OVERALL, type OverallMetric } from '../../metrics/quality/classification.js';

const NAMES: Readonly<Record<OverallMetric, string>> = {
  accuracy: 'accuracy',
  balanced_accuracy: 'balanced accuracy',
  macro_f1: 'macro F1',
  log_loss: 'log loss',
  roc_auc: 'ROC AUC',
  average_precision: 'average precision',
  brier_score: 'Brier score',
  calibration_error: 'calibration error',
  top_k_accuracy: 'top-k accuracy',
};

export function metricName(
  metric: OverallMetric,
  { positive_class, top_k }: Pick<EvaluationEvent, 'positive_class' | 'top_k'>,
): string {
  if (metric === 'top_k_accuracy') return `top-${top_k} accuracy`;
  if (positive_class === undefined) {
    return metric === 'roc_auc' || metric === 'average_precision' ? `macro ${NAMES[metric]}` : NAMES[metric];
  }
  return metric === 'average_precision' ? `${NAMES[metric]} of ${positive_class}` : NAMES[metric];
}

/** Those that say something for this number of classes. */
export function shownMetrics({ classes, top_k }: Pick<EvaluationEvent, 'classes' | 'top_k'>): OverallMetric[] {
  // Top-1 is the accuracy, and top-n of n classes is 1.
  return OVERALL.filter((metric) => metric !== 'top_k_accuracy' || (top_k > 1 && top_k < classes.length));
}
