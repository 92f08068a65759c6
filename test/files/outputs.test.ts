/** What a command writes, and must not write over: its own inputs, and files of another kind. */
import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FILES } from '../../src/data/idx-folder.js';
import type { Kind } from '../../src/files/kinds.js';
import { isSameOutput, openOutput, requireOutput, writeOutput } from '../../src/files/output.js';
import type { FileOrDescriptor } from '../../src/files/resolve-links.js';
import { exportModel } from '../../src/tools/export/export-model.js';
import { reportPage } from '../../src/tools/report/page.js';
import { collect, collectFailed } from '../support/events.js';
import { olderModel } from '../support/older-model.js';
import { refusalOf } from '../support/refusals.js';
import { scratchWith } from '../support/scratch.js';
import { valuesOf } from '../support/thoroughness.js';

const scratch = scratchWith(150, 20);

const EMPTY = { title: '', subtitle: '', headline: [], warnings: [], parts: [], footer: '' };

/** One of each kind, as Lockstep writes it. */
const contents = new Map<Kind, Buffer>();
const KINDS = ['model', 'checkpoint', 'svg', 'html', 'png', 'onnx', 'npz', 'audit'] as const;

let checkpoint: string;
beforeAll(async () => {
  const [checkpointDir, save] = [scratch.newPath(), scratch.newPath('model.safetensors')];
  await collect({ data: scratch.data, hidden: [5], epochs: 1, threads: 1, checkpointDir, save });
  checkpoint = path.join(checkpointDir, 'epoch-000001.safetensors');
  const exported = async (name: string) => {
    const file = scratch.newPath(name);
    await exportModel(save, file);
    return readFileSync(file);
  };
  const png = '\x89PNG\r\n\x1a\n\0\0\0\rIHDR';
  for (const [kind, bytes] of [
    ['model', readFileSync(save)],
    ['checkpoint', readFileSync(checkpoint)],
    ['svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"></svg>\n')],
    ['html', Buffer.from(reportPage(EMPTY))],
    ['png', Buffer.from(png, 'latin1')],
    ['onnx', await exported('model.onnx')],
    ['npz', await exported('model.npz')],
    ['audit', Buffer.from('{"rank":1,"row":7,"label":3}\n')],
    ['search', Buffer.from('{"event":"search_start","schema":1,"time":""}\n')],
    ['predictions', Buffer.from('repeat,fold,row,label,class\n1,2,3,a,b\n')],
  ] as const)
    contents.set(kind, bytes);
});

let folder: string;
beforeEach(() => {
  folder = scratch.newPath('outputs');
  mkdirSync(folder);
});
const at = (name: string) => path.join(folder, name);
const fileWith = (bytes: Uint8Array | string, name = 'output') => {
  writeFileSync(at(name), bytes);
  return at(name);
};
const output = (file: string, kind: Kind) => ({ flag: '-o', file, kind });
const refusal = (file: string, kind: Kind, inputs: readonly FileOrDescriptor[] = []) =>
  refusalOf(() => requireOutput(output(file, kind), inputs));

const NAMES: Readonly<Record<Kind, string>> = {
  model: 'a model',
  checkpoint: 'a checkpoint',
  svg: 'an SVG image',
  html: 'a report',
  png: 'a PNG image',
  onnx: 'an ONNX model',
  npz: 'a NumPy archive',
  audit: 'an audit',
  predictions: 'out-of-fold predictions',
  search: 'the log of a search',
};

