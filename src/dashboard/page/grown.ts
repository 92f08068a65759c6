import type { ListMessage } from '../messages.js';

/** What becomes of a list when a message about it has come. */
export function grown<Item>(items: readonly Item[], { reset, items: added }: ListMessage<Item>): readonly Item[] {
  return reset ? added : [...items, ...added];
}
