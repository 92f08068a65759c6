/** Folders that are made one by one, and never waited for in vain. */
import { existsSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeFolder } from '../../src/files/make-folder.js';
import { type Folder, temporaryFolder } from '../support/idx-files.js';

let scratch: Folder;
beforeAll(() => {
  scratch = temporaryFolder();
});
afterAll(() => scratch.remove());

const at = (...names: string[]) => path.join(scratch.path, ...names);

it('makes what is missing, and tells the first', async () => {
  expect(await makeFolder(at('a', 'b', 'c'))).toBe(at('a'));
  expect(statSync(at('a', 'b', 'c')).isDirectory()).toBe(true);
  expect(await makeFolder(at('a', 'b', 'd'))).toBe(at('a', 'b', 'd'));
  expect(await makeFolder(at('a', 'b', 'd', '..', 'd', '.'))).toBeUndefined();
});

it('is content with what another has made meanwhile', async () => {
  const made = await Promise.all([1, 2, 3].map(() => makeFolder(at('x', 'y'))));
  expect(statSync(at('x', 'y')).isDirectory()).toBe(true);
  expect(made.filter((first) => first === at('x'))).toHaveLength(1);
});

it('follows links to folders', async () => {
  mkdirSync(at('real'));
  symlinkSync(at('real'), at('link'));
  await makeFolder(at('link', 'in'));
  expect(existsSync(at('real', 'in'))).toBe(true);
});

it('refuses a file on the way, a file in its place, and a link to nothing', async () => {
  scratch.write('file', '');
  symlinkSync(at('nowhere'), at('dangling'));
  await expect(makeFolder(at('file'))).rejects.toThrow(/ENOTDIR: not a folder/);
  await expect(makeFolder(at('file', 'in'))).rejects.toThrow(/ENOTDIR/);
  await expect(makeFolder(at('dangling', 'in'))).rejects.toThrow(/EEXIST/);
});

it.skipIf(process.platform !== 'linux')(
  'does not hang where nothing can be made (skipped where there is no /proc)',
  async () => {
    // Here mkdir with `recursive` never returns on some Nodes.
    await expect(makeFolder('/proc/nothing/here')).rejects.toThrow(/ENOENT|EACCES|EPERM/);
  },
);