describe('a file that is there', () => {
  it.each(KINDS.flatMap((kind) => KINDS.map((other) => ({ kind, other }))))(
    '$other: a new $kind replaces it only if it is one',
    async ({ kind, other }) => {
      const file = fileWith(contents.get(other)!);
      if (kind === other) {
        await requireOutput(output(file, kind), []);
        await writeOutput(output(file, kind), [Buffer.from('new')]);
        expect(readFileSync(file, 'utf8')).toBe('new');
        return;
      }
      const { message, status } = await refusal(file, kind);
      const expected = `-o ${file}: this file exists and is not ${NAMES[kind]}; choose another name, or remove the file first`;
      expect([message, status]).toEqual([expected, 2]);
      // When it is written it is looked at again.
      const late = await refusalOf(() => writeOutput(output(file, kind), [Buffer.from('new')]));
      expect(late.message).toBe(expected);
      expect(readFileSync(file).equals(contents.get(other)!)).toBe(true);
      expect(readdirSync(folder)).toEqual(['output']);
    },
  );

  it.each<[Kind, string, () => Uint8Array | string]>([
    ['model', 'a model whose end is missing', () => contents.get('model')!.subarray(0, -100)],
    ['model', 'an older model without tensors', olderModel],
    ['model', 'a network of another program', () => headed('{"layers.0.weight":{"dtype":"F32"}}')],
    ['checkpoint', 'a checkpoint whose end is missing', () => contents.get('checkpoint')!.subarray(0, -100)],
    [
      'svg',
      'an SVG with a prolog',
      () => '\ufeff<?xml version="1.0"?>\n<!-- <b> > -->\n<!DOCTYPE svg PUBLIC "x">\n<svg\nwidth="1"/>',
    ],
    ['onnx', 'an ONNX model of another program', () => Buffer.from([8, 9, 18, 1, 65, 58, 2, 18, 0, 66, 0])],
  ])('%s: %s may be replaced', async (kind, _, make) => {
    await expect(requireOutput(output(fileWith(make()), kind), [])).resolves.toBeUndefined();
  });

  it.each<[Kind, string, () => Uint8Array | string]>([
    ['model', 'tensors of another network', () => headed('{"transformer.h.0":{"dtype":"F32"}}')],
    ['model', 'a header that is cut', () => contents.get('model')!.subarray(0, 100)],
    ['model', 'seven bytes', () => '{"lock'],
    ['svg', 'a page with an SVG in it', () => '<html><svg></svg></html>'],
    ['svg', 'a text about SVG', () => 'Draw with <svg>.'],
    ['svg', 'a comment that does not end', () => `<!-- ${'<svg> '.repeat(20_000)}`],
    [
      'html',
      'a page of another program',
      () => '<!doctype html>\n<html lang="en">\n<head>\n<title>x</title></head></html>',
    ],
    ['png', 'a PNG without its first byte', () => contents.get('png')!.subarray(1)],
    ['npz', 'a zip of other files', () => zipHead('document.xml')],
    ['npz', 'a zip that ends in its name', () => zipHead('a.npy').subarray(0, 32)],
    ['onnx', 'an ONNX model that is cut', () => contents.get('onnx')!.subarray(0, -1)],
    ['onnx', 'an ONNX model with more behind it', () => Buffer.concat([contents.get('onnx')!, Buffer.from('more')])],
    ['onnx', 'a protobuf without a graph', () => Buffer.from([8, 9, 18, 1, 65])],
    ['onnx', 'a length beyond all numbers', () => Buffer.from([8, 9, 58, ...Array(9).fill(255), 127])],
  ])('%s: %s may not', async (kind, _, make) => {
    const { status } = await refusal(fileWith(make()), kind);
    expect(status).toBe(2);
  });

  it('that is empty may be replaced, by any kind: programs that make names for others leave such', async () => {
    for (const kind of KINDS) {
      await expect(requireOutput(output(fileWith(''), kind), [])).resolves.toBeUndefined();
    }
  });

  it('whose name ends as that of a folder is none', async () => {
    const { message } = await refusal(`${at('newdir')}/`, 'model');
    expect(message).toContain('newdir/: cannot be written (the name is that of a folder)');
    expect(existsSync(at('newdir'))).toBe(false);
  });

  it('of any other content may not, by any kind', async () => {
    const content = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 200 }),
      fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' }),
      // The beginnings and parts of what is looked for.
      fc
        .array(
          fc.constantFrom(
            '<svg',
            '<!--',
            '-->',
            '{"',
            '"lockstep":',
            '\x89PNG',
            'PK\x03\x04',
            '.npy',
            '\x08\x09',
            ':',
            ' ',
          ),
          { minLength: 1, maxLength: 6 },
        )
        .map((parts) => parts.join('')),
    );
    await fc.assert(
      fc.asyncProperty(content, fc.constantFrom(...KINDS), async (bytes, kind) => {
        fc.pre(!(kind === 'svg' && /^\s*(<!--.*?-->\s*)*<svg[\s>]/s.test(String(bytes))));
        const { status } = await refusal(fileWith(bytes), kind);
        expect(status).toBe(2);
      }),
      { numRuns: valuesOf(300, 120) },
    );
  });

  it.skipIf(process.platform === 'win32')('that is a folder or a device may not', async () => {
    mkdirSync(at('folder'));
    for (const file of [at('folder'), '/dev/null']) {
      const { message, status } = await refusal(file, 'svg');
      expect([message, status]).toEqual([
        expect.stringMatching(/cannot be written \(it exists and is not a regular/),
        1,
      ]);
    }
  });
});

