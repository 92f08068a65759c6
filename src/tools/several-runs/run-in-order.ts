/** Runs several pieces of work at the same time, and yields their results in order. */

/** Does the work, and ends early if the signal is aborted. */
export type Work<Result> = (stop: AbortSignal) => Promise<Result>;

/**
 * After an abort, work that has begun is followed to its end, and no other work begins. If the consumer leaves, or a piece of work
 * throws, all other work is stopped and awaited.
 *
 * @param atOnce  the most pieces of work at the same time
 * @throws the first error, in the order of the work
 */
export async function* runInOrder<Result>(
  work: readonly Work<Result>[],
  atOnce: number,
  signal?: AbortSignal,
): AsyncGenerator<Result, void, undefined> {
  const running = new Set<AbortController>();
  let isStopped = false;
  const stop = () => {
    isStopped = true;
    for (const each of running) each.abort(signal?.reason);
  };
  const results = work.map(() => new Deferred<Result | undefined>());
  let next = 0;
  const lane = async () => {
    while (next < work.length && !isStopped) {
      const i = next++;
      const own = new AbortController();
      running.add(own);
      try {
        results[i]!.resolve(await work[i]!(own.signal));
      } catch (error) {
        // Work that was stopped, perhaps because other work has failed, had no result yet.
        if (own.signal.aborted && error === own.signal.reason) results[i]!.resolve(undefined);
        else results[i]!.reject(error);
        stop();
      }
      running.delete(own);
    }
  };
  for (const { promise } of results) promise.catch(() => undefined);
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  const lanes = Promise.all(Array.from({ length: atOnce }, lane));
  void lanes.then(() => {
    for (const { resolve } of results) resolve(undefined);
  });
  try {
    for (const { promise } of results) {
      const result = await promise;
      if (result !== undefined) yield result;
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
    await lanes;
  }
}

class Deferred<T> {
  resolve!: (value: T) => void;
  reject!: (error: unknown) => void;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}
