/** What it means to leave a run's events before the last. */

/**
 * Passes events on. A consumer that leaves hears no more of them, but the run is followed to its end, so that it ends as one
 * that was told to stop, and no failure is lost: leaving throws what would have been thrown after the last event.
 *
 * @param stop  tells the run to end soon
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
    // The run's own, or one that the consumer has thrown in.
    isFailed = true;
    throw error;
  } finally {
    if (!isHeard) {
      stop();
      const rest = skip(events);
      // The first error is the one to tell.
      await (isFailed ? rest.catch(() => undefined) : rest);
    }
  }
}

async function skip(events: AsyncGenerator<unknown, void, undefined>): Promise<void> {
  for (let next = await events.next(); !next.done; ) next = await events.next();
}
