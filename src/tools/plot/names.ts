/** Names of runs in the legend: by the options that differ, else by their files. */
import path from 'node:path';
import { CONFIG_NAMES, changesNoStep } from '../../config/options.js';
import { snakeCase } from '../../text/words.js';
import type { Run } from './run.js';

/** Options that do not change the curves. */
const BESIDE_THE_POINT: ReadonlySet<string> = new Set(CONFIG_NAMES.filter(changesNoStep).map(snakeCase));

/** Maximum number of differing options in a name. */
const MOST_DIFFERENCES = 2;

const SPOKEN: Readonly<Record<string, string>> = {
  batch_size: 'batch',
  lr: 'learning rate',
};

/** One unique name per run. */
export function namesOf(runs: readonly Run[]): string[] {
  return namesByConfig(runs) ?? namesByFile(runs.map(({ source }) => source));
}

/** Undefined unless all runs have a configuration, and the names are short and unique. */
function namesByConfig(runs: readonly Run[]): string[] | undefined {
  // The kernel in use, because the option may be `auto`.
  const configs = runs.map(
    ({ start }) => start && new Map<string, unknown>(Object.entries({ ...start.config, kernel: start.kernel })),
  );
  if (!configs.every((config) => config !== undefined)) return undefined;
  const keys = new Set(configs.flatMap((config) => [...config.keys()]));
  const differing = [...keys].filter(
    (key) => !BESIDE_THE_POINT.has(key) && new Set(configs.map((config) => JSON.stringify(config.get(key)))).size > 1,
  );
  if (differing.length === 0 || differing.length > MOST_DIFFERENCES) return undefined;
  const names = configs.map((config) => differing.map((key) => spoken(key, config.get(key))).join(', '));
  return areDistinct(names) ? names : undefined;
}

function spoken(key: string, value: unknown): string {
  if (key === 'hidden')
    return Array.isArray(value) && value.length > 0 ? `hidden ${value.join('–')}` : 'no hidden layer';
  if (key === 'data') return path.basename(String(value));
  const name = SPOKEN[key] ?? key.replaceAll('_', ' ');
  if (value === null || value === undefined) return `no ${name}`;
  return `${name} ${String(value)}`;
}

/** Without folder and extension if that is unique; runs of one file are numbered. */
function namesByFile(sources: readonly string[]): string[] {
  const files = [...new Set(sources)];
  const short = files.map((file) => path.basename(file).replace(/\.(ndjson|jsonl|json)$/, ''));
  const names = new Map(files.map((file, i) => [file, areDistinct(short) ? short[i]! : file]));
  return sources.map((source, i) => {
    const name = names.get(source)!;
    const isAlone = sources.indexOf(source) === sources.lastIndexOf(source);
    return isAlone ? name : `${name}, run ${sources.slice(0, i + 1).filter((each) => each === source).length}`;
  });
}

function areDistinct(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}
