/** Folders and files that a test file makes and removes: a small part of MNIST, and new names beside it. */
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type Folder, mnistPart } from './mnist-part.js';

export interface Scratch {
  /** The part of MNIST. */
  readonly data: string;
  /** A path that is not there yet. */
  readonly newPath: (name?: string) => string;
}

/** For the test file that calls it, from its first test to its last. */
export function scratchWith(train: number, test: number): Scratch {
  let folder: Folder;
  let count = 0;
  beforeAll(async () => {
    folder = await mnistPart(train, test);
  });
  afterAll(() => folder.remove());
  return {
    get data() {
      return folder.path;
    },
    newPath: (name = 'checkpoints') => path.join(folder.path, `${++count}-${name}`),
  };
}
