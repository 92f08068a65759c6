/** What a small file would become is bounded before it does: test/support/bombs.ts has them all. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fate } from '../support/bombs.js';
import { temporaryFolder } from '../support/idx-files.js';
import type { Folder } from '../support/mnist-part.js';

const BOMBS = fileURLToPath(new URL('../support/bombs.js', import.meta.url));
/** What is wrong with the pictures' texts and profiles is nobody's business: they are taken as if they had none. */
const TAKEN = [
  'a PNG with a color profile of 256 MB',
  'a PNG with a text of 256 MB',
  'a PNG with an international text of 256 MB',
  'a model that says a hundred and fifty thousand things',
  'a model whose configuration is nested',
];
/** Each would take 256 MB and more; the files themselves are 60 MB at most, and are read. */
const MOST_MEGABYTES = 200;

describe('a file that would become very much', () => {
  let folder: Folder;
  let fates: readonly Fate[];
  beforeAll(() => {
    folder = temporaryFolder();
    spawnSync(process.execPath, [BOMBS, folder.path, 'make'], { stdio: 'inherit' });
    // Where V8 fills its heap, it ends the process.
    const { status, stdout } = spawnSync(process.execPath, ['--max-old-space-size=256', BOMBS, folder.path, 'try'], {
      encoding: 'utf8',
    });
    fates = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Fate);
    expect(status, `it died after ${fates.at(-1)?.name}`).toBe(0);
    // (Two seconds each, but they compress and read more than others do.)
  }, 180_000);
  afterAll(() => folder.remove());

  it('never crashes, and takes little memory', () => {
    expect(fates.length).toBeGreaterThan(20);
    expect(fates.filter(({ crash, megabytes }) => crash !== undefined || megabytes > MOST_MEGABYTES)).toEqual([]);
  });

  it('is refused in one line, unless what is too much of it is not needed', () => {
    expect(fates.filter(({ message }) => message === undefined).map(({ name }) => name)).toEqual(TAKEN);
    for (const { message } of fates) expect(message ?? '').toMatch(/^.{0,500}$/);
  });
});
