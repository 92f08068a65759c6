/** The event stream: what comes of it, and whether it is there. */
import type { Messages } from '../messages.js';

export type Listener = { readonly [Name in keyof Messages]: (message: Messages[Name]) => void };

const AGAIN_MS = 3000;

/**
 * Listens for good: a stream that breaks off is opened again, by the browser or, where that gives it up, by us.
 *
 * @param onConnection  called with whether there is one, when that changes
 */
export function listen(listener: Listener, onConnection: (isThere: boolean) => void): void {
  const source = new EventSource('/events');
  for (const name of Object.keys(listener) as (keyof Messages)[]) {
    source.addEventListener(name, (event: MessageEvent<string>) => {
      const message: unknown = JSON.parse(event.data);
      (listener[name] as (message: unknown) => void)(message);
    });
  }
  source.addEventListener('open', () => onConnection(true));
  source.addEventListener('error', () => {
    onConnection(false);
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(listener, onConnection), AGAIN_MS);
  });
}
