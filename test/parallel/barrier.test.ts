/** What one worker alone can say of the barrier; its protocol with others: barrier-model.test.ts and test/stress/barrier.ts. */
import { describe, expect, it } from 'vitest';
import { CONTROL_STRIDE } from '../../src/memory/layout.js';
import { Barrier, TeamAborted } from '../../src/parallel/barrier.js';

const nothing = () => undefined;
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

describe('a hold', () => {
  /** Its answers in turn; the calls are noted. */
  const holdOf = (seen: string[], ticket: number, ...answers: readonly (() => boolean)[]) => {
    const left = [...answers];
    return {
      ticket,
      ready: () => left.shift()!(),
      announce: () => void seen.push('announce'),
      opening: () => void seen.push('opening'),
    };
  };

  it('that becomes ready just before it is published is opened by the last worker', () => {
    const barrier = alone();
    const seen: string[] = [];
    const hold = holdOf(
      seen,
      7,
      () => false,
      () => true,
    );
    // A barrier that stayed shut would block this thread for ever.
    barrier.arrive(nothing, hold, () => expect(seen).toEqual(['opening']));
    expect(barrier.held).toBe(0);
  });

  it('that the coordinator has opened meanwhile is not opened again by the last worker', () => {
    const words = new Int32Array(new SharedArrayBuffer(16 * CONTROL_STRIDE * 4));
    const barrier = new Barrier(words, 1, 0);
    const seen: string[] = [];
    const hold = holdOf(
      seen,
      7,
      () => false,
      () => {
        barrier.release(7, () => seen.push('released'));
        return true;
      },
    );
    barrier.arrive(nothing, hold);
    expect(seen.filter((each) => each !== 'announce')).toEqual(['released']);
    const once = words[0];
    barrier.arrive(nothing);
    expect(words[0]).toBe(2 * once!);
  });

  it('is opened by its own ticket alone', () => {
    const barrier = alone();
    const seen: string[] = [];
    const hold = holdOf(
      seen,
      7,
      () => false,
      () => false,
    );
    barrier.arrive(nothing, hold, () => {
      barrier.release(6, () => seen.push('released for another epoch'));
      expect(barrier.held).toBe(7);
      barrier.release(7, () => seen.push('released'));
    });
    expect(seen).toEqual(['announce', 'released']);
  });
});

it('an abort just before the barrier opens is not lost', () => {
  const barrier = alone();
  expect(() => barrier.arrive(() => barrier.abort())).toThrow(TeamAborted);
  expect(() => barrier.arrive(nothing)).toThrow(TeamAborted);
});

it('only a barrier that has never opened is aborted as such', () => {
  const barrier = alone();
  barrier.arrive(nothing);
  expect(barrier.abortUnopened()).toBe(false);
  barrier.arrive(nothing);
  expect(alone().abortUnopened()).toBe(true);
});

describe('wakes workers that sleep', () => {
  it.each<[string, (barrier: Barrier) => void]>([
    ['opening', (barrier) => barrier.arrive(nothing)],
    ['abort', (barrier) => barrier.abort()],
    ['abortUnopened', (barrier) => barrier.abortUnopened()],
  ])('%s', async (_, act) => {
    const words = new Int32Array(new SharedArrayBuffer(16 * CONTROL_STRIDE * 4));
    // The time limit is for a barrier that wakes nobody.
    const sleep = Atomics.waitAsync(words, 0, 0, 20_000);
    act(new Barrier(words, 1, 0));
    expect(await sleep.value).toBe('ok');
  });
});
