/**
 * Prints docs/options.md: the table of options (src/config/options), with its entries' comments.
 *
 *   npm run build && node dist/scripts/options-page.js > docs/options.md
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { newTrainCommand } from '../bin/commands/train-options.js';
import type { DataNeed, Exclusion, Option } from '../src/config/option.js';
import {
  CONFIG_NAMES,
  conditionsText,
  defaultText,
  flagsOf,
  flagText,
  GROUPS,
  OPTIONS,
} from '../src/config/options.js';
import { flagOf } from '../src/text/words.js';

// From dist/scripts/ to the repository's root.
const folder = path.join(import.meta.dirname, '../../src/config/options');

const INTRODUCTION = `# Options

This page lists the options of the command \`train\` and the corresponding properties of the library's \`train()\`. It is
generated from [src/config/options](../src/config/options).

The last two columns state whether the value of an option may differ in a resumed run and between MPI ranks:

- **Resume**: whether an option that is given with \`--resume\` may have a value other than the one in the checkpoint.
  - *free*: it may differ.
  - *content*: it may differ, provided that the data has the same SHA-256.
  - *same*: it must be the same, unless \`--resume-anyway\` is given.
  - *epoch*: like *same*, but if the checkpoint was written in the middle of an epoch, the value must be the same even with
    \`--resume-anyway\`.
  - *fixed*: it must be the same, even with \`--resume-anyway\`.
  - *same if …*: like *same* if the condition holds, otherwise *free*.
- **Ranks**: with \`--mpi\`, whether all ranks need the same value (*same*) or each rank may have its own value (*own*).`;

/** Refused unless the data are a table. */
const FOR_TABLES = 'These options apply only to tables: see [tables.md](tables.md).';
const HEAD = '| option | property | values | default | description | resume | ranks |';
const RULES = {
  free: 'free',
  'by-content': 'content',
  same: 'same',
  'between-epochs': 'epoch',
  network: 'fixed',
} as const;

export interface Documented {
  readonly description: string;
  /** What the comment says after `@default`. */
  readonly default: string | undefined;
}

/** The comments of the table's entries, by name. */
export function documentedOptions(): ReadonlyMap<string, Documented> {
  const sources = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8'));
  const comments = sources.flatMap((source) => [
    ...source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n {2}(\w+): option\(/g),
  ]);
  return new Map(
    comments.map(([, comment = '', name = '']) => {
      const text = comment.replaceAll(/\s+(\* )?/g, ' ').replaceAll(/docs\/([\w.-]+\.md)/g, '[$1]($1)');
      const [description = '', usual] = text.trim().split(' @default ');
      return [name, { description, default: usual }];
    }),
  );
}

export function optionsPage(): string {
  const documented = documentedOptions();
  const sections = GROUPS.map(({ heading, options }) => {
    const rows = Object.entries(options).map(([name, entry]) => rowOf(name, entry, documented.get(name)!.description));
    const isForTables = Object.values(options).every((entry) => entry.isForTables);
    return [`## ${heading}`, ...(isForTables ? [FOR_TABLES] : []), table(rows)].join('\n\n');
  });
  return `${[INTRODUCTION, ...sections, commandOnly()].join('\n\n')}\n`;
}

function table(rows: readonly string[]): string {
  return [HEAD, HEAD.replaceAll(/[^|]+/g, ' --- '), ...rows].join('\n');
}

function rowOf(name: string, entry: Option<unknown>, description: string): string {
  const { kind, negatedHelp, needs = [], excludes, needsData, resume = 'same', mayDifferByRank } = entry;
  const flags = `${flagsOf(name, entry)}${negatedHelp === undefined ? '' : `, --no-${flagOf(name)}`}`;
  const { type, values } = kind;
  const choices = typeof values === 'string' ? [type, values].filter(Boolean).join(', ') : values.map(code).join(', ');
  const remarks = [
    description,
    ...needs.map(({ anyOf }) => `Requires ${conditionsText(anyOf, code)}.`),
    ...(needsData && !description.includes(OF_DATA[needsData]) ? [OF_DATA[needsData]] : []),
    ...(excludes ? [exclusionText(excludes, entry)] : []),
  ];
  const rule = typeof resume === 'string' ? RULES[resume] : `same if ${alternatives(...resume)}`;
  // The others belong to the invocation, and no checkpoint has them.
  const changes = !isRecorded(name) ? ['', ''] : [rule, mayDifferByRank ? 'own' : 'same'];
  const cells = [codes(flags), code(name), choices, defaultText(entry), remarks.join(' '), ...changes];
  return `| ${cells.join(' | ')} |`;
}

const OF_DATA: { readonly [need in DataNeed]: string } = {
  classes: 'Only for classes.',
  targets: 'Only for regression.',
  test: 'Requires test samples.',
};

/** `Mutually exclusive with --mpi`, or `Not available with --optimizer rmsprop`. */
function exclusionText({ option, value, values }: Exclusion, { default: usual }: Option<unknown>): string {
  const isAny = values === undefined && (usual === undefined || usual === false);
  if (value === undefined && isAny) return `Mutually exclusive with ${code(`--${flagOf(option)}`)}.`;
  const other = code(value === undefined ? `--${flagOf(option)}` : flagText(option, value));
  if (isAny) return `Not available with ${other}.`;
  return `${values?.text ?? 'Values other than the default'} are not available with ${other}.`;
}

/** Options of the command that are not options of a run. */
function commandOnly(): string {
  const others = newTrainCommand('train').options.filter((each) => !(each.attributeName() in OPTIONS));
  const rows = others.map(({ flags, description }) => `| ${codes(flags)} | ${description} |`);
  return ['The command also has these options:\n', '| option | description |', '| --- | --- |', ...rows].join('\n');
}

function isRecorded(name: string): boolean {
  return CONFIG_NAMES.some((each) => each === name);
}

function alternatives(option: string, ...values: readonly string[]): string {
  return values.map((value) => code(`--${flagOf(option)} ${value}`)).join(' or ');
}

function codes(texts: string): string {
  return texts.split(', ').map(code).join(', ');
}

function code(text: string): string {
  return `\`${text}\``;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(optionsPage());
