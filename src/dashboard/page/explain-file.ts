/** The page of `lockstep explain -o`: the network is in the page itself, and so is the code that answers. */
import { byId } from './elements.js';
import { ExplainView } from './explain.js';
import type { Answer } from './explain-answers.js';

/** @param answerOf  answers questions about the network in the page's data */
export function showEmbedded(answerOf: (data: unknown) => Answer): void {
  const root = byId('explain');
  const open = async () => {
    const data: unknown = JSON.parse(byId('explain-data').textContent ?? '');
    await ExplainView.open(root, answerOf(data));
  };
  open().catch((error: unknown) => {
    root.textContent = error instanceof Error ? error.message : String(error);
  });
}
