/** Whether a label column is likely to hold classes. */
import type { TableFacts } from './facts.js';

/** As many may be marks, years or half stars. */
const FEW_CLASSES = 20;
/** On average: with fewer, numbers are measured or counted rather than named. */
const ROWS_OF_A_NUMBER = 10;
/** Names that tell the rows apart. */
const ROWS_OF_A_TEXT = 2;

/**
 * What to say of a label that looks like something else: a number to be estimated, or a name of each row's own.
 *
 * @param rows  of the table
 */
export function doubtAbout({ label, classNames }: TableFacts, rows: number): string | undefined {
  const count = classNames.length;
  if (count <= FEW_CLASSES) return undefined;
  const areNumbers = classNames.every((name) => typeof name === 'number');
  const areFractions = areNumbers && !classNames.every(Number.isInteger);
  if (!areFractions && rows >= count * (areNumbers ? ROWS_OF_A_NUMBER : ROWS_OF_A_TEXT)) return undefined;
  const column = label.name ?? `column ${label.position + 1}`;
  const advice = areNumbers ? 'a number to be estimated has to be cut into a few ranges first' : 'is it the label?';
  return `--label ${column}: ${count} different values in ${rows} rows, and each is a class of its own; ${advice}`;
}
