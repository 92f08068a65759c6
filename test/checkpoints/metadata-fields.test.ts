/**
 * Every field of the metadata of tables and of regression targets, missing, of another type or length, or an odd number, with a
 * checksum that is right: refused as the house refuses, or taken, and then as good as any other.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeCheckpoint } from '../../src/checkpoints/checkpoint-file.js';
import { decodeModel, type ModelData } from '../../src/checkpoints/model-file.js';
import { encodeOnnx } from '../../src/tools/export/onnx.js';
import { Network } from '../../src/tools/network.js';
import { verdictOf } from '../support/judge.js';
import { placesIn, type Tree } from '../support/mutate.js';
import { partsOf, sealedFile } from '../support/sealed-file.js';
import { casesOf, valuesOf } from '../support/thoroughness.js';
import { type TinyRun, tinyTableRuns } from '../support/tiny-run.js';

const FIELDS = ['architecture', 'targets', 'input_scaling', 'class_names', 'columns', 'label', 'weight', 'encoding'];
/** What has no place in JSON, and yet is a number for some readers. */
const RAW = ['NaN', '1e999', '-1e999', '-0', '1'.repeat(400)];

/** @returns the JSON of other values of the field; undefined: without it */
function othersOf(value: unknown): (string | undefined)[] {
  const list = Array.isArray(value)
    ? [value.slice(1), value.slice(0, -1), [...value, value[0] ?? 1], [...value].reverse(), value.map(() => value[0])]
    : [];
  const near = typeof value === 'number' ? [value + 1, value - 1, -value, value + 0.5, String(value)] : [];
  const text = typeof value === 'string' ? [`${value}x`, value.slice(1), '__proto__', 'constructor'] : [];
  const odd = [null, true, false, '', '1', 0, 1, -1, 0.5, 1e39, 1e308, 5e-324, 2 ** 31, 2 ** 53, [], {}, [[]], [null]];
  return [undefined, ...RAW, ...[...list, ...near, ...text, ...odd].map((each) => JSON.stringify(each))];
}

const MARK = '@@other@@';

/** Each change, and the file that has it. */
function* changesOf(file: Uint8Array): Generator<readonly [string, Uint8Array]> {
  const { json, body } = partsOf(file);
  const header = JSON.parse(json) as { __metadata__: Record<string, string> };
  const { __metadata__: metadata } = header;
  const sealed = (name: string, text: string | undefined) => {
    const { [name]: _, ...others } = metadata;
    const changed = text === undefined ? others : { ...others, [name]: text };
    return sealedFile(JSON.stringify({ ...header, __metadata__: changed }), body);
  };
  for (const name of FIELDS.filter((each) => each in metadata)) {
    const tree = { [name]: JSON.parse(metadata[name]!) as unknown };
    for (const { parent, key } of placesIn(tree)) {
      const own = parent[key];
      for (const other of othersOf(own)) {
        if (other === undefined) delete (parent as Tree)[key];
        else parent[key] = MARK;
        const text = tree[name] === undefined ? undefined : JSON.stringify(tree[name]);
        parent[key] = own;
        const where = `${name}: ${key} of ${JSON.stringify(own)?.slice(0, 60)} becomes ${other?.slice(0, 60)}`;
        yield [where, sealed(name, other === undefined ? text : text!.replace(`"${MARK}"`, () => other))];
      }
    }
    for (const text of ['', '{', 'null', '[]', '{}', '"x"', '['.repeat(5000)])
      yield [`${name}: ${text}`, sealed(name, text)];
  }
}

/** What is wrong with a model that is taken. */
async function wrongUse(model: ModelData): Promise<string | undefined> {
  const { violation } = await verdictOf(() => {
    const network = new Network(model);
    const { columns } = model.table ?? { columns: [] };
    const use = (cells: readonly (string | null)[]) =>
      network.targets.length > 0 ? network.estimate(cells) : network.predict(cells).probabilities;
    for (const numbers of [use(columns.map(() => null)), use(columns.map(({ kind }) => CELLS[kind]))]) {
      if (!numbers.every(Number.isFinite)) throw new TypeError(`predicts ${numbers.join()}`);
    }
    encodeOnnx(model, undefined);
  });
  return violation;
}

const CELLS = { number: '1.5', category: 'north', date: '2026-03-04T05:06' } as const;

let runs: TinyRun[];
beforeAll(async () => {
  runs = await tinyTableRuns();
});
afterAll(() => {
  for (const { remove } of runs) remove();
});

describe('metadata of tables', () => {
  // The last two have the same columns, and hundreds of changes to each.
  const all = [
    [0, 'regression', 1],
    [1, 'weights of rows and classes', 1],
    [2, 'mixed columns', 1],
    [3, 'mixed columns, regression', 5],
  ] as const;
  it.each(casesOf(all, ([run]) => run === 3))('run %i: %s', async (run, _, every) => {
    const file = [...runs[run]!.files.values()].at(-1)!;
    const counts = { taken: 0, refused: 0 };
    const wrong: string[] = [];
    for (const [number, [where, bytes]] of [...changesOf(file)].entries()) {
      if (number % (every * valuesOf(1, 3)) > 0) continue;
      const checkpoint = await verdictOf(() => decodeCheckpoint('x', bytes), 'x');
      const model = await verdictOf(() => decodeModel('x', bytes), 'x');
      const violation = checkpoint.violation ?? model.violation ?? (model.value && (await wrongUse(model.value)));
      if (violation !== undefined) wrong.push(`${where}: ${violation}`);
      counts[model.value ? 'taken' : 'refused']++;
    }
    expect(wrong).toEqual([]);
    expect(counts.refused).toBeGreaterThan(counts.taken);
    expect(counts.taken).toBeGreaterThan(10);
  });
});
