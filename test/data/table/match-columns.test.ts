/** The columns of a model in another table: by name, or by position with and without the label and the columns that are left out. */
import { describe, expect, it } from 'vitest';
import { matchColumns } from '../../../src/data/table/match-columns.js';
import type { TableFacts } from '../../../src/data/table/table-metadata.js';
import { refusalOf } from '../../support/refusals.js';

/** Of six columns, a to f, c is the label, and b and e are no inputs. */
const facts = (hasNames: boolean): TableFacts => ({
  label: { name: hasNames ? 'c' : undefined, position: 2 },
  columns: [0, 3, 5].map((position) => ({
    name: hasNames ? 'abcdef'[position]! : String(position + 1),
    position,
    kind: 'number',
  })),
  ...{ hasNames, width: 6, missing: { mode: 'fill', values: [] }, classNames: ['x', 'y'] },
});

const named = (names: string) => ({ names: [...names], hasHeader: true });
const unnamed = (count: number) => ({
  names: Array.from({ length: count }, (_, i) => String(i + 1)),
  hasHeader: false,
});
const match = (table: ReturnType<typeof named>, hasNames: boolean, label?: string, needsLabel = false) =>
  matchColumns('T', table, facts(hasNames), label, needsLabel);

describe('by name', () => {
  it.each<[string, string, number[], number | undefined]>([
    ['in any order, others ignored', 'fzdcba', [5, 2, 0], 3],
    ['without the label', 'adf', [0, 1, 2], undefined],
  ])('%s', (_, names, positions, label) => {
    expect(match(named(names), true)).toEqual({ positions, label });
  });

  it('a label of another name', () => {
    expect(match(named('adfk'), true, 'k', true)).toEqual({ positions: [0, 1, 2], label: 3 });
    expect(match(named('adfk'), true, '4', true)).toEqual({ positions: [0, 1, 2], label: 3 });
  });

  it('what is not there is refused', async () => {
    expect((await refusalOf(() => match(named('acd'), true))).message).toContain('T: no column f');
    expect((await refusalOf(() => match(named('adf'), true, undefined, true))).message).toContain(
      '--label c: T has no',
    );
  });
});

describe('by position', () => {
  it.each([
    ['a table without names', unnamed],
    ['a table with names, of a model without them', (count: number) => named('uvwxyz'.slice(0, count))],
  ])('%s', async (_, of) => {
    expect(match(of(6), false)).toEqual({ positions: [0, 3, 5], label: 2 });
    // Without the label.
    expect(match(of(5), false)).toEqual({ positions: [0, 2, 4], label: undefined });
    // The inputs alone.
    expect(match(of(3), false)).toEqual({ positions: [0, 1, 2], label: undefined });
    // The label is elsewhere.
    expect(match(of(6), false, '1', true)).toEqual({ positions: [1, 3, 5], label: 0 });
    expect(match(of(6), false, '6', true)).toEqual({ positions: [0, 2, 4], label: 5 });
    for (const count of [2, 4]) {
      expect((await refusalOf(() => match(of(count), false))).message).toBe(
        `T: ${count} columns; expected 6, as in the training table`,
      );
    }
    for (const count of [3, 5]) {
      expect((await refusalOf(() => match(of(count), false, undefined, true))).message).toContain('expected 6');
    }
    expect((await refusalOf(() => match(of(6), false, '7', true))).message).toContain(
      '--label 7: T has no such column',
    );
  });
});
