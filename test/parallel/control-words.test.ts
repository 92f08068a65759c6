/** The words by which coordinator and workers tell each other what they want. */
import { describe, expect, it } from 'vitest';
import { CONTROL_STRIDE } from '../../src/memory/layout.js';
import { type Agreement, Control, HeldFor, reasonOf, ticketOf } from '../../src/parallel/control-words.js';

const fresh = () => new Control(new Int32Array(new SharedArrayBuffer(16 * CONTROL_STRIDE * 4)));

it('tickets are told apart by reason and number, and none is 0', () => {
  const tickets = Object.values(HeldFor).flatMap((why) => [0, 1, 2, 2 ** 28].map((number) => ticketOf(why, number)));
  expect(new Set(tickets).size).toBe(tickets.length);
  expect(tickets).not.toContain(0);
  for (const why of Object.values(HeldFor)) expect(reasonOf(ticketOf(why, 2 ** 30 + 5))).toBe(why);
  expect(reasonOf(0)).toBe(0);
});

it('an epoch may be begun when it has been granted, or when the team is to stop', () => {
  const control = fresh();
  control.grant(2);
  expect([1, 2, 3].map((epoch) => control.isGranted(epoch))).toEqual([true, true, false]);
  control.stop();
  expect(control.isGranted(3)).toBe(true);
});

it('a record that is cleared holds the steps that are given, and no end', () => {
  const control = fresh();
  control.countStep(1);
  control.finish(1);
  control.countStep(2);
  control.clearRecord(3, 4);
  expect([control.stepsDone(3), control.isFinished(3)]).toEqual([4, false]);
  expect(control.stepsDone(2)).toBe(1);
});

describe('what ranks agree on', () => {
  it.each<Agreement>([
    { stop: false, diverged: false, timeUp: false },
    { stop: true, diverged: false, timeUp: false },
    { stop: false, diverged: true, timeUp: false },
    { stop: false, diverged: false, timeUp: true },
    { stop: true, diverged: true, timeUp: true },
  ])('%o', (agreement) => {
    const control = fresh();
    control.agree({ stop: true, diverged: true, timeUp: true });
    control.agree(agreement);
    expect(control.agreed).toEqual(agreement);
  });
});
