import { expect, it } from 'vitest';
import { grouped } from '../../src/text/grouped.js';

it('groups digits by three, as Intl does', () => {
  const lengths = Array.from({ length: 16 }, (_, digits) => 10 ** digits);
  const numbers = lengths.flatMap((each) => [each - 1, each, each + 1, 7 * each + 4, -each, each + 0.25]);
  for (const each of [...numbers, Number.MAX_SAFE_INTEGER, 2 ** 60, 1e21, -0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(grouped(each)).toBe(new Intl.NumberFormat('en-US').format(each));
  }
});
