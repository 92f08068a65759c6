/** What one worker alone can say of the barrier; its protocol with others: barrier-model.test.ts and test/stress/barrier.ts. */
import { expect, it } from 'vitest';
import { CONTROL_STRIDE } from '../../src/memory/layout.js';
import { Barrier, TeamAborted } from '../../src/parallel/barrier.js';

const alone = () => new Barrier(new Int32Array(new SharedArrayBuffer(16 * CONTROL_STRIDE * 4)), 1, 0);

it('a worker does what it can meanwhile when it has arrived, and before it waits', () => {
  const barrier = alone();
  const seen: string[] = [];
  const hold = {
    ticket: 7,
    ready: () => false,
    announce: () => seen.push('announce'),
    opening: () => seen.push('opening'),
  };
  // The barrier is held for the coordinator, which here comes meanwhile: after the wait it would be too late.
  barrier.arrive(
    () => seen.push('last'),
    hold,
    () => {
      seen.push(`held for ${barrier.held}`);
      barrier.release(7, () => seen.push('released'));
    },
  );
  expect(seen).toEqual(['last', 'announce', 'held for 7', 'released']);
});

it('an abort that comes meanwhile is noticed', () => {
  const barrier = alone();
  expect(() =>
    barrier.arrive(
      () => undefined,
      undefined,
      () => barrier.abort(),
    ),
  ).toThrow(TeamAborted);
  let isDone = false;
  const arrive = () =>
    barrier.arrive(
      () => undefined,
      undefined,
      () => {
        isDone = true;
      },
    );
  expect(arrive).toThrow(TeamAborted);
  expect(isDone).toBe(false);
});