/** A safetensors file with this header, and nothing behind it. */
function headed(json: string): Buffer {
  const header = Buffer.alloc(8 + json.length);
  header.writeBigUInt64LE(BigInt(json.length));
  header.write(json, 8);
  return header;
}

function zipHead(name: string): Buffer {
  const head = Buffer.alloc(30 + name.length);
  head.write('PK\x03\x04', 'latin1');
  head.writeUInt16LE(name.length, 26);
  head.write(name, 30);
  return head;
}

describe('an input of the same command', () => {
  it.each<[string, (input: string) => string]>([
    ['under its own name', (input) => input],
    ['by another path', (input) => `${path.dirname(input)}/./x/../${path.basename(input)}`],
    [
      'through a symbolic link',
      (input) => {
        symlinkSync(input, at('link'));
        return at('link');
      },
    ],
    [
      'through a link to its folder',
      (input) => {
        symlinkSync(folder, at('here'));
        return path.join(at('here'), path.basename(input));
      },
    ],
    [
      'as a hard link',
      (input) => {
        linkSync(input, at('hard'));
        return at('hard');
      },
    ],
  ])('is not written over, %s', async (_, nameOf) => {
    // Of the kind that is written, too, and empty.
    for (const bytes of [contents.get('svg')!, '']) {
      mkdirSync(at('x'), { recursive: true });
      const input = fileWith(bytes, `input-${bytes.length}`);
      const name = nameOf(input);
      const { message, status } = await refusal(name, 'svg', [at('other'), input]);
      expect(message).toBe(`-o ${name}: same file as ${input}, which this command reads; choose another output file`);
      expect(status).toBe(2);
      for (const link of ['link', 'here', 'hard']) if (existsSync(at(link))) unlinkSync(at(link));
    }
  });

  it('is known by its descriptor: stdin, redirected from it', async () => {
    const descriptor = openSync(fileWith(contents.get('svg')!), 'r');
    expect((await refusal(at('output'), 'svg', [descriptor])).message).toMatch(/same file as stdin, which/);
    closeSync(descriptor);
  });

  it('is what a link that is the input points to', async () => {
    symlinkSync(fileWith(contents.get('svg')!), at('link'));
    expect((await refusal(at('output'), 'svg', [at('link')])).status).toBe(2);
  });
});

