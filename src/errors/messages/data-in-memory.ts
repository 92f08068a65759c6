/** Data in the memory of a program. */
import { grouped } from '../../text/grouped.js';
import { failure, usage } from '../draft.js';
import { shown, withType } from '../shown.js';

export const dataInMemoryErrors = {
  dataInMemory: (option: string, problem: string) => usage(`\`${option}\`: ${problem}`),
  unknownField: (option: string, name: string, known: readonly string[]) =>
    usage(`\`${option}\`: no such field: ${shown(name)}; expected ${known.join(', ')}`),
  testImages: () =>
    usage(
      '`testData`: only for tables; pass test images in `data`: { images, shape, labels, test: { images, shape, labels } }',
    ),
  optionOfFiles: (option: string) =>
    usage(`\`${option}\`: only for files, but \`data\` is a table in memory; omit this option`),
  eventsUnseen: (option: string, found: unknown) =>
    usage(`\`${option}\` ${shown(found)}: requires \`onEvent\`, which receives these metrics`),
  givenTwice: (option: string) => usage(`\`${option}\`: given in \`data\` and as an option; give it once`),
  /** @param found  what has no meaning as a cell */
  cellInMemory: (data: string, row: number, column: string, found: unknown) =>
    failure(
      `${data}: row ${grouped(row)}, ${column}: ${withType(found)}; expected a number, string, boolean, Date, bigint, null or undefined`,
    ),
  rowInMemory: (data: string, row: number, found: unknown, expected: string) =>
    failure(`${data}: row ${grouped(row)}: ${withType(found)}; expected ${expected}`),
};
