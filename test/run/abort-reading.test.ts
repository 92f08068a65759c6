/** `signal` ends the reading of a table, however long that would take or wait. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { train } from '../../src/run/train.js';
import { temporaryFolder } from '../support/idx-files.js';
import type { Folder } from '../support/mnist-part.js';
import { openFilesOf } from '../support/open-files.js';
import { until } from '../support/until.js';

describe('an AbortSignal while a table is being read', () => {
  let folder: Folder;
  let pipe: string;
  beforeAll(() => {
    folder = temporaryFolder();
    pipe = path.join(folder.path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    folder.write('table.csv', Buffer.from('1,2\n3,4\n'));
  });
  afterAll(() => folder.remove());

  it.each([
    ['that has no writer yet', '', {}],
    ['that has said something', '1,2\n3,4\n', {}],
    ['to test on', '', { data: 'table.csv' }],
  ])(
    'from a pipe %s makes train() throw its reason, and closes the pipe',
    async (_, said, { data }: { data?: string }) => {
      const writer = said === '' ? undefined : openSync(pipe, constants.O_RDWR);
      if (writer !== undefined) writeSync(writer, said);
      const others = openFilesOf().filter((file) => file === pipe).length;
      const isOpen = () => openFilesOf().filter((file) => file === pipe).length > others;
      const abort = new AbortController();
      const options = data === undefined ? { data: pipe } : { data: path.join(folder.path, data), testData: pipe };
      const next = train({ ...options, label: '2', signal: abort.signal }).next();
      await until(isOpen);
      const why = new Error('that is enough');
      abort.abort(why);
      await expect(next).rejects.toBe(why);
      await until(() => !isOpen());
      if (writer !== undefined) closeSync(writer);
    },
  );

  it('that has been aborted before reads nothing', async () => {
    const why = new Error('never mind');
    await expect(train({ data: pipe, label: '2', signal: AbortSignal.abort(why) }).next()).rejects.toBe(why);
  });
});
