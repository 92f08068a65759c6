/** What ranks compare before they train. */
import { expect, it } from 'vitest';
import { CONFIG_NAMES, checkOptions, OPTIONS } from '../../../src/config/options.js';
import { prepare } from '../../../src/run/prepare.js';
import { identityOf } from '../../../src/run/rank-consistency.js';
import { flagOf } from '../../../src/text/words.js';
import { scratchWith } from '../../support/scratch.js';

const scratch = scratchWith(40, 10);

it('every option that decides the weights is compared, and what they come from', async () => {
  const run = await prepare(checkOptions({ data: scratch.data, hidden: [5], batchSize: 10, threads: 1 }));
  const compared = identityOf(run).map(([what]) => what);
  const names = CONFIG_NAMES.filter((name) => !['free', 'by-content'].includes(String(OPTIONS[name].resume ?? 'same')));
  expect(names).toContain('seed');
  expect(compared).toEqual(expect.arrayContaining(names.map((name) => `--${flagOf(name)}`)));
  const content = ['training data', 'test data', 'first weights'].map((what) => `SHA-256 of the ${what}`);
  expect(compared).toEqual(expect.arrayContaining(content));
});
