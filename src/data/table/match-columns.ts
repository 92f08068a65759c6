/** Finds the columns of a model in another table. */
import { errors } from '../../errors.js';
import { distinctNames, listed, type Named, positionOf } from './columns.js';
import type { TableFacts } from './table-metadata.js';

/** The columns of a model in another table. */
export interface MatchedColumns {
  /** By input column: the position. */
  readonly positions: readonly number[];
  /** Undefined if the table need not have a label. */
  readonly label: number | undefined;
}

/**
 * The columns of a model in another table: by name if both tables have names (other columns are ignored), else by position.
 *
 * @param label  `--label`; undefined: the label of the network
 * @param needsLabel  without it, the label column may be absent
 * @throws LockstepError
 */
export function matchColumns(
  file: string,
  table: Named,
  facts: TableFacts,
  label: string | undefined,
  needsLabel: boolean,
): MatchedColumns {
  const { names, hasHeader } = table;
  const known = facts.label.name ?? String(facts.label.position + 1);
  if (hasHeader && facts.hasNames) {
    const position = positionOf(label ?? known, table);
    if (position === undefined && needsLabel && !facts.targets?.length) {
      throw errors.noSuchColumn('label', file, label ?? known, listed(table), true);
    }
    const positionByName = new Map(distinctNames(table).map((name, i) => [name, i]));
    const positions = facts.columns.map(({ name }) => {
      const found = positionByName.get(name);
      if (found === undefined) throw errors.noSuchInput(file, name, listed(table));
      return found;
    });
    return { positions, label: position };
  }
  const { width, columns } = facts;
  const isWhole = names.length === width;
  if (!needsLabel && !isWhole && names.length === columns.length) {
    return { positions: columns.map((_, i) => i), label: undefined };
  }
  const apart = new Set(
    [facts.label, ...(facts.targets ?? []), ...(facts.weight ? [facts.weight] : [])].map((at) => at.position),
  );
  if (!isWhole && (needsLabel || names.length !== width - apart.size)) {
    throw errors.otherColumns(file, names.length, width);
  }
  const given = label === undefined ? facts.label.position : positionOf(label, table);
  if (given === undefined) throw errors.noSuchColumn('label', file, label!, listed(table), hasHeader);
  if (apart.size > 1) {
    const before = (position: number) => [...apart].filter((each) => each < position).length;
    const placed = (position: number) => (isWhole ? position : position - before(position));
    return { positions: columns.map(({ position }) => placed(position)), label: isWhole ? given : undefined };
  }
  // The label may be elsewhere, or absent: then the columns behind it move.
  const ownLabel = isWhole ? given : width;
  const moved = (position: number) => {
    const rank = position < facts.label.position ? position : position - 1;
    return rank < ownLabel ? rank : rank + 1;
  };
  return { positions: columns.map(({ position }) => moved(position)), label: isWhole ? given : undefined };
}
