/** What `--data` names. A data format is one entry of FORMATS; nothing else decides what a name stands for. */
import { type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { errors } from '../errors.js';
import type { Dataset, Part } from './dataset.js';
import { FILES, findFile, type IdxFolder, loadIdxFolder, loadIdxPart } from './idx-folder.js';
import type { MemoryImages } from './memory-images.js';
import { isNamedSet, namedSet } from './named-sets.js';
import { isTable, STDIN } from './table/bytes.js';
import type { TableOptions } from './table/load.js';
import type { TableSource as Table } from './table/memory.js';

export type DataSource = ImageSource | TableSource;

interface Source {
  /** The files that are read, as far as they exist; stdin by its descriptor. Nothing may write over them. */
  readonly files: () => (string | number)[];
  /** @throws LockstepError if anything is missing, damaged or contradictory */
  readonly load: (options: TableOptions) => Promise<Dataset>;
}

interface ImageSource extends Source {
  readonly kind: 'images';
  /** Loads the training or the test images alone, for `evaluate` and `inspect`. @throws LockstepError as `load` */
  readonly loadPart: (part: 'train' | 'test') => Promise<Part>;
}

interface TableSource extends Source {
  readonly kind: 'table';
}

/** In this order; each gives the source, or undefined if the name is not of its kind. */
const FORMATS: readonly ((data: string) => DataSource | undefined)[] = [
  (data) => (isNamedSet(data) ? idxSource(() => namedSet(data)!) : undefined),
  (data) => (isTable(data) ? tableSource(data) : undefined),
  (data) => (isFolder(data) ? idxSource(() => idxFolderAt(data)) : undefined),
];

/**
 * @param data  `mnist`, `fashion-mnist`, a folder of IDX files, a table, `-` for a table on stdin, or data in memory
 * @throws LockstepError if there is nothing of that name
 */
export function findSource(data: Table | MemoryImages): DataSource {
  if (typeof data !== 'string') return 'loadImages' in data ? memorySource(data) : tableSource(data);
  for (const find of FORMATS) {
    const source = find(data);
    if (source) return source;
  }
  throw errors.dataNotFound(data);
}

/** As `findSource(data).load(options)`. */
export async function loadDataset(data: string, options: TableOptions = {}): Promise<Dataset> {
  return await findSource(data).load(options);
}

/**
 * The training or the test images of a source that is not a table.
 *
 * @throws LockstepError if there is no such source, or anything in it is missing, damaged or contradictory
 */
export async function loadPart(data: string, part: 'train' | 'test'): Promise<Part> {
  const source = findSource(data);
  if (source.kind === 'table') throw errors.dataNotFound(data);
  return await source.loadPart(part);
}

/** A named set or a folder of IDX files. @throws LockstepError if that names no folder */
export function findIdxFolder(data: string): IdxFolder {
  const named = namedSet(data);
  if (named) return named;
  if (!isFolder(data)) throw errors.dataNotFound(data);
  return idxFolderAt(data);
}

/** A name for the same source that does not depend on the working folder. */
export function placeOf(data: Table | MemoryImages): string {
  if (typeof data !== 'string') return data.name;
  return isNamedSet(data) || data === STDIN ? data : path.resolve(data);
}

/** Whether there is such a table. */
export function isTableSource(data: Table | MemoryImages): boolean {
  try {
    return findSource(data).kind === 'table';
  } catch {
    return false;
  }
}

/** The files of a source that may not exist. */
export function inputFilesOf(data: Table | MemoryImages): (string | number)[] {
  try {
    return findSource(data).files();
  } catch {
    return [];
  }
}

function idxSource(find: () => IdxFolder): DataSource {
  const files = () => Object.values(FILES).flatMap((name) => findFile(find(), name) ?? []);
  return {
    kind: 'images',
    files,
    load: async () => await loadIdxFolder(find()),
    loadPart: async (part) => await loadIdxPart(find(), part),
  };
}

function memorySource(images: MemoryImages): DataSource {
  return {
    kind: 'images',
    files: () => [],
    load: async () => await images.loadImages(),
    loadPart: async (part) => {
      const { name, inputs, [part]: samples } = await images.loadImages();
      return { name, inputs, samples, labelsFile: name };
    },
  };
}

function tableSource(data: Table): DataSource {
  return {
    kind: 'table',
    files: () => (typeof data === 'string' ? [data === STDIN ? 0 : data] : []),
    load: async (options) => {
      // Images need none of this code.
      const { loadTable } = await import('./table/load.js');
      return await loadTable(data, options);
    },
  };
}

function idxFolderAt(folder: string): IdxFolder {
  return { name: path.basename(path.resolve(folder)), folder, checksums: {} };
}

function isFolder(data: string): boolean {
  let info: Stats | undefined;
  try {
    info = statSync(data, { throwIfNoEntry: false });
  } catch (error) {
    // A folder on the way that may not be entered or is a file, a name too long, …
    throw errors.unreadable(`--data ${data}`, error);
  }
  return info?.isDirectory() === true;
}
