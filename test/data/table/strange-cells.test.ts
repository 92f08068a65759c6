/** Tables of strange cells: refused as the house refuses, or encoded alike as a table and row by row, to finite inputs. */
import { expect, it } from 'vitest';
import { NO_SAMPLES, type Samples } from '../../../src/data/samples.js';
import { type Cell, cellOf } from '../../../src/data/table/cells.js';
import { classesOf, NO_CLASS } from '../../../src/data/table/classes.js';
import { chooseColumns } from '../../../src/data/table/columns.js';
import { encodeParts } from '../../../src/data/table/encode-parts.js';
import { matchColumns } from '../../../src/data/table/match-columns.js';
import { MissingValues } from '../../../src/data/table/missing.js';
import type { RawColumn, RawTable } from '../../../src/data/table/raw-table.js';
import { RowEncoder } from '../../../src/data/table/row-encoder.js';
import { atOnce } from '../../../src/data/table/steps.js';
import { type TableFacts, tableIn, tableMetadata } from '../../../src/data/table/table-metadata.js';
import { TableRows } from '../../../src/data/table/table-rows.js';
import { isBad, type TypedColumn, typeColumn } from '../../../src/data/table/typed-table.js';
import { Random } from '../../../src/model/random.js';
import { verdictOf } from '../../support/judge.js';
import { once, pick } from '../../support/mutate.js';
import { denseRows } from '../../support/tables.js';
import { valuesOf } from '../../support/thoroughness.js';

const STRANGE = [
  ...['', 'NA', '?', 'none', 'None', 'NaN', '-', 'a', 'B', 'true', 'True', 'FALSE', '1e999', '-inf', '1e-400', '-0'],
  ...['constructor', '__proto__', '9007199254740993', '007', '0x1', '1,5', 'a=b', '"', '\ud800', 'é', 'e\u0301', '😀'],
  ...['2026-01-01', '2026-13-01', '0000-01-01', '9999-12-31T23:59:59.999999999+14:00', '1'.repeat(400)],
];
const NAMES = ['id', '', 'a', '__proto__', 'x=y', 'row', '1', 'constructor'];

type Source = (random: Random) => unknown;

const SOURCES: readonly Source[] = [
  (random) => pick(STRANGE, random),
  (random) => random.below(100_000) / 100,
  (random) => random.below(5),
  (random) => pick(['x', 'y', 'z', ''], random),
  (random) => new Date(1e6 * random.below(4_000_000)).toISOString(),
  (random) => (1 + random.below(1000)) * 10 ** (random.below(80) - 40),
  (random) => `n${random.below(1_000_000)}`,
];

function rawColumn(cells: readonly Cell[]): RawColumn {
  const texts = [...new Set(cells.filter((cell) => typeof cell === 'string'))];
  return {
    numbers: Float64Array.from(cells, (cell) => (typeof cell === 'number' ? cell : Number.NaN)),
    codes: Uint32Array.from(cells, (cell) => (typeof cell === 'number' ? 0 : 1 + texts.indexOf(cell))),
    texts,
  };
}

/** A table whose first column is the label. */
function someTable(random: Random): { readonly raw: RawTable; readonly cells: readonly (readonly Cell[])[] } {
  const count = 1 + random.below(30);
  const width = 2 + random.below(5);
  const cells = Array.from({ length: width }, (_, c) => {
    const usual: Source = c === 0 ? () => pick(['p', 'q', ''], random) : pick(SOURCES, random);
    const other = pick(SOURCES, random);
    const often = pick([1000, 1000, 20, 2], random);
    return Array.from({ length: count }, () => cellOf((random.below(often) === 0 ? other : usual)(random)));
  });
  const hasHeader = !once(5, random);
  const names = cells.map((_, c) => (hasHeader ? `${pick(NAMES, random)}${c > 1 ? c : ''}` : String(c + 1)));
  if (names[0] === names[1]) names[0] = 'label';
  return { raw: { names, hasHeader, count, columns: cells.map(rawColumn), lineOf: (row) => row + 2 }, cells };
}

function encodedAlike(random: Random): 'taken' | 'misfit' {
  const { raw, cells } = someTable(random);
  const missing = { mode: 'fill', values: once(3, random) ? [pick(STRANGE, random), '0'] : [] } as const;
  const values = new MissingValues(missing.values);
  const types = once(3, random)
    ? [`${1 + random.below(raw.names.length)}=${pick(['number', 'category', 'date'], random)}`]
    : undefined;
  const { inputs: columns } = atOnce(chooseColumns('T', raw, [0], { types }, values));
  const { names: classNames, classes } = atOnce(classesOf('T', 'label', raw.columns[0]!));
  const typed = columns.map(({ position, kind }) => atOnce(typeColumn(raw.columns[position]!, kind, values)));
  if (typed.some(isBad)) return 'misfit';
  const label = { name: raw.hasHeader ? raw.names[0] : undefined, position: 0 };
  const facts: TableFacts = { label, columns, hasNames: raw.hasHeader, width: raw.names.length, missing, classNames };
  const kept = Uint32Array.from(classes.keys()).filter((row) => classes[row] !== NO_CLASS);
  const samplesOf = (rows: Uint32Array): Samples => ({
    ...NO_SAMPLES,
    count: rows.length,
    table: new TableRows(typed as TypedColumn[], rows),
  });
  const trained = kept.filter((_, i) => i === 0 || !once(3, random));
  const parts = { train: samplesOf(trained), validation: NO_SAMPLES, test: samplesOf(kept) };
  const { used, table } = atOnce(encodeParts(parts, facts, pick(['none', 'standard', 'minmax'], random)));
  const rows = denseRows(used.test, used.inputs);
  expect(rows.flat().every(Number.isFinite)).toBe(true);

  const stored = tableIn(tableMetadata(table), [used.inputs, classNames.length]);
  if (typeof stored !== 'object') throw new Error(stored);
  const encoder = new RowEncoder(stored);
  const { positions } = matchColumns('T', raw, stored, undefined, true);
  for (const [s, row] of kept.entries()) {
    const { index, value, length } = encoder.encode(
      positions.map((position) => cells[position]![row]),
      String,
    );
    const single = new Array<number>(used.inputs).fill(0);
    for (let k = 0; k < length; k++) single[index[k]!] = value[k]!;
    expect(single).toEqual(rows[s]);
  }
  return 'taken';
}

it.each(valuesOf([1, 2, 3], [1]))('seed %i', async (seed) => {
  const counts = { taken: 0, misfit: 0, refused: 0 };
  for (let index = 0; index < 400; index++) {
    const random = new Random(seed, index);
    const { value, violation } = await verdictOf(async () => encodedAlike(random));
    expect(violation, `case ${index}`).toBeUndefined();
    counts[value ?? 'refused']++;
  }
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(20);
});
