/** Whether a label column is likely to hold classes. */
import type { TableFacts } from './table-metadata.js';

/** Up to this number, values are plausible classes (grades, years, ratings). */
const FEW_CLASSES = 20;
/** With fewer rows per class on average, numbers look like a numeric target. */
const ROWS_PER_NUMBER = 10;
/** With fewer rows per class on average, texts look like identifiers. */
const ROWS_PER_TEXT = 2;

/**
 * A warning if the label looks like a numeric target or an identifier.
 *
 * @param rows  of the table
 */
export function doubtAbout(
  { label, classNames }: Pick<TableFacts, 'label' | 'classNames'>,
  rows: number,
): string | undefined {
  const count = classNames.length;
  if (count <= FEW_CLASSES) return undefined;
  const areNumbers = classNames.every((name) => typeof name === 'number');
  const areFractions = areNumbers && !classNames.every(Number.isInteger);
  if (!areFractions && rows >= count * (areNumbers ? ROWS_PER_NUMBER : ROWS_PER_TEXT)) return undefined;
  const column = label.name ?? `column ${label.position + 1}`;
  const advice = areNumbers ? 'for regression, use --target instead of --label' : 'check that it is the label';
  return `--label ${column}: ${count} different values in ${rows} rows, each a class of its own; ${advice}`;
}
