/** Handles consumers that leave the events of a run before the last. */

/**
 * Passes events on. If the consumer leaves, the run is stopped and followed to its end, and an error of the run is thrown.
 *
 * @param stop  tells the run to end
 */
export async function* untilTheEnd<T>(
  events: AsyncGenerator<T, void, undefined>,
  stop: () => void,
): AsyncGenerator<T, void, undefined> {
  let isHeard = false;
  let isFailed = false;
  try {
    for (let next = await events.next(); !next.done; next = await events.next()) yield next.value;
    isHeard = true;
  } catch (error) {
    // An error of the run, or one that the consumer has thrown into the generator.
    isFailed = true;
    throw error;
  } finally {
    if (!isHeard) {
      stop();
      const rest = skip(events);
      // The first error is reported.
      await (isFailed ? rest.catch(() => undefined) : rest);
    }
  }
}

async function skip(events: AsyncGenerator<unknown, void, undefined>): Promise<void> {
  for (let next = await events.next(); !next.done; ) next = await events.next();
}
