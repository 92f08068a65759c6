/** What the table says about an option. Everything else about options is derived from it. */
import type { LockstepError } from '../errors.js';
import type { Kind } from './checks.js';

/** An option that is set (neither absent, false, 0 nor an empty list), or one that has a certain value; undefined: is not set. */
export type Condition = string | readonly [option: string, value: string | undefined];

export interface Need {
  readonly anyOf: readonly Condition[];
  /** @default errors.requiresOption */
  readonly refusal?: (flag: string, value: unknown, needed: string) => LockstepError;
}

/** An option that does not go with this one. */
export interface Exclusion {
  readonly option: string;
  /** Excluded only with this value of that option. */
  readonly value?: string;
  /** Values of this option that are excluded. @default all but its default */
  readonly values?: { readonly include: (value: unknown) => boolean; readonly text: string };
  readonly refusal: (value: unknown) => LockstepError;
}

/** Something that not all data have: classes, regression targets, or test samples. */
export type DataNeed = 'classes' | 'targets' | 'test';

/**
 * What `--resume` does with an option that is given and differs from the checkpoint's. A resumed run must end with the weights
 * of an uninterrupted one, hence `same` unless the option is known to leave them as they are.
 *
 * - `free`: allowed. The option affects how the run is computed, its length or its output, but no step.
 * - `by-content`: allowed. It says which data are used; these are compared by their SHA-256.
 * - `same`: refused, unless `--resume-anyway` is given.
 * - `between-epochs`: like `same`, but in the middle of an epoch always refused: the order of its samples depends on it.
 * - `network`: refused, because the weights have its shape.
 * - a list: like `same` if that option has one of these values, else allowed.
 */
export type ResumeRule =
  | 'free'
  | 'by-content'
  | 'same'
  | 'between-epochs'
  | 'network'
  | readonly [option: string, ...values: string[]];

/** What the defaults for tables depend on. */
export interface TableTraits {
  /** True for regression, false for classes. */
  readonly areNumbers: boolean;
  /** Whether the test set is not split off: there is `testData`, or `fold`. */
  readonly hasTestData: boolean;
  readonly isPrivate: boolean;
  /** Number of rows that are trained on. Undefined until the table has been read. */
  readonly rows: number | undefined;
}

/** What an option means. */
interface Facts<Value> {
  readonly kind: Kind<Value>;
  /** Absent: the option is undefined unless it is given. */
  readonly default?: Value | (() => Value);
  /** Default for tables, if it differs. A function returns undefined where `default` applies. */
  readonly tableDefault?: Value | ((table: TableTraits) => Value | undefined);
  /** Default with some optimizers, if it differs. */
  readonly byOptimizer?: Readonly<Record<string, Value>>;
  /** Default of private runs, if it differs. */
  readonly privateDefault?: Value;
  /** What the option requires, all of it. Without it, the option would do nothing, and is refused. */
  readonly needs?: readonly Need[];
  readonly excludes?: Exclusion;
  /** What the data must have: checked when they have been loaded. */
  readonly needsData?: DataNeed;
  /** Refused unless the data are a table. */
  readonly isForTables?: true;
  /** Refused if the data are a table. */
  readonly isForImages?: true;
  /** Whether all that it does is to add metrics to the events. */
  readonly isInEvents?: true;
  /** @default 'same' */
  readonly resume?: ResumeRule;
  /** Whether each rank may have its own value under MPI. */
  readonly mayDifferByRank?: true;
  /**
   * Whether a model file states it. `if-set`: where it is not the default.
   *
   * @default 'if-set' if its resume rule is `same` or `between-epochs`, else 'never'
   */
  readonly recipe?: 'always' | 'if-set' | 'never';
}

/** How the command takes and explains it. */
interface Usage {
  /** For `--help`, which adds the choices, the default and what the option requires. */
  readonly help: string;
  /** Letter of its short flag. */
  readonly short?: string;
  /** Name of its value, `[path]` if that may be omitted. @default by its kind: `<n>` for an integer, none for a switch */
  readonly argument?: string;
  /** For a default that is not a value. */
  readonly defaultText?: string;
  /** For a default for tables that is not a value. */
  readonly tableDefaultText?: string;
  /** Text for the flag `--no-…`, if there is one. */
  readonly negatedHelp?: string;
}

export interface Option<Value> extends Facts<Value>, Usage {}

export interface OptionWithDefault<Value> extends Option<Value> {
  readonly default: Value | (() => Value);
}

export type Options = Readonly<Record<string, Option<unknown>>>;

/** An entry of the table. */
export function option<const Value>(
  facts: Facts<Value> & { readonly default: NoInfer<Value> | (() => NoInfer<Value>) },
  usage: Usage,
): OptionWithDefault<Value>;
export function option<const Value>(facts: Facts<Value>, usage: Usage): Option<Value>;
export function option<const Value>(facts: Facts<Value>, usage: Usage): Option<Value> {
  return { ...facts, ...usage };
}
