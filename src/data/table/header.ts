/** The header of a table: the names of its columns. */
import { errors } from '../../errors.js';

export const HEADERS = ['auto', 'yes', 'no'] as const;
/** Whether the first row holds column names. */
export type Header = (typeof HEADERS)[number];

/** A column that is given by its number, from 1. */
export const POSITION = /^[1-9]\d{0,8}$/;

/** Unnamed columns are told apart by their numbers. @throws LockstepError if two columns have the same name */
export function requireDifferent(file: string, names: readonly string[]): void {
  const positions = new Map<string, number>();
  for (const [i, name] of names.entries()) {
    const before = positions.get(name);
    if (before !== undefined && name !== '') throw errors.sameColumns(file, name, before + 1, i + 1);
    positions.set(name, i);
  }
}
