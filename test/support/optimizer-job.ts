/**
 * A small job for every case of optimizer-cases.ts: its data, and all that another program needs to do the same.
 *
 * Run as a program it prints that for test/fixtures/optimizers.py.
 */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { readModel } from '../../src/checkpoints/model-file.js';
import type { TrainOptions } from '../../src/config/options.js';
import { shuffledOrder } from '../../src/data/order.js';
import { collect } from './events.js';
import { type Folder, type Part, temporaryFolder, writeDataset } from './idx-files.js';
import { OPTIMIZER_CASES } from './optimizer-cases.js';

const SAMPLES = 40;
const INPUTS = 12;
/** Three steps an epoch, of which the last is of 8 samples. */
export const JOB = { hidden: [9, 6], batchSize: 16, epochs: 4, seed: 3 } satisfies TrainOptions;

/** Half of the pixels are black, and one is so in all samples. */
const pixel = (p: number): number => ((p * 7) % 5 < 2 || p % INPUTS === 4 ? 0 : (p * p * 13 + p * 29) % 256);
const labels = Array.from({ length: SAMPLES }, (_, s) => (s * 7 + Math.floor(s / 4)) % 4);

export function writeJobData(): Folder {
  const folder = temporaryFolder();
  const part: Part = { labels, shape: [INPUTS], pixel };
  writeDataset(folder, { train: part });
  return folder;
}

/** The parameters that a run leaves, in file order. */
export async function parametersAfter(options: TrainOptions, folder: Folder): Promise<number[]> {
  const save = `${folder.path}/model.safetensors`;
  await collect({ ...JOB, data: folder.path, save, ...options });
  return [...(await readModel(save)).values];
}

async function main(): Promise<void> {
  const folder = writeJobData();
  try {
    const orders = Array.from({ length: JOB.epochs }, (_, i) => {
      const order = new Uint32Array(SAMPLES);
      shuffledOrder(order, JOB.seed, i + 1);
      return [...order];
    });
    const pixels = Array.from({ length: SAMPLES * INPUTS }, (_, p) => pixel(p));
    const initial = await parametersAfter({ epochs: 0 }, folder);
    const layers = [INPUTS, ...JOB.hidden, 4];
    const { batchSize } = JOB;
    process.stdout.write(
      JSON.stringify({ layers, batchSize, pixels, labels, orders, initial, cases: OPTIMIZER_CASES }),
    );
  } finally {
    folder.remove();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
