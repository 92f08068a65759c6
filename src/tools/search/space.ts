/** What a search varies: ranges and choices of options, and the values of each trial. */
import type { Option } from '../../config/option.js';
import { type CheckedOptions, OPTIONS, type OptionName, valueText } from '../../config/options.js';
import { errors, shown } from '../../errors.js';
import { expOfNonPositive, logOfAtLeastOne } from '../../kernels/exact-math.js';
import { Random, SEARCH_STREAM } from '../../model/random.js';
import { flagOf, snakeCase } from '../../text/words.js';
import { REFUSED as NOT_IN_CV } from '../cv/cv-options.js';

export type Dimension = RangeOf | ChoiceOf;

interface RangeOf {
  readonly name: OptionName;
  readonly kind: 'range';
  readonly low: number;
  readonly high: number;
  readonly isLog: boolean;
  readonly isInteger: boolean;
}

interface ChoiceOf {
  readonly name: OptionName;
  readonly kind: 'choice';
  readonly values: readonly unknown[];
}

/** These say what the data are and how trials are judged or run, so all trials must agree. */
const FIXED: ReadonlySet<string> = new Set<OptionName>([
  ...NOT_IN_CV,
  ...(['data', 'limit', 'label', 'target', 'weight', 'group', 'header', 'delimiter', 'comment', 'encoding'] as const),
  ...(['columns', 'drop', 'types', 'missing', 'missingValues', 'loss', 'huberDelta'] as const),
  ...(['seed', 'foldSeed', 'splitSeed', 'ensemble'] as const),
  ...(['validationSplit', 'stratify', 'patience', 'testAt', 'keepBest', 'maxTime', 'recipe'] as const),
  ...(['threads', 'kernel', 'vectorBits', 'strategy'] as const),
]);

/** From this ratio of the bounds on, values are drawn uniformly on a logarithmic scale. */
const LOG_FROM = 10;
const MOST_CHOICES = 1000;

/** Whether the text of an option names several values. */
export function isSearched({ kind }: Option<unknown>, text: string): boolean {
  const { type, values } = kind;
  if (type === 'integer' || type.startsWith('number')) return text.includes('..') || text.includes('|');
  return text.includes('|') && (type === 'integer[]' || Array.isArray(values));
}

/**
 * `1e-4..1e-1`, or `64|256|256,256`.
 *
 * @param parse  a single value
 * @throws LockstepError (status 2) if the option cannot be searched, or cannot have one of the values
 */
export function dimensionOf(name: OptionName, text: string, parse: (text: string) => unknown): Dimension {
  requireSearchable(name, text);
  if (text.includes('|'))
    return choiceOf(
      name,
      text.split('|', MOST_CHOICES + 1).map((each) => parse(each.trim())),
    );
  const bounds = text.split('..').map((each) => parse(each.trim()));
  // A third bound is no range, either.
  if (bounds.length !== 2) throw errors.invalidOption(name, text, RANGE);
  return rangeOf(name, ...(bounds as [unknown, unknown]));
}

const RANGE = 'a range low..high, with low below high';

function requireSearchable(name: OptionName, given: unknown): void {
  if (FIXED.has(name)) throw errors.notSearched(flagOf(name), given);
}

/** @throws LockstepError (status 2) as `dimensionOf` */
export function choiceOf(name: OptionName, given: readonly unknown[]): Dimension {
  requireSearchable(name, given.map(valueName).join('|'));
  const values = given.map((each) => OPTIONS[name].kind.check(name, each));
  const isTwice = new Set(values.map(valueName)).size < values.length;
  if (isTwice || values.length < 2 || values.length > MOST_CHOICES) {
    throw errors.invalidOption(name, values.map(valueName).join('|'), `2 to ${MOST_CHOICES} different values`);
  }
  return { name, kind: 'choice', values };
}

/** @param scale  default: by the bounds. @throws LockstepError (status 2) as `dimensionOf` */
export function rangeOf(name: OptionName, from: unknown, to: unknown, scale?: 'log' | 'linear'): Dimension {
  const { kind } = OPTIONS[name];
  const given = `${shown(from)}..${shown(to)}`;
  requireSearchable(name, given);
  const [low, high] = [from, to].map((each) => kind.check(name, each)) as [number, number];
  if (!(low < high) || (scale === 'log' && low <= 0)) throw errors.invalidOption(name, given, RANGE);
  const isLog = scale === undefined ? low > 0 && high / low >= LOG_FROM : scale === 'log';
  return { name, kind: 'range', low, high, isLog, isInteger: kind.type === 'integer' };
}

/** `64,32` for widths. */
export function valueName(value: unknown): string {
  return valueText(value);
}

/** For the first line, by the options' names in metrics. */
export function spaceRecord(dimensions: readonly Dimension[]): Record<string, unknown> {
  const recordOf = (each: Dimension) =>
    each.kind === 'choice' ? each.values : { low: each.low, high: each.high, scale: each.isLog ? 'log' : 'linear' };
  return Object.fromEntries(dimensions.map((each) => [snakeCase(each.name), recordOf(each)]));
}

/**
 * The values of a trial: a function of the arguments alone.
 *
 * @param trial  from 1
 */
export function valuesOfTrial(dimensions: readonly Dimension[], seed: number, trial: number): CheckedOptions {
  const random = new Random(seed, SEARCH_STREAM + trial);
  // By name, so that the order of the arguments has no effect.
  const ordered = [...dimensions].sort((a, b) => (a.name < b.name ? -1 : 1));
  return Object.fromEntries(ordered.map((each) => [each.name, valueFrom(each, random)])) as CheckedOptions;
}

/** Significant digits of a number that is drawn: it can be typed as it is printed. */
const DIGITS = 4;

function valueFrom(dimension: Dimension, random: Random): unknown {
  if (dimension.kind === 'choice') return dimension.values[random.below(dimension.values.length)];
  const { low, high, isLog, isInteger } = dimension;
  if (isInteger && !isLog) return low + random.below(high - low + 1);
  const fraction = random.fraction();
  const value = isLog
    ? high * expOfNonPositive(-logOfAtLeastOne(high / low) * (1 - fraction))
    : low + (high - low) * fraction;
  const drawn = isInteger ? Math.round(value) : Number(value.toPrecision(DIGITS));
  return Math.min(high, Math.max(low, drawn));
}

/** As metrics name them. */
export function optionRecord(options: CheckedOptions): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [snakeCase(name), value]));
}

/** `--lr 0.01 --hidden 64,32`. */
export function asTyped(options: Readonly<Record<string, unknown>>): string {
  const flags = Object.entries(options).map(
    ([name, value]) => `--${name.replaceAll('_', '-')} ${shown(valueText(value))}`,
  );
  return flags.join(' ');
}
