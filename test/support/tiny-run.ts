/** A run of a tiny network on a few pixels, and the checkpoints that it leaves: a few kilobytes each, so that every bit can be tried. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TrainOptions } from '../../src/config/options.js';
import { collect } from './events.js';
import { temporaryFolder, writeDataset } from './idx-files.js';
import { tableJobs } from './table-jobs.js';

export interface TinyRun {
  /** Its data: a folder, or a table. */
  readonly data: string;
  /** The folder of its checkpoints. */
  readonly folder: string;
  readonly options: TrainOptions;
  readonly weightsSha256: string;
  /** A checkpoint's file name and bytes: at an epoch's end, within one, and with all its steps done but not its evaluation. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly remove: () => void;
}

/** A run on a table of each kind: their metadata have encodings, targets and weights. */
export async function tinyTableRuns(): Promise<TinyRun[]> {
  const tables = temporaryFolder();
  const runs: TinyRun[] = [];
  for (const job of Object.values(tableJobs((name, text) => tables.write(name, linesOf(text))))) {
    runs.push(await tinyRun({ lr: 0.01, ...job }));
  }
  const [first, ...others] = runs;
  const remove = () => {
    first!.remove();
    tables.remove();
  };
  return [{ ...first!, remove }, ...others];
}

/** A header and 30 rows. */
function linesOf(table: string): string {
  return table.split('\n').slice(0, 31).join('\n');
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
    data: String(all.data),
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