describe('a symbolic link', () => {
  it('is followed: its target is written, and it stays, also where the target is not there yet', async () => {
    mkdirSync(at('below'));
    symlinkSync('second', at('first'));
    symlinkSync(path.join('below', '..', 'below', 'target.svg'), at('second'));
    for (const content of ['<svg >', '<svg  >']) {
      await requireOutput(output(at('first'), 'svg'), []);
      await openOutput(output(at('first'), 'svg'));
      await writeOutput(output(at('first'), 'svg'), [Buffer.from(content)]);
      expect(readFileSync(at('below/target.svg'), 'utf8')).toBe(content);
    }
    expect([readlinkSync(at('first')), lstatSync(at('second')).isSymbolicLink()]).toEqual(['second', true]);
    expect(readdirSync(folder).sort()).toEqual(['below', 'first', 'second']);
    expect(readdirSync(at('below'))).toEqual(['target.svg']);
  });

  it.each([
    ['in a circle', 'b', /ELOOP/],
    ['to itself', 'a', /ELOOP/],
    ['into a folder that is not there', 'none/target.svg', /ENOENT/],
  ])('%s is refused, and stays', async (_, to, why) => {
    symlinkSync(to, at('a'));
    symlinkSync('a', at('b'));
    for (const act of [requireOutput, (each: Parameters<typeof openOutput>[0]) => openOutput(each)]) {
      const { message, status } = await refusalOf(() => act(output(at('a'), 'svg'), []));
      expect([message, status]).toEqual([expect.stringMatching(why), 1]);
    }
    expect((await refusalOf(() => writeOutput(output(at('a'), 'svg'), [Buffer.from('new')]))).message).toMatch(why);
    expect(readlinkSync(at('a'))).toBe(to);
    expect(readdirSync(folder).sort()).toEqual(['a', 'b']);
  });
});

it('two outputs are told to be one, whether they are there or not', async () => {
  symlinkSync('x.svg', at('link.svg'));
  const pairs = [
    ['x.svg', './x.svg', true],
    ['x.svg', 'link.svg', true],
    ['x.svg', 'y.svg', false],
    ['none/x.svg', 'none/../none/x.svg', true],
  ] as const;
  for (const [a, b, isSame] of pairs) expect(await isSameOutput(`${folder}/${a}`, `${folder}/${b}`)).toBe(isSame);
  linkSync(fileWith('', 'x.svg'), at('y.svg'));
  expect(await isSameOutput(at('x.svg'), at('y.svg'))).toBe(true);
});

