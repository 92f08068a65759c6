/** Prints the results of bench/tables.ts. */
import { type Column, heading, row } from '../support/table.js';
import type { Package } from './catalog.js';
import { type Results, SYSTEMS } from './results.js';
import { type Compared, MEASURES, meanRanks, summaryOf, type TableSummary } from './summary.js';

export const FORMATS = ['pretty', 'ndjson', 'markdown'] as const;
export type Format = (typeof FORMATS)[number];

const COLUMNS: Column[] = [
  { title: 'table', width: 44 },
  { title: 'rows', width: 6 },
  { title: 'inputs', width: 6 },
  { title: 'seeds', width: 5 },
  { title: 'Lockstep', width: 8 },
  { title: 'MLP', width: 8 },
  { title: 'difference', width: 14 },
  { title: 'Holm', width: 5 },
  { title: 'Hist', width: 6 },
  { title: 'LGBM', width: 6 },
  { title: 'loss', width: 6 },
  { title: 'MLP', width: 6 },
  { title: 'difference', width: 17 },
  { title: 'Holm', width: 5 },
  { title: 'Hist', width: 6 },
  { title: 'LGBM', width: 6 },
];

export function print(packages: readonly Package[], names: readonly string[], results: Results, format: Format): void {
  const summaries = summaryOf(results, names);
  const failures = names.flatMap((table) => {
    const { failure, trial } = results.of(table);
    return failure !== undefined && !trial ? [{ table, failure }] : [];
  });
  const trained = names.filter((table) => results.of(table).trial).length;
  const rankings = MEASURES.flatMap((measure) =>
    [SYSTEMS.filter((system) => system !== 'MLP'), SYSTEMS].map((systems) => {
      const { tables: count, ranks } = meanRanks(summaries, measure, systems);
      return { measure, tables: count, ranks: Object.fromEntries(systems.map((system, i) => [system, ranks[i]!])) };
    }),
  );
  if (format === 'ndjson') {
    for (const { folder: _, ...each } of packages) console.log(JSON.stringify({ package: each }));
    for (const each of [...failures, ...summaries]) console.log(JSON.stringify(each));
    for (const each of rankings) console.log(JSON.stringify(each));
    return;
  }
  for (const { name, version, license } of packages) console.log(`${name} ${version}, license: ${license}`);
  console.log(`\n${trained} of ${names.length} tables trained and predicted`);
  for (const { table, failure } of failures) console.log(`${table}: ${failure}`);
  console.log();
  const isMarkdown = format === 'markdown';
  const line = (cells: readonly string[]) => (isMarkdown ? `| ${cells.join(' | ')} |` : row(COLUMNS, cells));
  console.log(isMarkdown ? line(COLUMNS.map(({ title }) => title)) : heading(COLUMNS));
  if (isMarkdown) console.log(`|${' --- |'.repeat(1)}${' ---: |'.repeat(COLUMNS.length - 1)}`);
  for (const summary of summaries) console.log(line(cellsOf(summary)));
  for (const measure of MEASURES) {
    const verdicts = summaries.flatMap(({ compared }) => compared[measure]?.verdict ?? []);
    const count = (verdict: Compared['verdict']) => verdicts.filter((each) => each === verdict).length;
    const counts = (['better', 'same', 'worse'] as const).map((verdict) => `${count(verdict)} ${verdict}`);
    console.log(`\n${measure}, Lockstep beside the MLP: ${counts.join(', ')}`);
  }
  for (const { measure, tables: count, ranks } of rankings) {
    const all = Object.entries(ranks).map(([system, rank]) => `${system} ${rank.toFixed(2)}`);
    console.log(`mean rank by ${measure}, ${count} tables: ${all.join(', ')}`);
  }
}

/** Errors in percent. */
function cellsOf({ table, trial, seeds, means, compared }: TableSummary): string[] {
  const part = (measure: 'error' | 'loss', factor: number, digits: number) => {
    const show = (value: number | undefined) => (value === undefined ? '' : (factor * value).toFixed(digits));
    const [ours, mlp, hist, light] = means[measure].map(show);
    const tested = compared[measure];
    const difference = tested ? `${show(tested.mean)} ± ${show(tested.standardError)}` : '';
    return [ours!, mlp!, difference, tested ? tested.adjusted.toFixed(3) : '', hist!, light!];
  };
  return [
    table,
    String(trial.rows),
    String(trial.inputs),
    String(seeds),
    ...part('error', 100, 2),
    ...part('loss', 1, 4),
  ];
}
