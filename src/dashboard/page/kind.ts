/** Whether the network is for classes or for regression. */
import type { StartFacts } from '../messages.js';

/** Streams of older versions do not name the objective. */
const CLASSES = 'softmax-cross-entropy';

export function estimatesNumbers(start: Pick<StartFacts, 'objective'> | undefined): boolean {
  return (start?.objective ?? CLASSES) !== CLASSES;
}
