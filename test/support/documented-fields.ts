/** The field tables of docs/metrics.md, and what is wrong with objects that they describe. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.js';

export interface Documented {
  readonly type: string;
  /** Unit and accepted values. */
  readonly values: string;
  /** In every object of that kind. */
  readonly isAlways: boolean;
  /** Only where several processes share a run: nothing that is run here writes it. */
  readonly isOfRanks: boolean;
}

/** By path: `a.b` is field b of the object a, `a[].b` of each object in the array a. */
export type FieldTable = ReadonlyMap<string, Documented>;

const DOCUMENT = 'docs/metrics.md';
const ROW = /^\| `([^`]+)` +\| ([^|]+?) +\| ([^|]+?) +\| ([^|]*?) *\|/;

/** By the word that a section's heading begins with. */
export function fieldTables(): ReadonlyMap<string, FieldTable> {
  const tables = new Map<string, Map<string, Documented>>();
  for (const section of readFileSync(path.join(root, DOCUMENT), 'utf8').split(/^## /m).slice(1)) {
    const [heading = ''] = section.split('\n');
    const name = /^`(\w+)`/.exec(heading)?.[1] ?? (heading.startsWith('A prediction') ? 'prediction' : undefined);
    const lines = section.split('\n');
    const begin = lines.findIndex((line) => line.startsWith('| field | type | when |'));
    if (name === undefined || begin < 0) continue;
    const table = new Map<string, Documented>();
    for (const line of lines.slice(begin + 2)) {
      const [, field, type, when, values = ''] = ROW.exec(line) ?? [];
      if (field === undefined) break;
      table.set(field, { type: type!, values, isAlways: when === 'always', isOfRanks: when!.includes('`--mpi`') });
    }
    tables.set(name, table);
  }
  return tables;
}

/**
 * Compares objects of one kind with their table.
 *
 * @returns a line for each fault, that says what to do: a field without a row, of another type, or missing where it should
 *   always be; and a row whose field none of the objects has
 */
export function faultsOf(kind: string, table: FieldTable, objects: readonly object[]): string[] {
  const faults = new Set<string>();
  const seen = new Set<string>();
  const where = `${DOCUMENT}, table of "${kind}"`;

  function lookAt(object: object, prefix: string): void {
    for (const [name, value] of Object.entries(object)) {
      const field = prefix + name;
      const documented = table.get(field);
      seen.add(field);
      if (!documented) {
        faults.add(`${where}: no row for \`${field}\` (${typeOf(value)}), which the code writes: add one`);
      } else if (!isOf(documented.type, value)) {
        faults.add(`${where}: \`${field}\` is called ${documented.type}; the code writes ${typeOf(value)}`);
      } else if (documented.type === 'object') lookAt(value as object, `${field}.`);
      else if (documented.type === 'object[]') for (const each of value as object[]) lookAt(each, `${field}[].`);
    }
    for (const [field, { isAlways }] of table) {
      const name = field.slice(prefix.length);
      const isOwn = field.startsWith(prefix) && !/[.[]/.test(name);
      if (isOwn && isAlways && !Object.hasOwn(object, name)) {
        faults.add(`${where}: \`${field}\` is said to be there always; the code has written an object without it`);
      }
    }
  }
  for (const object of objects) lookAt(object, '');
  for (const [field, { isOfRanks }] of table) {
    if (seen.has(field) || isOfRanks) continue;
    faults.add(
      `${where}: \`${field}\` was written by none of the runs of test/library/event-fields.test.ts: ` +
        'drop the row, or add a run that writes it',
    );
  }
  return [...faults];
}

/** @param type  as the tables have it, such as `integer[]`, `string, number or null` */
function isOf(type: string, value: unknown): boolean {
  return type.split(/, | or /).some((each) => isOfOne(each, value));
}

function isOfOne(type: string, value: unknown): boolean {
  if (type.endsWith('[]')) return Array.isArray(value) && value.every((each) => isOf(type.slice(0, -2), each));
  switch (type) {
    case 'anything':
      return true;
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'null':
      return value === null;
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'numbers':
      return isOfOne('object', value) && Object.values(value as object).every((each) => typeof each === 'number');
    case 'strings':
      return isOfOne('object', value) && Object.values(value as object).every((each) => typeof each === 'string');
    default:
      return typeof value === type;
  }
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length > 0 ? `${typeOf(value[0])}[]` : 'an empty array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}
