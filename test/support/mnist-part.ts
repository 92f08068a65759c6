/** The first samples of MNIST as a folder of IDX files: real data that loads in no time. */

import { FILES } from '../../src/data/idx-folder.js';
import type { Samples } from '../../src/data/samples.js';
import { loadDataset } from '../../src/data/sources.js';
import { type Folder, idxHeader, temporaryFolder } from './idx-files.js';

export type { Folder } from './idx-files.js';

export async function mnistPart(train: number, test: number): Promise<Folder> {
  const mnist = await loadDataset('mnist');
  const folder = temporaryFolder();
  const write = (name: string, dimensions: number[], data: Iterable<number>) =>
    folder.write(name, Buffer.concat([idxHeader(dimensions), Uint8Array.from(data)]));
  const writePair = (images: string, labels: string, samples: Samples, count: number) => {
    write(images, [count, 28, 28], samples.values.subarray(0, count * 784));
    write(labels, [count], samples.targets.subarray(0, count));
  };
  writePair(FILES.trainImages, FILES.trainLabels, mnist.train, train);
  if (test > 0) writePair(FILES.testImages, FILES.testLabels, mnist.test, test);
  return folder;
}
