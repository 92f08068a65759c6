/** The event stream and the state of its connection. */
import type { Messages } from '../messages.js';

export type Listener = { readonly [Name in keyof Messages]: (message: Messages[Name]) => void };

const AGAIN_MS = 3000;

/**
 * Listens forever. A broken stream is reopened by the browser, or here if the browser gives up.
 *
 * @param onConnection  called when the connection is established or lost
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
