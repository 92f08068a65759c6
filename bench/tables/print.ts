/** Prints the results of bench/tables.ts. */
import { cpus } from 'node:os';
import { type Difference, meanOf } from '../support/paired.js';
import { type Column, heading, row } from '../support/table.js';
import type { Package } from './catalog.js';
import { NETWORKS, REASONS, TREES } from './peers.js';
import { type Results, SYSTEMS, type System } from './results.js';
import {
  type Compared,
  differentTables,
  isBeyond,
  MEASURES,
  type Measure,
  meanRanks,
  SIDES,
  type Side,
  summaryOf,
  type TableSummary,
  variantSummaryOf,
} from './summary.js';
import { VARIANT_NAMES } from './variants.js';

interface Format {
  /** NDJSON instead of a table. */
  readonly json: boolean;
  readonly markdown: boolean;
}

/** Beside Lockstep's error or loss. */
const OTHERS = [
  { title: 'MLP', width: 6 },
  { title: 'difference', width: 18 },
  { title: 'NumPy', width: 7 },
  { title: 'Hist', width: 6 },
  { title: 'LightGBM', width: 8 },
] as const;
const COLUMNS: Column[] = [
  { title: 'table', width: 44 },
  { title: 'rows', width: 6 },
  { title: 'inputs', width: 6 },
  { title: 'seeds', width: 5 },
  ...MEASURES.flatMap((title) => [{ title, width: 6 }, ...OTHERS]),
];
/** Marks a difference that is significant after Holm's correction. */
const SIGNIFICANT = '*';

export function print(packages: readonly Package[], names: readonly string[], results: Results, format: Format): void {
  const summaries = summaryOf(results, names);
  const failures = names.flatMap((table) => {
    const { failure, trial } = results.of(table);
    return failure !== undefined && !trial ? [{ table, failure }] : [];
  });
  const trained = names.filter((table) => results.of(table).trial).length;
  const rankings = MEASURES.flatMap((measure) =>
    [TREES, ['MLP', ...TREES] as const].map((others) => {
      const systems = ['Lockstep', ...others] as const;
      const { tables: count, ranks } = meanRanks(summaries, measure, systems);
      return { measure, tables: count, ranks: Object.fromEntries(systems.map((system, i) => [system, ranks[i]!])) };
    }),
  );
  const variants = VARIANT_NAMES.flatMap((variant) => {
    const summary = variantSummaryOf(results, names, variant);
    return summary ? [{ variant, ...summary }] : [];
  });
  if (format.json) {
    for (const { folder: _, ...each } of packages) console.log(JSON.stringify({ package: each }));
    for (const each of [...failures, ...summaries]) console.log(JSON.stringify(each));
    for (const each of [...rankings, ...variants]) console.log(JSON.stringify(each));
    return;
  }
  console.log(`${cpus()[0]?.model}, Node ${process.versions.node}`);
  for (const { name, version, license } of packages) console.log(`${name} ${version}, license: ${license}`);
  console.log(`\n${trained} of ${names.length} tables trained and predicted`);
  for (const { table, failure } of failures) console.log(`${table}: ${failure}`);
  console.log();
  const isMarkdown = format.markdown;
  const line = (cells: readonly string[]) => (isMarkdown ? `| ${cells.join(' | ')} |` : row(COLUMNS, cells));
  console.log(isMarkdown ? line(COLUMNS.map(({ title }) => title)) : heading(COLUMNS));
  if (isMarkdown) console.log(`| --- |${' ---: |'.repeat(COLUMNS.length - 1)}`);
  for (const summary of summaries) console.log(line(cellsOf(summary)));
  console.log();
  for (const [measure, network] of MEASURES.flatMap((each) => NETWORKS.map((network) => [each, network] as const))) {
    const tested = summaries.flatMap(({ compared }) => compared[measure][network] ?? []);
    const countOf = (side: Side) => {
      const clear = tested.filter((each) => isBeyond(each, side));
      return `${clear.filter(({ isSignificant }) => isSignificant).length} ${side} (${clear.length} before Holm's correction)`;
    };
    const sides = SIDES.map(countOf).join(', ');
    console.log(`${measure}, Lockstep beside ${network} on ${tested.length} tables: significantly ${sides}`);
  }
  for (const table of differentTables(summaries)) console.log(reasonsOf(table, results));
  for (const { measure, tables: count, ranks } of rankings) {
    const all = Object.entries(ranks).map(([system, rank]) => `${system} ${rank.toFixed(2)}`);
    console.log(`mean rank by ${measure}, ${count} tables: ${all.join(', ')}`);
  }
  for (const { variant, tables, error, loss } of variants) {
    const change = (difference: Difference, factor: number, digits: number) =>
      `${(factor * difference.mean).toFixed(digits)} ± ${(factor * difference.standardError).toFixed(digits)}`;
    console.log(`${variant}, ${tables} tables: error ${change(error, 100, 2)} %, loss ${change(loss, 1, 4)}`);
  }
}

/** Mean losses of the networks, or errors for numbers. */
function reasonsOf(table: string, results: Results): string {
  const { scores } = results.of(table);
  const means = (['Lockstep', ...NETWORKS, ...REASONS] as const).flatMap((system) => {
    const values = [...scores.get(system)!.values()].map(({ loss, error }) => loss ?? error);
    return values.length > 0 ? [`${system} ${meanOf(values).toFixed(4)}`] : [];
  });
  return `${table}: ${means.join('; ')}`;
}

/** Errors in percent. */
function cellsOf({ table, trial, seeds, means, compared }: TableSummary): string[] {
  const part = (measure: Measure, factor: number, digits: number) => {
    const show = (value: number | undefined) => (value === undefined ? '' : (factor * value).toFixed(digits));
    const { MLP: mlp, NumPy: numpy } = compared[measure];
    const mark = (each: Compared | undefined) => (each?.isSignificant ? SIGNIFICANT : '');
    const own = Object.fromEntries(SYSTEMS.map((system, i) => [system, show(means[measure][i])])) as Record<
      System,
      string
    >;
    const difference = mlp ? `${show(mlp.mean)} ± ${show(mlp.standardError)}${mark(mlp)}` : '';
    return [own.Lockstep, own.MLP, difference, own.NumPy + mark(numpy), own.HistGradientBoosting, own.LightGBM];
  };
  return [
    ...[table, String(trial.rows), String(trial.inputs), String(seeds)],
    ...[...part('error', 100, 2), ...part('loss', 1, 4)],
  ];
}
