/** What the watchdog takes for a stall, by a clock that the test winds. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Memory } from '../../src/memory/layout.js';
import { Phase } from '../../src/parallel/task.js';
import { type TeamWait, Watchdog } from '../../src/parallel/watchdog.js';

const MINUTE_MS = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What is told of two workers in these phases that wait for this, after two minutes. */
function toldOf(wait: TeamWait, phases: readonly Phase[], getOn = false): string[] {
  const workers = phases.map((phase) => ({ phase: Int32Array.of(phase), beats: Uint32Array.of(0) }));
  const told: string[] = [];
  const watchdog = new Watchdog(
    { workers } as unknown as Memory,
    () => wait,
    () => 7,
    0,
    (failure) => told.push(String(failure)),
  );
  for (let second = 0; second < 120; second++) {
    if (getOn) workers[0]!.beats[0]!++;
    vi.advanceTimersByTime(1000);
  }
  watchdog.stop();
  return told;
}

const WAITING = [Phase.WAIT, Phase.WAIT];

describe('a team that stands still for two minutes', () => {
  it('has stalled if it is held for something already granted, and that is said', () => {
    expect(toldOf('stalled', WAITING)).toEqual([
      expect.stringMatching(
        /all 2 worker threads waited 6\d s at a barrier after step 7 for something already granted/,
      ),
    ]);
  });

  it('has stalled if it is not held, and all wait', () => {
    expect(toldOf('none', WAITING)).toEqual([
      expect.stringMatching(/worker thread 1 and 2 of 2 made no progress for 6\d s at a barrier, in step 8/),
    ]);
  });

  it('has stalled if one does not come, which is named', () => {
    expect(toldOf('none', [Phase.WAIT, Phase.UPDATE])).toEqual([
      expect.stringMatching(/worker thread 2 of 2 made no progress for 6\d s in the update phase, in step 8/),
    ]);
  });

  it.each<[string, TeamWait, readonly Phase[], boolean]>([
    ['is held for the coordinator', 'coordinator', WAITING, false],
    ['waits for other ranks', 'none', [Phase.EXCHANGE, Phase.WAIT], false],
    ['does get on', 'none', [Phase.UPDATE, Phase.WAIT], true],
  ])('has not stalled if it %s', (_, wait, phases, getOn) => {
    expect(toldOf(wait, phases, getOn)).toEqual([]);
  });
});

it('time in which the process was suspended does not count', () => {
  const workers = [{ phase: Int32Array.of(Phase.UPDATE), beats: Uint32Array.of(0) }];
  const told: unknown[] = [];
  const watchdog = new Watchdog(
    { workers } as unknown as Memory,
    () => 'none',
    () => 0,
    0,
    (failure) => told.push(failure),
  );
  for (let look = 0; look < 20; look++) {
    // The clock goes on while no timer runs.
    vi.spyOn(performance, 'now').mockReturnValue((look + 1) * MINUTE_MS);
    vi.advanceTimersByTime(1000);
  }
  watchdog.stop();
  expect(told).toEqual([]);
});

it('patience goes by the slowest step, not by all of them together', () => {
  const workers = [{ phase: Int32Array.of(Phase.UPDATE), beats: Uint32Array.of(0) }];
  const told: string[] = [];
  let steps = 0;
  const watchdog = new Watchdog(
    { workers } as unknown as Memory,
    () => 'none',
    () => steps,
    0,
    (failure) => told.push(String(failure)),
  );
  for (let second = 0; second < 60; second++) {
    steps++;
    workers[0]!.beats[0]!++;
    vi.advanceTimersByTime(1000);
  }
  vi.advanceTimersByTime(99_000);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(3000);
  expect(told).toEqual([expect.stringMatching(/made no progress for 10\d s/)]);
  watchdog.stop();
});
