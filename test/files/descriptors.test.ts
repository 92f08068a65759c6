/** Whatever is refused leaves no file open. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import { train } from '../../src/run/train.js';
import { inspectModel } from '../../src/tools/inspect/inspect-model.js';
import { loadModel, type Network } from '../../src/tools/network.js';
import { samplesOf } from '../../src/tools/predict/file-samples.js';
import { samplesOfJsonFile } from '../../src/tools/predict/line-samples.js';
import { idxBytes, temporaryFolder } from '../support/idx-files.js';
import type { Folder } from '../support/mnist-part.js';
import { openFilesOf } from '../support/open-files.js';
import { tensorFile } from '../support/plain-model.js';
import { refusalOf } from '../support/refusals.js';
import { until } from '../support/until.js';

const GOOD = '1,2\n3,4\n';
const zipped = (text: string) => gzipSync(text);

/** By name: a table, and options beside `--label 2`. */
const TABLES: Readonly<Record<string, readonly [content: string | Uint8Array, options?: TrainOptions]>> = {
  empty: [''],
  'with zero bytes': ['1,2\0\n'],
  'that is a header': ['a,b\n'],
  'of one column': ['1\n2\n'],
  'of one class': ['1,2\n3,2\n'],
  'without that column': [GOOD, { label: 'c' }],
  'whose label is not said': [GOOD, { label: undefined }],
  'with two columns of a name': ['a,a\n1,2\n'],
  'with a text': ['1,2\nx,4\n', { types: ['1=number'] }],
  'with a text far behind': [`${'1,2\n3,4\n'.repeat(70_000)}x,2\n`, { types: ['1=number'] }],
  'with a missing cell': ['1,2\n,4\n', { missing: 'refuse' }],
  'with a ragged row': ['1,2\n3\n'],
  'that is not UTF-8': [Uint8Array.from([0x31, 0x2c, 0xff, 0x0a])],
  'with an open quote': ['1,"2\n'],
  'of bad JSON': ['{"a":1,"b":2}\n{"a":\n'],
  'of JSON that nests': [`[${'['.repeat(100)}\n`],
  'of other fields': ['{"a":1,"b":2}\n{"a":1,"c":2}\n'],
  'of objects without a header': ['{"a":1,"b":2}\n', { header: 'no' }],
  'gzipped, cut': [zipped(GOOD).subarray(0, 20)],
  'gzipped, appended to': [Buffer.concat([zipped(GOOD), Buffer.from('more')])],
  'gzipped, with a text': [zipped(`${'1,2\n3,4\n'.repeat(70_000)}x,2\n`), { types: ['1=number'] }],
  'of which nothing is left': [GOOD, { testSplit: 0.999 }],
  'that is smaller than a batch': [GOOD, { batchSize: 3 }],
};

const TIMES = 5;

describe('a refusal leaves no file open', () => {
  let folder: Folder;
  const pathOf = (name: string) => path.join(folder.path, name);
  beforeAll(() => {
    folder = temporaryFolder();
    folder.write('good.csv', Buffer.from(GOOD));
    folder.write('bad.csv', Buffer.from('1,9\n'));
  });
  afterAll(() => folder.remove());

  /** Files are closed a moment after they are done with: what is waited for in vain has leaked. */
  async function expectNoneLeftBy(act: () => Promise<unknown>): Promise<void> {
    const own = () => openFilesOf().filter((file) => file.startsWith(folder.path)).length;
    expect(own()).toBe(0);
    for (let i = 0; i < TIMES; i++) await refusalOf(act);
    await until(() => own() === 0);
  }

  it.each(Object.entries(TABLES))('of a table %s', async (_, [content, options = {}]) => {
    folder.write('table', typeof content === 'string' ? Buffer.from(content) : content);
    await expectNoneLeftBy(() => train({ data: pathOf('table'), label: '2', ...options }).next());
  });

  it('of a table to test on', async () => {
    await expectNoneLeftBy(() => train({ data: pathOf('good.csv'), label: '2', testData: pathOf('bad.csv') }).next());
  });

  it('of a table from a pipe', async () => {
    const pipe = pathOf('pipe');
    execFileSync('mkfifo', [pipe]);
    const others = () => openFilesOf().filter((file) => file === pipe).length;
    for (let i = 0; i < 3; i++) {
      const writer = openSync(pipe, constants.O_RDWR);
      writeSync(writer, '1,2\0\n');
      const refused = refusalOf(() => train({ data: pipe, label: '2' }).next());
      await until(() => others() === 2);
      closeSync(writer);
      await refused;
      await until(() => others() === 0);
    }
  });

  it.each([
    ['cut', (bytes: Uint8Array) => bytes.subarray(0, 20)],
    ['appended to', (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.from('more')])],
    ['of another kind', () => Buffer.from('hello, world')],
  ])('of images %s, plain and gzipped', async (_, damage) => {
    const images = idxBytes([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
    folder.write('t10k-labels-idx1-ubyte', idxBytes([2], [0, 1]));
    folder.write('train-labels-idx1-ubyte', idxBytes([2], [0, 1]));
    folder.write('train-images-idx3-ubyte', damage(images));
    await expectNoneLeftBy(() => train({ data: folder.path }).next());
    folder.write('train-images-idx3-ubyte', images);
    folder.write('t10k-images-idx3-ubyte.gz', damage(gzipSync(images)));
    await expectNoneLeftBy(() => train({ data: folder.path }).next());
  });

  it('of models and checkpoints', async () => {
    folder.write('model', Buffer.from('hello, world'));
    for (const act of [loadModel, inspectModel]) await expectNoneLeftBy(() => act(pathOf('model')));
    await expectNoneLeftBy(() => train({ resume: pathOf('model') }).next());
  });

  it('of samples', async () => {
    folder.write(
      'model',
      tensorFile(
        [
          [1, 2],
          [3, 4],
        ],
        [0, 0],
      ),
    );
    const network: Network = await loadModel(pathOf('model'));
    folder.write('x.png', Buffer.from('\x89PNG\r\n\x1a\nhello, world, hello', 'latin1'));
    folder.write('x.gz', gzipSync('\0\0hello').subarray(0, 20));
    const shape = { width: 2, height: 1 };
    for (const name of ['x.png', 'x.gz']) await expectNoneLeftBy(() => samplesOf(pathOf(name), { shape }).next());
    folder.write('x.ndjson', Buffer.from('[1,2]\n'.repeat(100_000)));
    // Whoever leaves the loop leaves no file either.
    for (let i = 0; i < TIMES; i++) for await (const _ of samplesOfJsonFile(pathOf('x.ndjson'), network, false)) break;
    await until(() => openFilesOf().every((file) => !file.endsWith('x.ndjson')));
  });
});
