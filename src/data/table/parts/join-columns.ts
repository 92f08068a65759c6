/** Joins the parts of all columns, in this thread and in others that help. */
import { pauser } from '../pauser.js';
import { MOST_CELLS } from '../raw-rows.js';
import { inTurns, type Steps } from '../steps.js';
import { joinColumn } from './join-column.js';
import { type DecodedColumn, decoded } from './joined-rows.js';
import type { Reader } from './readers.js';
import type { PartColumn, ScannedPart } from './scan-part.js';

interface Task {
  readonly index: number;
  readonly parts: readonly PartColumn[];
  /** Texts of all parts. */
  readonly texts: number;
}

/**
 * @param helpers  each as soon as it has time; undefined if it has failed
 * @returns undefined if the table is too large
 * @throws the reason of the signal; Error if a helper fails
 */
export async function joinColumns(
  parts: readonly ScannedPart[],
  width: number,
  seed: number,
  helpers: readonly Promise<Reader | undefined>[],
  signal: AbortSignal | undefined,
): Promise<DecodedColumn[] | undefined> {
  const counts = parts.map(({ count }) => count);
  const total = 1 + counts.reduce((sum, count) => sum + count, 0);
  if (total * width > MOST_CELLS) return undefined;
  const columns = new Array<DecodedColumn>(width);
  const tasks = tasksOf(parts, width);
  const common = { kind: 'join', counts, seed } as const;
  // The helpers begin with what takes longest, and this thread with what is quick, so that all end at about the same time.
  const running: Promise<void>[] = [];
  const helped = helpers.map(async (helper) => {
    const reader = await helper;
    for (let task = reader && tasks.pop(); task; task = tasks.pop()) {
      const { index, parts: own } = task;
      const joined = reader!.join({ ...common, parts: own }).then((column) => {
        columns[index] = decoded(column);
      });
      running.push(joined);
      await joined;
    }
  });
  // (Failures are those of `running`.)
  for (const each of helped) each.catch(() => undefined);
  // Helpers that are ready take a column first.
  await pauser(0)();
  await inTurns(
    (function* joining(): Steps<void> {
      for (let task = tasks.shift(); task; task = tasks.shift()) {
        columns[task.index] = decoded(yield* joinColumn({ ...common, parts: task.parts }, false));
        yield;
      }
    })(),
    signal,
  );
  await Promise.all(running);
  signal?.throwIfAborted();
  return columns;
}

/** Those with the most texts come last. */
function tasksOf(parts: readonly ScannedPart[], width: number): Task[] {
  const tasks = Array.from({ length: width }, (_, index) => {
    const own = parts.map(({ columns }) => columns[index]!);
    return { index, parts: own, texts: own.reduce((sum, { texts }) => sum + (texts?.size ?? 0), 0) };
  });
  return tasks.sort((a, b) => a.texts - b.texts);
}
