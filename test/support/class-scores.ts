/** Scores of a classifier, from plain arrays. */
import { ClassScores } from '../../src/metrics/quality/class-scores.js';

export function scoresOf(probabilities: readonly (readonly number[])[], targets: readonly number[]): ClassScores {
  const scores = new ClassScores(targets.length, probabilities[0]!.length);
  for (const [s, target] of targets.entries()) scores.add(probabilities[s]!, target);
  return scores;
}
