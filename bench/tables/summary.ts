/** What the results of bench/tables.ts say, over the seeds of a table and over all tables. */
import { type Difference, holm, meanOf, pairedDifference, ranksOf } from '../support/paired.js';
import type { Trial } from './lockstep.js';
import { type Results, SYSTEMS, type System } from './results.js';

/** Holm's correction keeps the chance that any table is called worse by mistake below this. */
const LEVEL = 0.05;
const STANDARD_ERRORS = 2;
export const MEASURES = ['error', 'loss'] as const;
export type Measure = (typeof MEASURES)[number];

/** Lockstep − MLP: positive is worse. */
export interface Compared extends Difference {
  /** By Holm, over all tables that have more than one seed. */
  readonly adjusted: number;
  readonly verdict: 'worse' | 'better' | 'same';
}

export interface TableSummary {
  readonly table: string;
  readonly trial: Trial;
  readonly seeds: number;
  /** Means over the seeds, by system. The loss of numbers is absent. */
  readonly means: Readonly<Record<Measure, readonly (number | undefined)[]>>;
  readonly compared: Readonly<Record<Measure, Compared | undefined>>;
}

/** The tables for which all systems have the same seeds. */
export function summaryOf(results: Results, tables: readonly string[]): readonly TableSummary[] {
  const complete = tables.flatMap((table) => {
    const { trial, scores } = results.of(table);
    const seeds = [...scores.get('Lockstep')!.keys()].filter((seed) =>
      SYSTEMS.every((each) => scores.get(each)!.has(seed)),
    );
    if (!trial || seeds.length === 0) return [];
    const valuesOf = (system: System, measure: Measure) => {
      const values = seeds.map((seed) => scores.get(system)!.get(seed)![measure]);
      return values.includes(undefined) ? undefined : (values as number[]);
    };
    const means = byMeasure((measure) =>
      SYSTEMS.map((system) => {
        const values = valuesOf(system, measure);
        return values && meanOf(values);
      }),
    );
    const differences = byMeasure((measure) => {
      const [ours, theirs] = [valuesOf('Lockstep', measure), valuesOf('MLP', measure)];
      return ours && theirs && ours.length > 1 ? pairedDifference(ours, theirs) : undefined;
    });
    return [{ table, trial, seeds: seeds.length, means, differences }];
  });
  const adjusted = byMeasure((measure) => {
    const tested = complete.filter(({ differences }) => differences[measure]);
    const ps = holm(tested.map(({ differences }) => differences[measure]!.p));
    return new Map(tested.map(({ table }, i) => [table, ps[i]!]));
  });
  return complete.map(({ differences, ...others }) => {
    const compared = byMeasure((measure) => {
      const difference = differences[measure];
      return difference && verdictOf(difference, adjusted[measure].get(others.table)!);
    });
    return { ...others, compared };
  });
}

function byMeasure<Value>(make: (measure: Measure) => Value): Record<Measure, Value> {
  return { error: make('error'), loss: make('loss') };
}

function verdictOf(difference: Difference, adjusted: number): Compared {
  const isClear = adjusted < LEVEL && Math.abs(difference.mean) > STANDARD_ERRORS * difference.standardError;
  return { ...difference, adjusted, verdict: !isClear ? 'same' : difference.mean > 0 ? 'worse' : 'better' };
}

/** The mean rank of some systems over the tables, by their means. */
export function meanRanks(
  summaries: readonly TableSummary[],
  measure: Measure,
  systems: readonly System[],
): { readonly tables: number; readonly ranks: readonly number[] } {
  const means = summaries.flatMap((each) => {
    const values = systems.map((system) => each.means[measure][SYSTEMS.indexOf(system)]);
    return values.includes(undefined) ? [] : [values as number[]];
  });
  const ranks = means.map(ranksOf);
  return { tables: ranks.length, ranks: systems.map((_, i) => meanOf(ranks.map((each) => each[i]!))) };
}
