/** Dates: compared with the engine's own. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hourOf, isoOf, monthOf, secondsOf, weekdayOf } from '../../../src/data/table/dates.js';

it('any time from year 0 to 9999 has its seconds, month, weekday and hour', () => {
  fc.assert(
    fc.property(
      fc.date({
        min: new Date('0000-01-01T00:00:00Z'),
        max: new Date('9999-12-31T23:59:59.999Z'),
        noInvalidDate: true,
      }),
      (date) => {
        const seconds = secondsOf(date.toISOString())!;
        expect(seconds).toBeCloseTo(date.getTime() / 1000, 3);
        expect(monthOf(seconds)).toBe(date.getUTCMonth() + 1);
        expect(weekdayOf(seconds)).toBe(date.getUTCDay() || 7);
        expect(hourOf(seconds)).toBe(date.getUTCHours());
        expect(secondsOf(isoOf(Math.floor(seconds)))).toBe(Math.floor(seconds));
        expect(Math.abs(secondsOf(date.toISOString().slice(0, 10))! % 86_400)).toBe(0);
      },
    ),
    { numRuns: 2000 },
  );
});

it.each([
  ['1970-01-01', 0],
  ['1970/01/02', 86_400],
  ['1969-12-31T23:59', -60],
  ['1970-01-01 00:00:01.25', 1.25],
  ['1970-01-01T02:30+02:30', 0],
  ['1970-01-01T02:30:00 +0230', 0],
  ['1970-01-01T00:00-01', 3600],
  ['1970-01-01t00:00z', 0],
  ['2000-02-29', 951_782_400],
])('%s', (text, seconds) => {
  expect(secondsOf(text)).toBe(seconds);
});

it.each([
  '1900-02-29',
  '2026-00-10',
  '2026-13-01',
  '2026-04-31',
  '2026-04-00',
  '2026-04-01T24:00',
  '2026-04-01T12:60',
  '2026-04-01T12',
  '2026-04-01Z',
  '2026-04/01',
  '26-04-01',
  '2026-4-1',
  '2026-04',
  '2026-W14-3',
  '20260401',
  '2026-04-01T12:00+24:00',
  '2026-04-01T12:00:00.',
])('%s is no date', (text) => {
  expect(secondsOf(text)).toBeUndefined();
});