describe('train --save', () => {
  const table = () => {
    const rows = Array.from({ length: 30 }, (_, i) => `${i},${(i * 7) % 11},${i % 2 ? 'odd' : 'even'}\n`);
    return `a,b,c\n${rows.join('')}`;
  };
  const tableOptions = { label: 'c', hidden: [3], epochs: 1, threads: 1, batchSize: 5 };
  const imageOptions = { hidden: [3], epochs: 1, threads: 1 };

  it('refuses the table that it trains on, and the one that it tests on', async () => {
    const [data, testData] = [fileWith(table(), 'data.csv'), fileWith(table(), 'test.csv')];
    for (const save of [data, testData]) {
      const { message, status } = await refusalOf(() => collect({ ...tableOptions, data, testData, save }));
      expect(message).toBe(
        `--save ${save}: same file as ${save}, which this command reads; choose another output file`,
      );
      expect([status, readFileSync(save, 'utf8')]).toEqual([2, table()]);
    }
    expect(readdirSync(folder).sort()).toEqual(['data.csv', 'test.csv']);
  });

  it.each(['', '.gz'])('refuses a file of the folder of images that it reads%s', async (ending) => {
    for (const name of Object.values(FILES)) {
      const bytes = readFileSync(path.join(scratch.data, name));
      fileWith(ending === '' ? bytes : gzipSync(bytes), `${name}${ending}`);
    }
    symlinkSync(folder, at('same'));
    for (const name of Object.values(FILES)) {
      const save = path.join(at('same'), `${name}${ending}`);
      const { message } = await refusalOf(() => collect({ ...imageOptions, data: folder, save }));
      expect(message).toMatch(/^--save .*: same file as .*, which this command reads;/);
    }
    expect(readFileSync(at(`${FILES.trainImages}${ending}`)).length).toBeGreaterThan(100);
  });

  it('refuses the checkpoint that it goes on from, others, and the names of those to come', async () => {
    const checkpointDir = at('run');
    await collect({ ...imageOptions, data: scratch.data, checkpointDir });
    const save = path.join(checkpointDir, 'epoch-000001.safetensors');
    const bytes = readFileSync(save);
    const resumed = { resume: checkpointDir, epochs: 2 };
    expect((await refusalOf(() => collect({ ...resumed, save }))).message).toMatch(/same file as .*epoch-000001/);
    const fresh = { ...imageOptions, data: scratch.data, save };
    expect((await refusalOf(() => collect(fresh))).message).toMatch(/this file exists and is not a model/);
    const later = path.join(checkpointDir, 'epoch-000002.safetensors');
    const { message, status } = await refusalOf(() => collect({ ...resumed, save: later }));
    expect(message).toBe(
      `--save ${later}: this name is reserved for checkpoints in --checkpoint-dir; choose another name`,
    );
    expect([status, readdirSync(checkpointDir)]).toEqual([2, ['epoch-000001.safetensors']]);
    symlinkSync(checkpointDir, at('folder-link'));
    symlinkSync(later, at('file-link'));
    for (const other of [at('folder-link/epoch-000002.safetensors'), at('file-link')]) {
      const { code } = await refusalOf(() => collect({ ...resumed, save: other }));
      expect([code, readdirSync(checkpointDir)]).toEqual(['save_among_checkpoints', ['epoch-000001.safetensors']]);
    }
    expect(readFileSync(save).equals(bytes)).toBe(true);
  });

  it.each<[string, string, (save: string) => void, (save: string) => void]>([
    [
      'a file of another kind',
      'it exists and is not a model',
      (save) => writeFileSync(save, 'mine'),
      (save) => expect(readFileSync(save, 'utf8')).toBe('mine'),
    ],
    [
      'a folder',
      'it exists and is not a regular file',
      (save) => mkdirSync(save),
      (save) => expect(readdirSync(save)).toEqual([]),
    ],
    [
      'a link in a circle',
      'ELOOP: too many symbolic links encountered, realpath',
      (save) => symlinkSync(save, save),
      (save) => expect(readlinkSync(save)).toBe(save),
    ],
  ])('beside %s that has come since the run began, and the run says where', async (_, why, come, look) => {
    // An older model beside it is not what was asked to be replaced.
    fileWith(olderModel(), 'model-2.safetensors');
    const [save, beside] = [at('model.safetensors'), at('model-3.safetensors')];
    const { end, error } = await collectFailed({ ...imageOptions, data: scratch.data, save }, ({ event }) => {
      if (event === 'start') come(save);
    });
    look(save);
    expect(end).toMatchObject({ status: 'failed', saved: beside });
    expect(end.message).toContain(`\`save\` ${save}: not replaced (${why}`);
    expect(end.message).toContain(`); the model was saved as ${beside}`);
    expect(error).toMatchObject({ message: end.message, status: 1 });
    expect(readFileSync(beside, 'latin1')).toContain(end.weights_sha256);
    expect(readFileSync(at('model-2.safetensors')).equals(olderModel())).toBe(true);
    expect(readdirSync(folder)).toHaveLength(3);
  });

  it.skipIf(process.platform === 'win32')(
    'leaves a file as private as it was (skipped on Windows, which knows no such modes)',
    async () => {
      const save = fileWith(olderModel(), 'private.safetensors');
      for (const mode of [0o600, 0o664]) {
        chmodSync(save, mode);
        await collect({ ...imageOptions, data: scratch.data, save });
        expect(statSync(save).mode & 0o777).toBe(mode);
      }
    },
  );

  it('two runs that save to one file at once leave the model of one of them, whole', async () => {
    const save = at('model.safetensors');
    const runs = [1, 2, 3].map((seed) => collect({ ...imageOptions, data: scratch.data, seed, save }));
    const hashes = (await Promise.all(runs)).map(({ end }) => end.weights_sha256);
    const { weights_sha256 } = await exportModel(save, at('copy.npz'));
    expect(hashes).toContain(weights_sha256);
    expect(readdirSync(folder).sort()).toEqual(['copy.npz', 'model.safetensors']);
  });
});
