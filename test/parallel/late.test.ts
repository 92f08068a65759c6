/**
 * Threads that lose their processor at any of their operations, for any time: the weights and every epoch's figures are those of
 * an undelayed run. test/stress/late.ts goes on with other seeds for as long as it is told.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LateJobs, lateJobs } from '../support/late-jobs.js';
import { inFull, TRIES_ALL } from '../support/thoroughness.js';

let jobs: LateJobs;
beforeAll(async () => {
  jobs = await lateJobs();
});
afterAll(() => jobs.remove());

/** All runs are of the same length, because each kind is compared with one that nothing delays. */
const ALL = [
  { threads: 1, strategy: 'sliced', checkpoints: true },
  { threads: 2, strategy: 'sliced', checkpoints: true },
  { threads: 2, strategy: 'dense', checkpoints: true },
  { threads: 2, strategy: 'sliced', checkpoints: false },
] as const;

describe('the main thread is late', () => {
  it.skipIf(!TRIES_ALL).each(ALL)(
    `$threads threads, strategy $strategy, checkpoints $checkpoints${inFull}`,
    async (job) => {
      expect(await jobs.difference({ ...job, size: 'brief', who: 'main', seed: 1 })).toBeUndefined();
    },
  );

  it.skipIf(!TRIES_ALL)(`a larger job${inFull}`, async () => {
    expect(
      await jobs.difference({
        threads: 2,
        strategy: 'sliced',
        checkpoints: true,
        size: 'larger',
        who: 'main',
        seed: 2,
      }),
    ).toBeUndefined();
  });
});

describe('the other threads are late', () => {
  it.skipIf(!TRIES_ALL).each(ALL)(
    `$threads threads, strategy $strategy, checkpoints $checkpoints${inFull}`,
    async (job) => {
      expect(await jobs.difference({ ...job, size: 'brief', who: 'workers', seed: 3 })).toBeUndefined();
    },
  );

  it('and the main thread, too', async () => {
    expect(
      await jobs.difference({ threads: 2, strategy: 'sliced', checkpoints: true, size: 'brief', who: 'all', seed: 4 }),
    ).toBeUndefined();
  });
});

describe('all threads are late', () => {
  it.skipIf(!TRIES_ALL).each([1, 2, 3])(`a run with all phases, %i threads${inFull}`, async (threads) => {
    const job = { threads, strategy: 'sliced', checkpoints: true, size: 'regularized', who: 'all', seed: 5 } as const;
    expect(await jobs.difference(job)).toBeUndefined();
  });
});
