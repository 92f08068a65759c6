/** Small folders of IDX files, whole or damaged, in the system's folder for temporary files. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { FILES } from '../../src/data/idx-folder.js';

export interface Folder {
  readonly path: string;
  /** Writes a file into it, and returns the file's path. */
  readonly write: (name: string, bytes: Uint8Array | string) => string;
  readonly remove: () => void;
}

export function temporaryFolder(): Folder {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-test-'));
  return {
    path: folder,
    write: (name, bytes) => {
      const file = path.join(folder, name);
      writeFileSync(file, bytes);
      return file;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** Only the header, which may promise anything. */
export function idxHeader(dimensions: readonly number[]): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header[2] = 0x08;
  header[3] = dimensions.length;
  for (const [i, size] of dimensions.entries()) header.writeUInt32BE(size, 4 + 4 * i);
  return header;
}

/** A whole file of unsigned bytes. */
export function idxBytes(dimensions: readonly number[], data: Iterable<number>): Buffer {
  return Buffer.concat([idxHeader(dimensions), Uint8Array.from(data)]);
}

/** Images and their labels, as a test makes them up. */
export interface Part {
  /** One a sample: there are as many images as labels. */
  readonly labels: readonly number[];
  /** Dimensions of an image. @default [2, 2] */
  readonly shape?: readonly number[];
  /** Pixel p of all images, counted from the first image's first. @default p mod 256 */
  readonly pixel?: (p: number) => number;
}

/** The four canonical files, or those two whose part is given; gzipped on demand. */
export function writeDataset(folder: Folder, parts: { train?: Part; test?: Part }, gzipped = false): void {
  const write = (name: string, bytes: Buffer) =>
    gzipped ? folder.write(`${name}.gz`, gzipSync(bytes)) : folder.write(name, bytes);
  const writePart = (imagesName: string, labelsName: string, part: Part) => {
    const { labels, shape = [2, 2], pixel = (p) => p % 256 } = part;
    const pixels = shape.reduce((product, size) => product * size, labels.length);
    const images = Array.from({ length: pixels }, (_, p) => pixel(p));
    write(imagesName, idxBytes([labels.length, ...shape], images));
    write(labelsName, idxBytes([labels.length], labels));
  };
  if (parts.train) writePart(FILES.trainImages, FILES.trainLabels, parts.train);
  if (parts.test) writePart(FILES.testImages, FILES.testLabels, parts.test);
}
