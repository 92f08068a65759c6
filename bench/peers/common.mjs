/**
 * What the programs of the npm peers share: arguments, data in memory, initial values, order, and the lines they print.
 * A peer's program itself is one function that makes a step of its trainer.
 *
 * All are run as: node <peer>.mjs <folder of IDX files> <threads> <epochs> <rate> <samples> <batch> 784-1000-10
 */
import { readFileSync, writeSync } from 'node:fs';
import path from 'node:path';

export const INPUTS = 784;
export const HIDDEN = 1000;
export const CLASSES = 10;
export const BATCH = Number(process.argv[7]);

let state = 1;

/** The next of a seeded sequence (mulberry32), uniform in [0, 1). */
function uniform() {
  state = (state + 0x6d2b79f5) | 0;
  let bits = Math.imul(state ^ (state >>> 15), state | 1);
  bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
  return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
}

/** The reference's initial values: `count` of them, uniform in ±1/√inputs. */
export function initialValues(count, inputs) {
  return Float32Array.from({ length: count }, () => (2 * uniform() - 1) / Math.sqrt(inputs));
}

/**
 * Trains and prints `{"event":"ready"}` when all is in memory, then a line an epoch.
 *
 * @param prepare  takes {images (samples × 784, 0 to 1), labels, threads, rate} and returns a function that trains on one
 *                 batch, given as sample numbers, and returns the sum of its losses (NaN where that is another loss)
 */
export async function runPeer(prepare) {
  const [threads, epochs, rate, samples] = process.argv.slice(3, 7).map(Number);
  const folder = process.argv[2];
  const pixels = readFileSync(path.join(folder, 'train-images-idx3-ubyte')).subarray(16, 16 + samples * INPUTS);
  const images = Float32Array.from(pixels, (pixel) => pixel / 255);
  const labels = readFileSync(path.join(folder, 'train-labels-idx1-ubyte')).subarray(8, 8 + samples);
  const trainBatch = await prepare({ images, labels, threads, rate });
  print({ event: 'ready' });

  const order = Uint32Array.from({ length: samples }, (_, i) => i);
  for (let epoch = 1; epoch <= epochs; epoch++) {
    shuffle(order);
    const start = performance.now();
    let loss = 0;
    for (let first = 0; first < samples; first += BATCH) {
      loss += await trainBatch(order.subarray(first, first + BATCH));
    }
    print({ epoch, train_loss: loss / samples, seconds: (performance.now() - start) / 1000 });
  }
  // A peer's own threads would keep the process alive.
  process.exit();
}

/** The rows of a batch, one after another. */
export function gather(images, batch) {
  const rows = new Float32Array(batch.length * INPUTS);
  for (const [slot, sample] of batch.entries()) rows.set(rowOf(images, sample), slot * INPUTS);
  return rows;
}

export function rowOf(images, sample) {
  return images.subarray(sample * INPUTS, (sample + 1) * INPUTS);
}

export function oneHot(label) {
  return Float32Array.from({ length: CLASSES }, (_, j) => (j === label ? 1 : 0));
}

function shuffle(order) {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
}

function print(line) {
  // Synchronous, so that no line is lost at the exit.
  writeSync(1, `${JSON.stringify(line)}\n`);
}
