/** Tables as a test makes them up, and one that people have measured. */
import path from 'node:path';
import { NO_SAMPLES } from '../../src/data/samples.js';
import { encodeParts } from '../../src/data/table/encode-parts.js';
import type { Table } from '../../src/data/table/read-table.js';
import type { Scale } from '../../src/data/table/scaling.js';
import { root } from './paths.js';

/** Fisher's irises: 150 rows of four numbers and a species. examples/README.md says where it is from. */
export const IRIS = path.join(root, 'examples/iris.csv');

/** CSV as RFC 4180 has it: quoted where that is needed, or everywhere. */
export function csvOf(
  rows: readonly (readonly (string | number)[])[],
  { delimiter = ',', end = '\n', quoteAll = false } = {},
): string {
  const cell = (value: string | number) => {
    const text = String(value);
    return quoteAll || /["\r\n,;\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => `${row.map(cell).join(delimiter)}${end}`).join('');
}

/** All rows, encoded as if all of them were trained on. */
export function encodedRows({ facts, samples }: Table, scale: Scale = 'none') {
  const { used, table, summaries } = encodeParts(
    { train: samples, validation: NO_SAMPLES, test: NO_SAMPLES },
    facts,
    scale,
  );
  const { inputs, train } = used;
  const rows = Array.from({ length: train.count }, (_, s) => {
    const row = new Float32Array(inputs);
    train.table!.writeDense(s, inputs, row, 0);
    return [...row];
  });
  return { rows, inputs, table, summaries, train };
}
