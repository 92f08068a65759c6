/** Odd names and levels mean the same when a table is trained on and when its rows are predicted, in every form. */
import { afterAll, describe, expect, it } from 'vitest';
import { fit as fitted, loadModel } from '../../../src/index.js';
import { collect } from '../../support/events.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { runHere } from '../../support/run-here.js';
import { csvOf } from '../../support/tables.js';
import { valuesOf } from '../../support/thoroughness.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const save = `${folder.path}/m.safetensors`;

const ODD = [
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', 'a\nb', 'a\r\nb', 'q"q', "q'q", 'a,b', 'a=b'],
  ...['\u0001', '\u001b[31m', '\u2028', '\u00a0a', 'a\u00a0', '\u3000', '\ufeffa', '\u202e', 'e\u0301', '😀', '\u0085'],
  ...['x'.repeat(valuesOf(100_000, 10_000)), '3', '0', 'true', 'id', 'x', 'None'],
];

/** By `predict`, without what differs by the form. */
async function predicted(args: readonly string[], input = ''): Promise<unknown[]> {
  const { stdout, stderr } = await runHere(['predict', save, ...args, '--format', 'ndjson'], input);
  expect(stderr).toBe('');
  const lines = stdout.split('\n').filter(Boolean);
  return lines.map((line) => (JSON.parse(line) as { probabilities: unknown }).probabilities);
}

const objectOf = (names: readonly string[], cells: readonly string[]) =>
  Object.fromEntries(names.map((name, i) => [name, cells[i]!]));

it('levels', async () => {
  const names = ['level', 'b', 'kind'];
  const rows = Array.from({ length: 4 * ODD.length }, (_, i) => [
    ODD[i % ODD.length]!,
    String(i % 5),
    ['p', 'q', 'r'][i % 3]!,
  ]);
  const data = folder.write('levels.csv', csvOf([names, ...rows]));
  const { start } = await collect({ data, label: 'kind', testSplit: 0, hidden: [6], epochs: 2, threads: 1, save });
  // (None is a missing cell.)
  expect(new Set(start.columns![0]!.levels)).toEqual(new Set(ODD.filter((each) => each !== 'None')));
  const ofCsv = await predicted([data]);
  const objects = rows.map((row) => objectOf(names, row));
  expect(await predicted([], objects.map((each) => JSON.stringify(each)).join('\n'))).toEqual(ofCsv);
  const network = await loadModel(save);
  expect(objects.map((each) => [...network.predict(network.sampleOf(each)).probabilities])).toEqual(ofCsv);
  expect(network.takeUnseenLevels().size).toBe(0);
  const model = await fitted({
    ...{ data: { rows: objects, label: 'kind' }, testSplit: 0, hidden: [6], epochs: 2, threads: 1 },
  });
  expect(objects.map((each) => [...model.predict(each).probabilities])).toEqual(ofCsv);
});

describe('names', () => {
  it('all at once', async () => {
    const names = [...ODD, 'kind'];
    const rows = Array.from({ length: 20 }, (_, i) => [...ODD.map((_, k) => String((i * (k + 3)) % 11)), 'pq'[i % 2]!]);
    const data = folder.write('names.csv', csvOf([names, ...rows]));
    const job = { label: 'kind', testSplit: 0, hidden: [6], epochs: 2, threads: 1 };
    const { start, end } = await collect({ ...job, data, save });
    expect(start.columns!.map(({ name }) => name)).toEqual(ODD);
    const ofCsv = await predicted([data]);
    // (An object would have names that are numbers first.)
    const linesWith = (nameOf: (name: string) => string) =>
      rows
        .map(
          (row) => `{${row.map((cell, i) => `${JSON.stringify(nameOf(names[i]!))}:${JSON.stringify(cell)}`).join()}}`,
        )
        .join('\n');
    const lines = linesWith((name) => name);
    expect(await predicted([], lines)).toEqual(ofCsv);
    // Blanks around names do not count: neither in training nor in prediction.
    const spaced = linesWith((name) => ` ${name}\t`);
    expect(await predicted([], spaced)).toEqual(ofCsv);
    for (const text of [lines, spaced]) {
      const { end: other } = await collect({ ...job, data: folder.write('names.ndjson', text) });
      expect(other.weights_sha256).toBe(end.weights_sha256);
    }
  });
});
