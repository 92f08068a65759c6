/** The first samples of MNIST as a folder of IDX files: real data that loads in no time. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadDataset, type Samples } from '../../src/data/dataset.js';
import { FILES } from '../../src/data/sources.js';

export interface Folder {
  readonly path: string;
  readonly remove: () => void;
}

export async function mnistPart(train: number, test: number): Promise<Folder> {
  const mnist = await loadDataset('mnist');
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-mnist-'));
  const write = (name: string, dimensions: number[], data: Uint8Array) =>
    writeFileSync(path.join(folder, name), Buffer.concat([idxHeader(dimensions), data]));
  const writePair = (images: string, labels: string, samples: Samples, count: number) => {
    write(images, [count, 28, 28], samples.images.subarray(0, count * 784));
    write(labels, [count], samples.labels.subarray(0, count));
  };
  writePair(FILES.trainImages, FILES.trainLabels, mnist.train, train);
  if (test > 0) writePair(FILES.testImages, FILES.testLabels, mnist.test, test);
  return { path: folder, remove: () => rmSync(folder, { recursive: true }) };
}

function idxHeader(dimensions: readonly number[]): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header[2] = 0x08;
  header[3] = dimensions.length;
  for (const [i, size] of dimensions.entries()) header.writeUInt32BE(size, 4 + 4 * i);
  return header;
}
