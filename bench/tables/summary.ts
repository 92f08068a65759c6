/** What the results of bench/tables.ts say, over the seeds of a table and over all tables. */
import { type Difference, holm, meanOf, pairedDifference, ranksOf } from '../support/paired.js';
import type { Trial } from './lockstep.js';
import type { NETWORKS, Score } from './peers.js';
import { type Results, SYSTEMS, type System } from './results.js';
import type { Variant } from './variants.js';

/** Holm's correction keeps the chance that any table is called worse by mistake below this. */
const LEVEL = 0.05;
const STANDARD_ERRORS = 2;
export const MEASURES = ['error', 'loss'] as const;
export type Measure = (typeof MEASURES)[number];
export type NetworkName = (typeof NETWORKS)[number];

/** Lockstep − another network: positive is worse. */
export interface Compared extends Difference {
  /** By Holm, over all tables that have more than one seed. */
  readonly adjusted: number;
  /** After Holm's correction. */
  readonly isSignificant: boolean;
}

export const SIDES = ['better', 'worse'] as const;
export type Side = (typeof SIDES)[number];

/** Whether the difference is more than two standard errors to this side. */
export function isBeyond({ mean, standardError }: Difference, side: Side): boolean {
  return (side === 'worse' ? mean : -mean) > STANDARD_ERRORS * standardError;
}

export interface TableSummary {
  readonly table: string;
  readonly trial: Trial;
  readonly seeds: number;
  /** Means over the seeds, by system. The loss of numbers is absent. */
  readonly means: Readonly<Record<Measure, readonly (number | undefined)[]>>;
  readonly compared: Readonly<Record<Measure, Readonly<Record<NetworkName, Compared | undefined>>>>;
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
    const differences = byPair((measure, network) => {
      const [ours, theirs] = [valuesOf('Lockstep', measure), valuesOf(network, measure)];
      return ours && theirs && ours.length > 1 ? pairedDifference(ours, theirs) : undefined;
    });
    return [{ table, trial, seeds: seeds.length, means, differences }];
  });
  const adjusted = byPair((measure, network) => {
    const tested = complete.filter(({ differences }) => differences[measure][network]);
    const ps = holm(tested.map(({ differences }) => differences[measure][network]!.p));
    return new Map(tested.map(({ table }, i) => [table, ps[i]!]));
  });
  return complete.map(({ differences, ...others }) => {
    const compared = byPair((measure, network) => {
      const difference = differences[measure][network];
      if (!difference) return undefined;
      const p = adjusted[measure][network].get(others.table)!;
      const isClear = SIDES.some((side) => isBeyond(difference, side));
      return { ...difference, adjusted: p, isSignificant: isClear && p < LEVEL };
    });
    return { ...others, compared };
  });
}

function byMeasure<Value>(make: (measure: Measure) => Value): Record<Measure, Value> {
  return { error: make('error'), loss: make('loss') };
}

function byPair<Value>(make: (measure: Measure, network: NetworkName) => Value) {
  return byMeasure((measure) => ({ MLP: make(measure, 'MLP'), NumPy: make(measure, 'NumPy') }));
}

/** Tables on which Lockstep differs significantly from scikit-learn's network, by error or by loss. */
export function differentTables(summaries: readonly TableSummary[]): readonly string[] {
  return summaries
    .filter(({ compared }) => MEASURES.some((measure) => compared[measure].MLP?.isSignificant))
    .map(({ table }) => table);
}

/** What a changed default does: means and standard errors over the tables, of means over the seeds. */
export interface VariantSummary {
  readonly tables: number;
  /** Changed − default. */
  readonly error: Difference;
  readonly loss: Difference;
}

/** Tables of classes that have both. @returns undefined if there are none */
export function variantSummaryOf(
  results: Results,
  tables: readonly string[],
  variant: Variant,
): VariantSummary | undefined {
  const pairs = tables.flatMap((table) => {
    const { scores } = results.of(table);
    const [changed, own] = [scores.get(variant)!, scores.get('Lockstep')!];
    const seeds = [...changed.keys()].filter((seed) => own.get(seed)?.loss !== undefined);
    const mean = (of: ReadonlyMap<number, Score>, measure: Measure) =>
      meanOf(seeds.map((seed) => of.get(seed)![measure]!));
    const pair = (measure: Measure) => ({ changed: mean(changed, measure), own: mean(own, measure) });
    return seeds.length > 0 ? [byMeasure(pair)] : [];
  });
  if (pairs.length === 0) return undefined;
  const differences = byMeasure((measure) =>
    pairedDifference(
      pairs.map((pair) => pair[measure].changed),
      pairs.map((pair) => pair[measure].own),
    ),
  );
  return { tables: pairs.length, ...differences };
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
