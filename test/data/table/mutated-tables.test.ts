/** Tables with random damage: taken or refused as the house refuses, and never taken for what they are not. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { readRawTable } from '../../../src/data/table/read-raw-table.js';
import { readTable } from '../../../src/data/table/read-table.js';
import { Random } from '../../../src/model/random.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { verdictOf } from '../../support/judge.js';
import { mutateBytes, once, pick } from '../../support/mutate.js';
import { referenceCsv, referenceJson } from '../../support/reference-table.js';
import { csvOf, encodedRows, IRIS } from '../../support/tables.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const rows = readFileSync(IRIS, 'utf8')
  .trim()
  .split('\n')
  .filter((_, i) => i === 0 || i % 3 === 1)
  .map((line) => line.split(','));
const objects = rows
  .slice(1)
  .map((row) => JSON.stringify(Object.fromEntries(rows[0]!.map((name, i) => [name, row[i]]))));
/** Categories, dates and missing cells. */
const mixed = [
  ['sepal_length', 'island', 'when', 'wild', 'species'],
  ...Array.from({ length: 40 }, (_, i) => [
    i % 9 === 0 ? 'NA' : `${i % 7}.${i % 10}`,
    i % 8 === 0 ? '' : ['north', 'east', '12', 'south'][i % 4]!,
    i % 6 === 0 ? '?' : new Date(1.7e12 + 3.1e9 * i).toISOString().slice(0, i % 5 === 0 ? 10 : 19),
    i % 3 === 0 ? 'true' : 'false',
    i % 11 === 0 ? '' : ['setosa', 'virginica'][i % 2]!,
  ]),
];
const mixedObjects = mixed
  .slice(1)
  .map((row) => JSON.stringify(Object.fromEntries(mixed[0]!.map((name, i) => [name, row[i] === '' ? null : row[i]]))));
const ORIGINALS = [
  csvOf(mixed),
  mixedObjects.join('\n'),
  csvOf(rows),
  csvOf(rows, { quoteAll: true, end: '\r\n', delimiter: ';' }),
  objects.join('\n'),
].map((text) => Buffer.from(text));

/** One to three characters are others, of those that tables are made of. */
function misspelt(text: Uint8Array, random: Random): Uint8Array {
  const changed = Uint8Array.from(text);
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    changed[random.below(changed.length)] = pick([...Buffer.from('0123456789.-+e,;"{}[]: \n\r\t')], random);
  }
  return changed;
}

/** With the slow parsers, but the delimiter and the header that the reader has found. */
async function recordsIn(file: string, bytes: Uint8Array, label: string): Promise<number> {
  const { delimiter, hasHeader, count } = await readRawTable(file, { label });
  const rows = delimiter === undefined ? referenceJson(bytes) : referenceCsv(bytes, delimiter);
  // The header may be shorter than the rows.
  if (typeof rows === 'string') return rows === 'ragged' ? count : -1;
  const isOfNames = delimiter === undefined && !rows[0]!.cells.has('#0');
  return hasHeader && !isOfNames ? rows.length - 1 : rows.length;
}

it.each([1, 2, 3])('seed %i', async (seed) => {
  const counts = { taken: 0, refused: 0 };
  for (let index = 0; index < 120; index++) {
    const random = new Random(seed, index);
    const original = pick(ORIGINALS, random);
    const damaged = once(2, random) ? mutateBytes(original, ORIGINALS, random) : misspelt(original, random);
    const file = folder.write('damaged', once(5, random) ? gzipSync(damaged) : damaged);
    const label = pick(['species', '5'], random);
    const { value, message, violation } = await verdictOf(() => readTable(file, { label }));
    expect(violation, `case ${index}`).toBeUndefined();
    if (message !== undefined) counts.refused++;
    if (!value) continue;
    counts.taken++;
    const { facts, samples, leftOut } = value;
    const { rows, inputs } = encodedRows(value, 'standard');
    expect(samples.count + leftOut.unlabeled).toBe(await recordsIn(file, damaged, label));
    expect(rows.every((row) => row.length === inputs && row.every(Number.isFinite))).toBe(true);
    expect(samples.targets.every((each) => each < facts.classNames.length)).toBe(true);
    expect(new Set(facts.classNames).size).toBe(facts.classNames.length);
  }
  expect(Math.min(counts.taken, counts.refused)).toBeGreaterThan(5);
});
