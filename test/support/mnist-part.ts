/** The first samples of MNIST as a folder of IDX files: real data that loads in no time. */
import { closeSync, openSync, readSync } from 'node:fs';
import { FILES, findFile } from '../../src/data/idx-folder.js';
import { findIdxFolder } from '../../src/data/sources.js';
import { type Folder, idxHeader, temporaryFolder } from './idx-files.js';

export type { Folder } from './idx-files.js';

/** Reads only what is copied: all of MNIST takes a tenth of a second. */
export async function mnistPart(train: number, test: number): Promise<Folder> {
  const mnist = findIdxFolder('mnist');
  const folder = temporaryFolder();
  const copy = (name: string, dimensions: number[]) => {
    const header = idxHeader(dimensions);
    const bytes = Buffer.alloc(dimensions.reduce((product, size) => product * size));
    const file = openSync(findFile(mnist, name)!, 'r');
    const read = readSync(file, bytes, 0, bytes.length, header.length);
    closeSync(file);
    if (read < bytes.length) throw new Error(`MNIST has fewer than ${dimensions[0]} samples`);
    folder.write(name, Buffer.concat([header, bytes]));
  };
  copy(FILES.trainImages, [train, 28, 28]);
  copy(FILES.trainLabels, [train]);
  if (test > 0) {
    copy(FILES.testImages, [test, 28, 28]);
    copy(FILES.testLabels, [test]);
  }
  return folder;
}
