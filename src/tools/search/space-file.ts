/** A search space in a JSON file. */
import { OPTION_NAMES, OPTIONS, type OptionName } from '../../config/options.js';
import { errors, reason } from '../../errors.js';
import { parseJson } from '../../files/json.js';
import { readWhole } from '../../files/read-whole.js';
import { isRecord } from '../../files/type-guards.js';
import { nearest } from '../../text/nearest.js';
import { snakeCase } from '../../text/words.js';
import { choiceOf, type Dimension, dimensionOf, rangeOf } from './space.js';

const MOST_BYTES = 1 << 24;

/**
 * An object of options, named as in metrics: `{ "lr": "1e-4..1e-1", "hidden": [[64], [256, 256]], "momentum": { "low": 0, "high":
 * 0.9, "scale": "linear" } }`.
 *
 * @param parserOf  parses a single value of an option, as on the command line
 * @throws LockstepError if the file cannot be read, or is no search space
 */
export async function readSpace(
  file: string,
  parserOf: (name: OptionName) => (text: string) => unknown,
): Promise<Dimension[]> {
  const bytes = await readWhole(file, MOST_BYTES);
  let given: unknown;
  try {
    given = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw errors.notASpace(file, `invalid JSON (${reason(error)})`);
  }
  if (!isRecord(given)) throw errors.notASpace(file, 'not an object');
  return Object.entries(given).map(([key, value]) => {
    const name = OPTION_NAMES.find((each) => snakeCase(each) === key);
    if (name === undefined) {
      const meant = nearest(key, OPTION_NAMES.map(snakeCase));
      throw errors.notASpace(file, `no option ${JSON.stringify(key)}`, meant);
    }
    return dimensionIn(file, name, value, parserOf(name));
  });
}

function dimensionIn(file: string, name: OptionName, value: unknown, parse: (text: string) => unknown): Dimension {
  if (typeof value === 'string') return dimensionOf(name, value, parse);
  if (Array.isArray(value)) return choiceOf(name, value);
  const { type } = OPTIONS[name].kind;
  if (!isRecord(value) || (type !== 'integer' && type !== 'number')) {
    throw errors.notASpace(file, `${snakeCase(name)} is neither a text, such as "1e-4..1e-1", nor an array of values`);
  }
  const { low, high, scale, ...others } = value;
  const isKnown = scale === undefined || scale === 'log' || scale === 'linear';
  if (!isKnown || Object.keys(others).length > 0) {
    throw errors.notASpace(file, `${snakeCase(name)} has other fields than low, high and scale ("log" or "linear")`);
  }
  return rangeOf(name, low, high, scale);
}
