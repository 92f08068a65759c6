/** Options that must fit the data or the network, which are known only when the data have been loaded. */
import type { DataNeed } from '../config/option.js';
import { type CheckedOptions, CONFIG_NAMES, type Config, isOff, OPTIONS } from '../config/options.js';
import { errors, type LockstepError } from '../errors.js';
import { flagOf } from '../text/words.js';

export interface DataFacts {
  /** True for regression, false for classes. */
  readonly areNumbers: boolean;
  /** Number of test samples. */
  readonly tested: number;
}

const NEEDS: {
  readonly [need in DataNeed]: {
    readonly isMet: (facts: DataFacts) => boolean;
    readonly refusal: (flag: string, value: unknown) => LockstepError;
  };
} = {
  classes: { isMet: ({ areNumbers }) => !areNumbers, refusal: errors.weightsOfNumbers },
  targets: { isMet: ({ areNumbers }) => areNumbers, refusal: (_, value) => errors.lossOfClasses(String(value)) },
  test: { isMet: ({ tested }) => tested > 0, refusal: errors.testNeeded },
};

/**
 * @param given   the options that were given, now or when a resumed run began
 * @param config  with the defaults
 * @throws LockstepError (status 2) that names the first option that does not fit
 */
export function requireFitting(given: CheckedOptions, { dropout, hidden }: Config, facts: DataFacts): void {
  for (const name of CONFIG_NAMES) {
    const { needsData } = OPTIONS[name];
    if (!needsData || isOff(name, given[name])) continue;
    const { isMet, refusal } = NEEDS[needsData];
    if (!isMet(facts)) throw refusal(flagOf(name), given[name]);
  }
  if (typeof dropout !== 'number' && dropout.length !== hidden.length)
    throw errors.dropoutLayers(dropout, hidden.length);
}
