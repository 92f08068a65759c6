/** A run of a tiny network on a few pixels, and the checkpoints that it leaves: a few kilobytes each, so that every bit can be tried. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TrainOptions } from '../../src/config/options.js';
import { collect } from './events.js';
import { temporaryFolder, writeDataset } from './idx-files.js';

export interface TinyRun {
  /** The folder of its data. */
  readonly data: string;
  /** The folder of its checkpoints. */
  readonly folder: string;
  readonly options: TrainOptions;
  readonly weightsSha256: string;
  /** A checkpoint's file name and bytes: at an epoch's end, within one, and with all its steps done but not its evaluation. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly remove: () => void;
}

/** 23 samples of 2 × 2 pixels: five steps an epoch, of which the last is of 3 samples. */
export async function tinyRun(options: TrainOptions = {}): Promise<TinyRun> {
  const data = temporaryFolder();
  const part = (count: number) => ({
    labels: Array.from({ length: count }, (_, s) => s % 3),
    pixel: (p: number) => (p * 37) % 251,
  });
  writeDataset(data, { train: part(23), test: part(6) });
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-test-'));
  const all: TrainOptions = {
    ...{ data: data.path, hidden: [3], batchSize: 5, epochs: 3, lr: 0.05, threads: 1, logEvery: 4 },
    ...{ checkpointDir: folder, checkpointEvery: 2, checkpointEverySteps: 1, keep: 100 },
    ...options,
  };
  const { end } = await collect(all);
  const names = readdirSync(folder).sort();
  return {
    data: data.path,
    folder,
    options: all,
    weightsSha256: end.weights_sha256!,
    // (No Buffers, whose `slice` is no copy.)
    files: new Map(names.map((name) => [name, new Uint8Array(readFileSync(path.join(folder, name)))])),
    remove: () => {
      data.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
