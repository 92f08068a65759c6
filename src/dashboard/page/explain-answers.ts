/** Who answers the questions: the server, or code in the page itself. */
import type { Answers, Ask } from '../../tools/explain/asks.js';

/** @throws Error with a message for the user */
export type Answer = <Name extends keyof Answers>(ask: { readonly ask: Name } & Ask) => Promise<Answers[Name]>;

/** After the first refusal; then longer, up to a few times as long. Other pages ask, too: not all of them at the same time. */
const AGAIN_MS = 300;
const LONGEST = 5;
const MOST_TRIES = 40;

/** Asks the server. */
export const askServer: Answer = async (ask) => {
  for (let tries = 1; ; tries++) {
    const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(ask) };
    const response = await fetch('/explain', request).catch(() => undefined);
    if (!response) throw new Error('Cannot reach the server; it may have exited.');
    if (response.ok) return (await response.json()) as never;
    if (response.status === 503) throw new Error('There is no network yet.');
    if (response.status !== 429 || tries === MOST_TRIES) throw new Error((await response.text()).trim());
    const wait = AGAIN_MS * Math.min(LONGEST, tries) * (0.5 + Math.random());
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
};
