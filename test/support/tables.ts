/** Tables as a test makes them up, and one that people have measured. */
import path from 'node:path';
import { NO_SAMPLES, type Samples } from '../../src/data/samples.js';
import { encodeParts } from '../../src/data/table/encode-parts.js';
import type { Table } from '../../src/data/table/read-table.js';
import type { Scale } from '../../src/data/table/scaling.js';
import { atOnce } from '../../src/data/table/steps.js';
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
  const { used, table, summaries } = atOnce(
    encodeParts({ train: samples, validation: NO_SAMPLES, test: NO_SAMPLES }, facts, scale),
  );
  const { inputs, train } = used;
  const rows = denseRows(train, inputs);
  return { rows, inputs, table, summaries, train };
}

/** All inputs of the rows of a table. */
export function denseRows({ table, count }: Samples, inputs: number): number[][] {
  const values = new Float32Array(count * inputs);
  atOnce(table!.writeDense(count, inputs, values, 0));
  return Array.from({ length: count }, (_, s) => [...values.subarray(s * inputs, (s + 1) * inputs)]);
}

/** As `denseRows`, from the sparse form. */
export function sparseRows({ table, count }: Samples, inputs: number): number[][] {
  const starts = new Uint32Array(count + 1);
  const nonzeros = atOnce(table!.countNonzeros(count));
  const [index, value] = [new Uint32Array(nonzeros), new Float32Array(nonzeros)];
  atOnce(table!.write(count, starts, index, value));
  if (starts[count] !== nonzeros) throw new Error(`${starts[count]} inputs, and ${nonzeros} counted`);
  return Array.from({ length: count }, (_, s) => {
    const row = new Array<number>(inputs).fill(0);
    let last = -1;
    for (let k = starts[s]!; k < starts[s + 1]!; k++) {
      if (index[k]! <= last || value[k] === 0) throw new Error('inputs out of order, or zero');
      last = index[k]!;
      row[last] = value[k]!;
    }
    return row;
  });
}
