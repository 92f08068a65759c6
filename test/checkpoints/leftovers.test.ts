/** Temporary files: a run removes those of processes that are gone, and no others. */
import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openFolder } from '../../src/checkpoints/folder.js';
import { requireWritable } from '../../src/files/writable.js';
import { type Folder, temporaryFolder } from '../support/idx-files.js';

/** Beyond the largest number that Linux gives to a process. */
const GONE = 2 ** 22 + 1;
const ALIVE = process.ppid;

let folder: Folder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

it('in the folder for checkpoints, also one of its own number, as an earlier process of a container had it', async () => {
  const [gone, own, alive] = [GONE, process.pid, ALIVE].map((pid) => `.epoch-000001.safetensors.${pid}.tmp`);
  const others = [alive!, '.hidden', 'epoch-000001.safetensors', `not-hidden.${GONE}.tmp`];
  for (const name of [gone!, own!, ...others]) folder.write(name, 'half');
  await openFolder(folder.path);
  expect(readdirSync(folder.path).sort()).toEqual(others.sort());
});

it('beside the file that the model is saved to, those of that file', async () => {
  const others = [`.model.safetensors.${ALIVE}.tmp`, `.other.safetensors.${GONE}.tmp`, 'model.safetensors'];
  for (const name of [`.model.safetensors.${GONE}.tmp`, ...others]) folder.write(name, 'half');
  await requireWritable(`${folder.path}/model.safetensors`);
  expect(readdirSync(folder.path).sort()).toEqual(others.sort());
});
