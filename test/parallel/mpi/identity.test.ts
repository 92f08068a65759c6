/** What ranks compare before they train. */
import { expect, it } from 'vitest';
import { RESUME_RULES } from '../../../src/checkpoints/resume-rules.js';
import { type Config, checkOptions } from '../../../src/config/options.js';
import { prepare } from '../../../src/run/prepare.js';
import { identityOf } from '../../../src/run/ranks.js';
import { flagOf } from '../../../src/text/words.js';
import { scratchWith } from '../../support/scratch.js';

const scratch = scratchWith(40, 10);

it('every option that decides the weights is compared, and what they come from', async () => {
  const run = await prepare(checkOptions({ data: scratch.data, hidden: [5], batchSize: 10, threads: 1 }));
  const compared = identityOf(run).map(([what]) => what);
  const names = (Object.keys(RESUME_RULES) as (keyof Config)[]).filter((name) => {
    const rule = RESUME_RULES[name];
    return typeof rule === 'function' || ['same', 'between-epochs', 'network'].includes(rule);
  });
  expect(names).toContain('seed');
  expect(compared).toEqual(expect.arrayContaining(names.map((name) => `--${flagOf(name)}`)));
  const content = ['training data', 'test data', 'first weights'].map((what) => `SHA-256 of the ${what}`);
  expect(compared).toEqual(expect.arrayContaining(content));
});
