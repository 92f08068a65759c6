/** The table that the programs of test/reliability print, and their exit status. */
import type { Tally } from './judge.js';

const SHOWN_VIOLATIONS = 20;

/** @returns whether nothing was violated */
export function report(tallies: readonly Tally[]): boolean {
  const head = ['kind', 'cases', 'refused', 'same content', 'not noticeable', 'violations', 'most buffers', 'seconds'];
  const rows = tallies.map((tally) => [
    tally.kind,
    count(tally.cases),
    count(tally.refused),
    count(tally.unharmed),
    count(tally.unnoticeable),
    count(tally.violations.length),
    tally.mostBytes === 0 ? '–' : `${(tally.mostBytes / 1024).toFixed(1)} KiB`,
    tally.seconds.toFixed(1),
  ]);
  const widths = head.map((title, c) => Math.max(title.length, ...rows.map((row) => row[c]!.length)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!))).join('  ');
  console.log(line(head));
  for (const row of rows) console.log(line(row));

  const violations = tallies.flatMap(({ kind, violations: found }) => found.map((each) => `${kind}: ${each}`));
  for (const violation of violations.slice(0, SHOWN_VIOLATIONS)) console.log(`VIOLATED ${violation}`);
  if (violations.length > SHOWN_VIOLATIONS) console.log(`… and ${violations.length - SHOWN_VIOLATIONS} more`);
  console.log(
    `Peak resident set: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB, Node ${process.versions.node}`,
  );
  return violations.length === 0;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
