/** A run's options: their defaults, which are the reference's run, and what each may be. */
import { errors, type LockstepError } from '../errors.js';
import { type Fields, isRecord } from '../files/type-guards.js';
import type { OptimizerOptions } from '../optim/optimizer.js';
import { flagOf, nameProperties, type SnakeCase, snakeCase } from '../text/words.js';
import type { Kind } from './checks.js';
import type { Condition, Exclusion, Option, Options, OptionWithDefault, TableTraits } from './option.js';
import { AUGMENTATION } from './options/augmentation.js';
import { CHECKPOINTS, OUTPUT, RESUME } from './options/checkpoints.js';
import { DATA, TABLES } from './options/data.js';
import { EXECUTION, MPI, RANKS } from './options/execution.js';
import { OPTIMIZER } from './options/optimizer.js';
import { PRIVACY } from './options/privacy.js';
import { STOPPING, TRAINING } from './options/training.js';
import { IMAGE_RECIPES, recipeDefault, TABLE_RECIPES } from './recipes.js';

/** In the order of `--help` and docs/options.md. */
export const GROUPS: readonly { readonly heading: string; readonly options: Options }[] = [
  { heading: 'Data and network', options: DATA },
  { heading: 'Table options', options: TABLES },
  { heading: 'Training', options: TRAINING },
  { heading: 'Augmentation', options: AUGMENTATION },
  { heading: 'Optimizer', options: OPTIMIZER },
  { heading: 'Validation and stopping', options: STOPPING },
  { heading: 'Private training', options: PRIVACY },
  { heading: 'Execution', options: EXECUTION },
  { heading: 'Distributed training', options: { ...MPI, ...RANKS } },
  { heading: 'Model and checkpoints', options: { ...CHECKPOINTS, ...RESUME } },
  { heading: 'Output', options: OUTPUT },
];

// Intersections, unlike spreads, keep the entries' comments in the declarations: editors show them for `TrainOptions`.
type Recorded = typeof DATA &
  typeof TABLES &
  typeof TRAINING &
  typeof AUGMENTATION &
  typeof OPTIMIZER &
  typeof STOPPING &
  typeof PRIVACY &
  typeof EXECUTION &
  typeof RANKS &
  typeof CHECKPOINTS &
  typeof OUTPUT;
/** These belong to the invocation, not to the run. */
const UNRECORDED = { ...MPI, ...RESUME };
type Unrecorded = typeof MPI & typeof RESUME;
type Table = Recorded & Unrecorded;

type ValueOf<Entry> = Entry extends { readonly kind: Kind<infer Value> } ? Value : never;
type OrUndefined<Entry> = Entry extends OptionWithDefault<unknown> ? never : undefined;

/** The options of `train()`, all optional: docs/options.md. */
export interface TrainOptions extends OptionalValues {}
type OptionalValues = { readonly [name in keyof Table]?: ValueOf<Table[name]> | undefined };

/** What a run is made of: every recorded option, checked. */
export type Config = { readonly [name in keyof Recorded]: ValueOf<Recorded[name]> | OrUndefined<Recorded[name]> };

/** The options that were given, checked. Those that are not recorded are left out where they are false. */
export type CheckedOptions = Partial<Config> & {
  readonly [name in keyof Unrecorded]?: string extends ValueOf<Unrecorded[name]> ? string | true : boolean;
};

/** Programs may give anything, whatever the types say. */
export type Given = { readonly [name in keyof TrainOptions]?: unknown };

export type OptionName = keyof Table;
export const OPTIONS = Object.assign({}, ...GROUPS.map(({ options }) => options)) as Readonly<
  Record<OptionName, Option<unknown>>
>;
export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];
/** Metrics and checkpoints record these. */
export const CONFIG_NAMES = OPTION_NAMES.filter((name): name is keyof Config => !(name in UNRECORDED));
nameProperties(OPTION_NAMES);

/**
 * @returns what is given and defined
 * @throws LockstepError (status 2) that names the first option out of range
 */
export function checkOptions(given: Given): CheckedOptions {
  const checked = checkEach(given);
  if (checked.resume === true && checked.checkpointDir === undefined) throw errors.resumeWithoutFolder();
  return checked;
}

function checkEach(given: Given): CheckedOptions {
  const checked: Record<string, unknown> = {};
  for (const name of OPTION_NAMES) {
    const value = given[name];
    if (value === undefined) continue;
    const accepted = OPTIONS[name].kind.check(name, value);
    if (accepted !== false || !(name in UNRECORDED)) checked[name] = accepted;
  }
  return checked;
}

/**
 * Programs are not always type-checked: without this, `epoch: 5` would mean the default of 100 epochs, and so would 5.
 *
 * @throws LockstepError (status 2) if it is not an object of options, or that names the first unknown one
 */
export function requireOptions(given: unknown, others: readonly string[]): void {
  if (!isPlain(given)) throw errors.notOptions(given);
  const known: readonly string[] = [...OPTION_NAMES, ...others];
  const stray = Object.keys(given).find((name) => given[name] !== undefined && !known.includes(name));
  if (stray !== undefined) throw errors.unknownOption(stray, known);
}

