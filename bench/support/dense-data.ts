/** Data without zeros: what a trainer that skips them has to do when there is nothing to skip. Seeded. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { FILES } from '../../src/data/idx-folder.js';
import { Random } from '../../src/model/random.js';
import { idxHeader } from './idx-header.js';

const SEED = 1;
const SAMPLES = 60_000;
const SIDE = 28;
const INPUTS = SIDE * SIDE;
const CLASSES = 10;
/** Stream of the random number generator: any number that is not used elsewhere. */
const STREAM = 0xdada;

/**
 * Writes 60,000 images of 28 × 28 as IDX files: pixels uniform in 1 to 255, each label the class that a random linear
 * teacher scores highest. So there is something to learn, and the loss falls.
 */
export function writeDenseData(folder: string): void {
  const random = new Random(SEED, STREAM);
  const images = Uint8Array.from({ length: SAMPLES * INPUTS }, () => 1 + random.below(255));
  const teacher = Float64Array.from({ length: CLASSES * INPUTS }, () => 2 * random.fraction() - 1);
  const labels = Uint8Array.from({ length: SAMPLES }, (_, sample) =>
    bestClass(images.subarray(sample * INPUTS, (sample + 1) * INPUTS), teacher),
  );
  writeFileSync(path.join(folder, FILES.trainImages), Buffer.concat([idxHeader([SAMPLES, SIDE, SIDE]), images]));
  writeFileSync(path.join(folder, FILES.trainLabels), Buffer.concat([idxHeader([SAMPLES]), labels]));
}

function bestClass(image: Uint8Array, teacher: Float64Array): number {
  let best = 0;
  let highest = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < CLASSES; c++) {
    let score = 0;
    // About the pixels' mean, or one class would win always.
    for (let i = 0; i < INPUTS; i++) score += (image[i]! - 128) * teacher[c * INPUTS + i]!;
    if (score > highest) {
      highest = score;
      best = c;
    }
  }
  return best;
}
