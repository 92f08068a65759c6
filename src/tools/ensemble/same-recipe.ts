/** Whether the networks of an ensemble were trained with the same options, of which a resumed run may have given only some. */
import { CONFIG_NAMES, type ConfigRecord, OPTIONS, valueText } from '../../config/options.js';
import { errors } from '../../errors.js';
import type { StartEvent } from '../../metrics/events.js';
import { flagOf, snakeCase } from '../../text/words.js';

/** These may differ, but change the result. */
const ALSO = ['epochs', 'patience'];

/** @param starts  of each network. @throws LockstepError that names the first difference other than that of the seeds */
export function requireSameRecipe(starts: readonly StartEvent[]): void {
  const names = CONFIG_NAMES.filter((name) => {
    const { resume = 'same' } = OPTIONS[name];
    return name !== 'seed' && (['same', 'between-epochs', 'network'].includes(String(resume)) || ALSO.includes(name));
  });
  // A resumed run has the kernel of its checkpoint, where the others have `auto`.
  const recipes = starts.map(({ config, kernel }): ConfigRecord => ({ ...config, kernel }));
  const [first, ...others] = recipes;
  for (const [m, recipe] of others.entries()) {
    for (const name of names) {
      const [expected = '', found = ''] = [first!, recipe].map((each) => valueText(each[snakeCase(name)] ?? undefined));
      if (found !== expected) throw errors.otherMember(m + 2, flagOf(name), found, expected);
    }
  }
}