/** Instances of classes, such as Map or Date, have no options; nor do objects whose options are inherited. */
function isPlain(value: unknown): value is Fields {
  if (!isRecord(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function defaultOf({ default: value }: Option<unknown>): unknown {
  return typeof value === 'function' ? value() : value;
}

function tableDefaultOf({ tableDefault: value }: Option<unknown>, table: TableTraits): unknown {
  return typeof value === 'function' ? (value as (table: TableTraits) => unknown)(table) : value;
}

/** For help and documentation: `sgd; tables: adam`. */
export function defaultText(entry: Option<unknown>): string {
  const usual = entry.defaultText ?? valueText(defaultOf(entry));
  const { tableDefault, tableDefaultText: ofTables = tableDefault === undefined ? '' : valueText(tableDefault) } =
    entry;
  if (ofTables === '') return usual;
  const ofPrivate = entry.privateDefault === undefined ? '' : `; private runs: ${valueText(entry.privateDefault)}`;
  return entry.isForTables ? ofTables : `${usual}; tables: ${ofTables}${ofPrivate}`;
}

const ARGUMENTS: { readonly [type in Kind<unknown>['type']]?: string } = {
  integer: ' <n>',
  number: ' <number>',
  'integer[]': ' <widths>',
  'number or number[]': ' <numbers>',
  'string[]': ' <names>',
  string: ' <name>',
};

/** `-e, --epochs <n>`. */
export function flagsOf(name: string, { short, argument, kind }: Option<unknown>): string {
  const value = argument === undefined ? (ARGUMENTS[kind.type] ?? '') : ` ${argument}`;
  return `${short === undefined ? '' : `-${short}, `}--${flagOf(name)}${value}`;
}

/**
 * Defaults for what is not given: the reference's run, for a table what suits its size, or those of a recipe.
 *
 * @param table  undefined for images, and for a record of a run, where null means the reference's default
 */
export function withDefaults(given: CheckedOptions, table?: TableTraits): Config {
  const usual = (name: keyof Config): unknown => {
    const entry = OPTIONS[name];
    const ofRecipe = given.recipe && recipeDefault(given.recipe, name);
    if (ofRecipe !== undefined) return ofRecipe;
    const ofOptimizer = entry.byOptimizer?.[String(given.optimizer ?? usual('optimizer'))];
    if (ofOptimizer !== undefined) return ofOptimizer;
    const ofPrivate = given.private === true ? entry.privateDefault : undefined;
    return ofPrivate ?? (table && tableDefaultOf(entry, table)) ?? defaultOf(entry);
  };
  return Object.fromEntries(CONFIG_NAMES.map((name) => [name, given[name] ?? usual(name)])) as unknown as Config;
}

/** Before the table has been read: the defaults that depend on its size come later. */
export function tableTraitsOf({ target, testData, fold, private: isPrivate = false }: CheckedOptions): TableTraits {
  const hasTestData = testData !== undefined || fold !== undefined;
  return { areNumbers: target !== undefined, hasTestData, isPrivate, rows: undefined };
}

/** @throws LockstepError (status 2), as `checkOptions` and `requireTogether` */
export function resolveOptions(given: Given): Config {
  const checked = checkOptions(given);
  const config = withDefaults(checked);
  requireTogether(checked, config);
  return config;
}

/**
 * @param given   the options that were given
 * @param config  the options that apply, with the defaults or a checkpoint's
 * @throws LockstepError (status 2) that names the first option without another that it needs, or with one that it excludes
 */
export function requireTogether(given: CheckedOptions, config: Config): void {
  const values: Fields = { ...config, ...given };
  for (const name of OPTION_NAMES) {
    const refusal = refusalOf(name, given[name], values);
    if (refusal) throw refusal;
  }
}

/**
 * Why an option does not go with the others, if so.
 *
 * @param given   its value, if it was given; a default needs nothing
 * @param values  of all options
 */
export function refusalOf(name: OptionName, given: unknown, values: Fields): LockstepError | undefined {
  const { needs = [], excludes } = OPTIONS[name];
  const isMet = (condition: Condition) =>
    typeof condition === 'string' ? isSet(values[condition]) : values[condition[0]] === condition[1];
  const unmet = isOff(name, given) ? undefined : needs.find(({ anyOf }) => !anyOf.some(isMet));
  if (unmet) return (unmet.refusal ?? errors.requiresOption)(flagOf(name), given, conditionsText(unmet.anyOf));
  return excludes && isExcluded(name, excludes, values) ? excludes.refusal(values[name]) : undefined;
}

/** The options without those that do not go with the others. @param configOf  the configuration with some of them */
export function applicable(options: CheckedOptions, configOf: (options: CheckedOptions) => Config): CheckedOptions {
  const values: Fields = { ...configOf(options), ...options };
  const all = Object.entries(options);
  const kept = all.filter(([name, value]) => refusalOf(name as OptionName, value, values) === undefined);
  // Another option may need one that has been left out.
  return kept.length === all.length ? options : applicable(Object.fromEntries(kept), configOf);
}

/** Whether an option asks for nothing: it is absent, a switch or a coefficient that is turned off, or the usual choice. */
export function isOff(name: OptionName, value: unknown): boolean {
  const { kind, default: usual } = OPTIONS[name];
  if (value === undefined || value === false) return true;
  return value === usual && (usual === 0 || Array.isArray(kind.values));
}

function isExcluded(name: OptionName, { option, value, values: some }: Exclusion, values: Fields): boolean {
  const own = values[name];
  if (!isSet(own) || own === OPTIONS[name].default || some?.include(own) === false) return false;
  return value === undefined ? isSet(values[option]) : values[option] === value;
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== false && value !== 0 && !(Array.isArray(value) && value.length === 0);
}

/** `--optimizer adam`, or `--checkpoint-dir or --resume`. */
export function conditionsText(anyOf: readonly Condition[], format = (flag: string) => flag): string {
  const textOf = (condition: Condition) => {
    const [name, value] = typeof condition === 'string' ? [condition] : condition;
    if (typeof condition === 'string') return format(`--${flagOf(name)}`);
    return value === undefined ? `no ${format(`--${flagOf(name)}`)}` : format(flagText(name, value));
  };
  return anyOf.map(textOf).join(' or ');
}

/** As typed: `--hidden 512,256`. */
export function flagText(name: string, value: unknown): string {
  return `--${flagOf(name)} ${valueText(value)}`;
}

export function valueText(value: unknown): string {
  return value === undefined || (Array.isArray(value) && value.length === 0) ? 'none' : String(value);
}

/** @throws LockstepError (status 2) that names the first option that asks for what only tables have */
export function requireNothingOfTables(config: Config): void {
  const { recipe } = config;
  if (recipe && TABLE_RECIPES.includes(recipe)) throw errors.onlyForTables('recipe', recipe, config.data);
  const stray = CONFIG_NAMES.find((name) => OPTIONS[name].isForTables && config[name] !== defaultOf(OPTIONS[name]));
  if (stray) throw errors.onlyForTables(flagOf(stray), valueText(config[stray]), config.data);
}

/** @throws LockstepError (status 2) that names the first option that asks for what only images have */
export function requireNothingOfImages(config: Config): void {
  const { recipe } = config;
  if (recipe && IMAGE_RECIPES.includes(recipe)) throw errors.onlyForImages('recipe', recipe, config.data);
  const stray = CONFIG_NAMES.find((name) => OPTIONS[name].isForImages && config[name] !== defaultOf(OPTIONS[name]));
  if (stray) throw errors.onlyForImages(flagOf(stray), valueText(config[stray]), config.data);
}

/** Whether an option affects no step: only how the run is computed, its length or its output. */
export function changesNoStep(name: keyof Config): boolean {
  const { resume } = OPTIONS[name];
  return resume === 'free' || Array.isArray(resume);
}

/** What makes the steps: plain data, which is sent to the threads. */
export function optimizerOf(config: Config): OptimizerOptions {
  const names = Object.keys(OPTIMIZER) as (keyof typeof OPTIMIZER)[];
  return Object.fromEntries(names.map((name) => [name, config[name]])) as unknown as Pick<
    Config,
    keyof typeof OPTIMIZER
  >;
}

/** The options as metrics and files name them: null for what is not set. */
export type ConfigRecord = {
  readonly [name in keyof Config as SnakeCase<name>]: undefined extends Config[name]
    ? Exclude<Config[name], undefined> | null
    : Config[name];
};

export function recordOfConfig(config: Config): ConfigRecord {
  const entries = CONFIG_NAMES.map((name) => [snakeCase(name), config[name] ?? null]);
  return Object.fromEntries(entries) as ConfigRecord;
}

/** @throws LockstepError if it is not a record of ours */
export function configOfRecord(record: Fields): Config {
  const given = checkEach(Object.fromEntries(CONFIG_NAMES.map((name) => [name, record[snakeCase(name)] ?? undefined])));
  // A record has the values of its recipe already. Null means the reference's default, whatever the recipe says.
  return { ...withDefaults({ ...given, recipe: undefined }), recipe: given.recipe };
}

/** What a model file says about how it was made. Where its author keeps which files is nobody else's business. */
export function recipeOf(record: ConfigRecord): Partial<ConfigRecord> {
  const usual = recordOfConfig(withDefaults({}));
  const isStated = (name: keyof Config) => {
    const { resume = 'same', recipe = resume === 'same' || resume === 'between-epochs' ? 'if-set' : 'never' } =
      OPTIONS[name];
    const key = snakeCase(name);
    return recipe === 'always' || (recipe === 'if-set' && record[key] !== usual[key]);
  };
  return Object.fromEntries(CONFIG_NAMES.filter(isStated).map((name) => [snakeCase(name), record[snakeCase(name)]]));
}
