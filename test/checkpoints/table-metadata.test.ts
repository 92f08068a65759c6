/** What a model and a checkpoint say of the table they were trained on: refused where it does not fit, whatever the checksum. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeCheckpoint } from '../../src/checkpoints/checkpoint-file.js';
import { decodeModel } from '../../src/checkpoints/model-file.js';
import { collect } from '../support/events.js';
import { temporaryFolder } from '../support/idx-files.js';
import { refusalOf } from '../support/refusals.js';
import { partsOf, sealedFile } from '../support/sealed-file.js';
import { IRIS } from '../support/tables.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

let checkpoint: Uint8Array;
beforeAll(async () => {
  const given = { data: IRIS, label: 'species', scale: 'standard', hidden: [3], epochs: 1, threads: 1 } as const;
  const { end } = await collect({ ...given, checkpointDir: path.join(folder.path, 'checkpoints') });
  checkpoint = readFileSync(end.checkpoint!);
});

type Metadata = Record<string, string>;

function changed(change: (metadata: Metadata) => void): Uint8Array {
  const { json, body } = partsOf(checkpoint);
  const header = JSON.parse(json) as { __metadata__: Metadata };
  change(header.__metadata__);
  return sealedFile(JSON.stringify(header), body);
}

const scalingWith = (change: object) => (m: Metadata) => {
  m.input_scaling = JSON.stringify({ ...(JSON.parse(m.input_scaling!) as object), ...change });
};

const encodingWith = (change: object) => (m: Metadata) => {
  m.encoding = JSON.stringify({ ...(JSON.parse(m.encoding!) as object), ...change });
};

/** Of the first column. */
const columnWith = (change: object) => (m: Metadata) => {
  const [first, ...others] = (JSON.parse(m.encoding!) as { columns: object[] }).columns;
  encodingWith({ columns: [{ ...first, ...change }, ...others] })(m);
};

it('is taken as it is', () => {
  const same = changed(() => undefined);
  expect(decodeCheckpoint('c', same).table).toEqual(decodeModel('m', same).table);
  expect(decodeModel('m', same).table).toMatchObject({ label: { name: 'species', position: 4 }, scale: 'standard' });
});

describe('what does not fit the layers', () => {
  it.each<[string, (metadata: Metadata) => unknown, string]>([
    ['a class too few', (m) => (m.class_names = '["a","b"]'), 'its class names do not match its outputs'],
    ['a class twice', (m) => (m.class_names = '["a","b","a"]'), 'its class names do not match its outputs'],
    ['a class that is no name', (m) => (m.class_names = '["a","b",null]'), 'its class names do not match its outputs'],
    ['no JSON', (m) => (m.class_names = '['), 'its class names do not match its outputs'],
    ['a column too many', (m) => (m.columns = '["a","b","c","d","e"]'), 'its columns do not match its encoding'],
    ['columns that are none', (m) => (m.columns = '{}'), 'its columns do not match its encoding'],
    ['no label', (m) => delete m.label, 'its label is not a column'],
    ['a label before the first', (m) => (m.label = '{"name":null,"position":0}'), 'its label is not a column'],
    ['an unknown scaling', scalingWith({ method: 'log' }), 'its scaling does not match its inputs'],
    ['a number too few', scalingWith({ subtract: [1, 2, 3] }), 'its scaling does not match its inputs'],
    ['a division by 0', scalingWith({ divide_by: [1, 0, 1, 1] }), 'its scaling does not match its inputs'],
    [
      'numbers that are no float32 in an older file',
      (m) => {
        delete m.encoding;
        scalingWith({ divide_by: [1, 0.1, 1, 1] })(m);
      },
      'its scaling does not match its inputs',
    ],
    ['a newer encoding', encodingWith({ version: 2 }), 'its encoding has version 2, expected 1; use a newer Lockstep'],
    [
      'a version of many characters',
      encodingWith({ version: 'y'.repeat(5000) }),
      `version ${'y'.repeat(200)}…, expected 1;`,
    ],
    [
      'a version that cannot be text',
      encodingWith({ version: { toString: 1 } }),
      'version { toString: 1 }, expected 1;',
    ],
    ['no encoding', (m) => (m.encoding = '[]'), 'its encoding has version undefined, expected 1'],
    ['a rule that is none', encodingWith({ missing: 'ignore' }), 'its encoding does not match its inputs'],
    ['no columns', encodingWith({ columns: [] }), 'its columns do not match its encoding'],
    ['a table that is too narrow', encodingWith({ table_columns: 3 }), 'its encoding does not match its inputs'],
    ...[
      { indicator: true },
      { fill: null },
      { fill: '1' },
      { kind: 'text' },
      { position: 0 },
      { position: 2 },
      { name: 5 },
      { kind: 'category', levels: ['a', 'a'], other: false, missing: false },
      { kind: 'category', levels: ['a', 'b'], other: false, missing: false },
      { kind: 'date', months: [13], weekdays: [], hours: [] },
      { kind: 'date', months: [], weekdays: [1, 1], hours: [] },
    ].map((change): [string, (metadata: Metadata) => unknown, string] => [
      `column ${JSON.stringify(change)}`,
      columnWith(change),
      'its encoding does not match its inputs',
    ]),
    ['numbers without a scaling', scalingWith({ method: 'none' }), 'its scaling does not match its inputs'],
    ['no class names', (m) => delete m.class_names, 'it has columns or a label, but no class_names'],
    ['an image’s scaling', (m) => (m.input_scaling = '{"divide_by":255}'), 'its scaling does not match its inputs'],
  ])('%s', async (_, change, expected) => {
    const bytes = changed((metadata) => void change(metadata));
    for (const decode of [decodeCheckpoint, decodeModel]) {
      const { message, status } = await refusalOf(() => decode('x', bytes));
      expect(status).toBe(1);
      expect(message).toContain(expected);
    }
  });
});

describe('what does not fit the configuration', () => {
  const none = '{"method":"none"}';
  it.each<[string, (metadata: Metadata) => unknown, string]>([
    ['another scaling', (m) => (m.input_scaling = none), 'its scaling does not match its configuration'],
    ['a weight', (m) => (m.weight = '{"name":"w","position":6}'), 'its weight column does not match its configuration'],
    [
      'a table without a label',
      (m) => (m.config = m.config!.replace('"label":"species"', '"label":null')),
      'it has class names without a label, or a label without class names',
    ],
    [
      'a label without a table',
      (m) => {
        for (const name of ['class_names', 'columns', 'label']) delete m[name];
        m.input_scaling = '{"divide_by":255}';
        m.config = m.config!.replace('"scale":"standard"', '"scale":"none"');
      },
      'it has class names without a label, or a label without class names',
    ],
  ])('%s', async (_, change, expected) => {
    const { message } = await refusalOf(() =>
      decodeCheckpoint(
        'x',
        changed((metadata) => void change(metadata)),
      ),
    );
    expect(message).toContain(expected);
  });
});
