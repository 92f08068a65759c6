/** Data sets and IDX files. */
import { grouped } from '../../text/grouped.js';
import { failure, inaccessible } from '../draft.js';
import { reason } from '../reason.js';
import { gibibytes, shape } from '../shown.js';

/** What `--data` accepts. */
export const DATA_SOURCES =
  'mnist, fashion-mnist, a folder of IDX files, a table (CSV or NDJSON), or - for a table on stdin';

export const dataFileErrors = {
  dataNotFound: (data: string) => failure(`--data ${data}: no such file or folder; expected ${DATA_SOURCES}`),
  packageNotFound: (data: string, install: string) =>
    failure(`--data ${data}: not installed; run ${install}, or specify a folder of IDX files`),
  fileNotFound: (folder: string, name: string) =>
    failure(`${folder}: no ${name} or ${name}.gz; expected a folder of IDX files with their standard names`),
  unreadable: (file: string, cause: unknown) => inaccessible(file, 'read', cause),
  notGzip: (file: string, cause: unknown) =>
    failure(`${file}: invalid gzip data (${reason(cause)}); download or compress the file again`, cause),
  gzipBomb: (file: string, bytes: number, inflated: number, most: number) =>
    failure(
      `${file}: ${grouped(bytes)} compressed bytes expand to ${grouped(inflated)} or more, over ${most} times as many; ` +
        'if this is intended, decompress the file first (gunzip)',
    ),
  idxHeader: (file: string, found: string) =>
    failure(`${file}: not an IDX file: ${found}; expected 0 0 8 (unsigned bytes) and the number of dimensions`),
  idxType: (file: string, type: number) =>
    failure(
      `${file}: IDX type 0x${type.toString(16).padStart(2, '0')}; expected 0x08 (unsigned bytes); convert the file`,
    ),
  idxDimensions: (file: string, found: readonly number[], expected: string) =>
    failure(`${file}: dimensions ${shape(found)}; expected ${expected}`),
  idxTargets: (file: string, found: number, expected: number) =>
    failure(
      `${file}: ${found === 0 ? 'classes' : `${found} numbers per image`}; expected ${expected === 0 ? 'classes' : `${expected} numbers per image`}, as in the training labels`,
    ),
  idxNotFinite: (file: string, position: number, found: number) =>
    failure(`${file}: the label of sample ${position} is ${found}; expected a finite number`),
  idxTooLarge: (file: string, dimensions: readonly number[], most: number) =>
    failure(`${file}: the header (${shape(dimensions)}) declares more than ${gibibytes(most)}, the maximum of a run`),
  idxLength: (file: string, found: number | string, dimensions: readonly number[], expected: number) =>
    failure(
      `${file}: ${typeof found === 'number' ? grouped(found) : found} bytes of data; the header (${shape(
        dimensions,
      )}) declares ${grouped(expected)}; the file ${
        typeof found === 'number' && found < expected ? 'is truncated' : 'does not match its header'
      }: download it again`,
    ),
  dataChecksum: (file: string, found: string, expected: string) =>
    failure(`${file}: SHA-256 ${found}; expected ${expected}; the file is damaged: install it again`),
  countsDiffer: (images: string, imageCount: number, labels: string, labelCount: number) =>
    failure(
      `${images} has ${grouped(imageCount)} images, but ${labels} has ${grouped(labelCount)} labels; ` +
        'expected one label per image: check that the files belong together',
    ),
  imageSize: (file: string, found: number, expected: number) =>
    failure(`${file}: ${found} pixels per image; expected ${expected}, as in the training images`),
  labelOutOfRange: (file: string, position: number, found: number, classes: number, what: string) =>
    failure(`${file}: label ${found} of sample ${position}; expected 0 to ${classes - 1}, ${what}`),
  oneClass: (file: string) => failure(`${file}: every label is 0; expected at least two classes, 0 and 1`),
};
