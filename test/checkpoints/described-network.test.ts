/** A file that says it is a network that Lockstep does not compute is refused, whoever reads it and whatever its checksum. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateCommand } from '../../bin/commands/evaluate.js';
import { exportCommand } from '../../bin/commands/export.js';
import { inspectCommand } from '../../bin/commands/inspect.js';
import { predictCommand } from '../../bin/commands/predict.js';
import { decodeCheckpoint } from '../../src/checkpoints/checkpoint-file.js';
import { decodeModel } from '../../src/checkpoints/model-file.js';
import { loadModel } from '../../src/tools/network.js';
import { temporaryFolder } from '../support/idx-files.js';
import { refusalOf } from '../support/refusals.js';
import { refusedBy } from '../support/refused-command.js';
import { partsOf, sealedFile } from '../support/sealed-file.js';
import { type TinyRun, tinyRun } from '../support/tiny-run.js';

type Metadata = Record<string, string>;
interface Header {
  readonly __metadata__: Metadata;
  readonly [tensor: string]: unknown;
}

const folder = temporaryFolder();
let run: TinyRun;
let original: Uint8Array;
beforeAll(async () => {
  run = await tinyRun();
  original = run.files.get('step-0000007.safetensors')!;
});
afterAll(() => {
  run.remove();
  folder.remove();
});

function changed(change: (metadata: Metadata, header: Record<string, unknown>) => unknown): Buffer {
  const { json, body } = partsOf(original);
  const header = JSON.parse(json) as Header;
  change(header.__metadata__, header as Record<string, unknown>);
  return sealedFile(JSON.stringify(header), body);
}

const architectureWith = (fields: object) => (m: Metadata) => {
  m.architecture = JSON.stringify({ ...(JSON.parse(m.architecture!) as object), ...fields });
};
/** As another program would have written it. */
const anothers = (change: (metadata: Metadata) => unknown) => (m: Metadata) => {
  for (const name of Object.keys(m)) if (!['architecture', 'sha256'].includes(name)) delete m[name];
  change(m);
};

const UNKNOWN: [string, (metadata: Metadata, header: Record<string, unknown>) => unknown, string][] = [
  ['another activation', architectureWith({ activation: 'cube' }), 'unsupported architecture {"layers":[4,3,3],"act'],
  ['another output', architectureWith({ output: 'linear' }), 'unsupported architecture'],
  ['a field more', architectureWith({ dropout: 0.5 }), 'unsupported architecture'],
  ['no activation', architectureWith({ activation: undefined }), 'unsupported architecture'],
  ['no architecture', (m) => delete m.architecture, 'unsupported architecture none'],
  ['an architecture that is no JSON', (m) => (m.architecture = 'mlp'), 'unsupported architecture mlp'],
  ['a list', (m) => (m.architecture = '[]'), 'unsupported architecture []'],
  [
    'other layers',
    architectureWith({ layers: [4, 4, 3] }),
    'its architecture has the layers 4,4,3, but its tensors have 4,3,3',
  ],
  ['no layers', architectureWith({ layers: undefined }), 'its architecture has the layers undefined, but its'],
  ['other classes', (m) => (m.classes = '10'), 'its metadata declares 10 classes, but its tensors have 3'],
  ['no classes', (m) => delete m.classes, 'its metadata declares undefined classes'],
  ['another format', (m) => (m.format_version = '2'), 'format version 2, expected 1; use a newer Lockstep'],
  ['no format', (m) => delete m.format_version, 'format version undefined, expected 1'],
  ['another kind', (m) => (m.lockstep = 'optimizer'), 'it is a optimizer'],
  ['another scaling', (m) => (m.input_scaling = '{"divide_by":127}'), 'unsupported input_scaling {"divide_by":127}'],
  ['a scaling of columns', (m) => (m.input_scaling = '{"method":"standard"}'), 'unsupported input_scaling'],
  ['a scaling that is no JSON', (m) => (m.input_scaling = 'none'), 'unsupported input_scaling none'],
  ['the columns of a table', (m) => (m.columns = '["a","b","c","d"]'), 'it has columns or a label, but no class_names'],
  [
    'a layer behind a gap',
    (_, header) => (header['layers.3.weight'] = empty(header)),
    'tensor layers.3.weight belongs to no',
  ],
  [
    'a third tensor',
    (_, header) => (header['layers.0.scale'] = empty(header)),
    'tensor layers.0.scale belongs to no layer',
  ],
];

/** A tensor of no values, behind the others. */
function empty(header: Record<string, unknown>) {
  const { __metadata__: _, ...tensors } = header as Record<string, { data_offsets: [number, number] }>;
  const end = Math.max(...Object.values(tensors).map(({ data_offsets }) => data_offsets[1]));
  return { dtype: 'F32', shape: [0], data_offsets: [end, end] };
}

describe('to resume, and as a model', () => {
  it('nothing is changed: it is taken', () => {
    const bytes = changed(() => undefined);
    expect([decodeModel('m', bytes).layers, decodeCheckpoint('c', bytes).layers]).toEqual([
      [4, 3, 3],
      [4, 3, 3],
    ]);
  });

  it.each(UNKNOWN)('%s is refused', async (_, change, expected) => {
    const bytes = changed(change);
    for (const decode of [decodeModel, decodeCheckpoint]) {
      const { message, status } = await refusalOf(() => decode('x', bytes));
      expect(message).toContain(expected);
      expect(status).toBe(1);
    }
  });
});

describe("another program's file", () => {
  it('that says nothing of its architecture, or what ours is, is taken', () => {
    expect(decodeModel('m', changed(anothers((m) => delete m.architecture))).layers).toEqual([4, 3, 3]);
    expect(decodeModel('m', changed(anothers(() => undefined))).layers).toEqual([4, 3, 3]);
  });

  it('that says it is something else is refused', async () => {
    const bytes = changed(anothers(architectureWith({ activation: 'cube' })));
    expect((await refusalOf(() => decodeModel('m', bytes))).message).toContain('unsupported architecture');
  });
});

it('every command and loadModel refuse it', async () => {
  const file = path.join(folder.path, 'cube.safetensors');
  writeFileSync(file, changed(architectureWith({ activation: 'cube' })));
  const told = `${file}: not a usable model: unsupported architecture `;
  const out = path.join(folder.path, 'out.onnx');
  const commands: (() => Promise<unknown>)[] = [
    () => evaluateCommand([file, '--data', run.data]),
    () => predictCommand([file]),
    () => inspectCommand([file]),
    () => exportCommand([file, '-o', out]),
  ];
  for (const command of commands) {
    const { status, line } = await refusedBy(command);
    expect(line.startsWith(told)).toBe(true);
    expect(status).toBe(1);
  }
  expect(await refusalOf(() => loadModel(file))).toMatchObject({ code: 'not_a_model', status: 1 });
});
