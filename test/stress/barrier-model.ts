/**
 * Visits every state of the barrier's model: the long form of test/parallel/barrier-model.test.ts, minutes of one processor.
 *
 *   node dist/test/stress/barrier-model.js
 *
 * One, two and three workers meet in every list of rounds, of any length, with a stop, a death and an abort at any moment; four
 * meet in every list, undisturbed, and in some lists with anything that may happen.
 */
import { explore } from '../support/barrier-model/explore.js';
import type { Kind, Model } from '../support/barrier-model/state.js';

const ANYTHING = { mayStop: true, mayDie: true };
const NOTHING = { mayStop: false, mayDie: false };
const SOME: readonly (readonly Kind[])[] = [
  ['grant', 'plain', 'grant'],
  ['grant', 'gradients', 'snapshot'],
  ['grant', 'grant', 'grant', 'grant'],
];
const MODELS: readonly Model[] = [
  ...[1, 2, 3].map((workers) => ({ workers, ...ANYTHING })),
  { workers: 4, ...NOTHING },
  ...SOME.map((rounds) => ({ workers: 4, rounds, ...ANYTHING })),
];

for (const model of MODELS) {
  const began = performance.now();
  const { states, violation } = explore(model);
  const { workers, rounds, mayDie } = model;
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const lists = rounds ? rounds.join(', ') : 'every list of rounds';
  console.log(
    `${workers} workers, ${lists}, ${mayDie ? 'disturbed' : 'undisturbed'}: ` +
      `${states.toLocaleString('en-US')} states, ${violation ?? 'nothing wrong'} (${seconds} s)`,
  );
  if (violation) process.exitCode = 1;
}
