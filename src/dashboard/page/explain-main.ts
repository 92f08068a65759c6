/** The page of `lockstep explain`. */
import { byId } from './elements.js';
import { ExplainView } from './explain.js';
import { askServer } from './explain-answers.js';

const root = byId('explain');
try {
  const { facts } = await ExplainView.open(root, askServer);
  document.title = `${facts.title} · See it think · Lockstep`;
} catch (error) {
  root.textContent = error instanceof Error ? error.message : String(error);
}
