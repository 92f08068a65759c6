/**
 * Data sets of any size and density, as IDX files in a temporary folder: seeded, so that each is the same again. Pixels and
 * labels have nothing to do with each other: they are for measuring, not for learning.
 */
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { FILES } from '../../src/data/idx-folder.js';
import { Random } from '../../src/model/random.js';
import { atExit } from './exit.js';
import { idxHeader } from './idx-header.js';

export interface Shape {
  readonly samples: number;
  readonly inputs: number;
  /** Fraction of the inputs that are not zero, drawn for each on its own. */
  readonly density: number;
}

export interface Folder {
  readonly path: string;
  readonly remove: () => void;
}

const CLASSES = 10;
const SEED = 1;
/** Streams of the seed. */
const IMAGES = 0;
const LABELS = 1;
/** Written at once: large enough for the disk, small enough for the memory. */
const CHUNK_BYTES = 1 << 22;

/** Why there is no room for it, or undefined. */
export function noRoomFor(shape: Shape): string | undefined {
  const { bavail, bsize } = statfsSync(tmpdir());
  const [needed, free] = [bytesOf(shape), bavail * bsize];
  // As much again for whoever else writes there.
  if (free >= 2 * needed) return undefined;
  return `it needs ${megabytes(needed)}, and as much again to spare; ${tmpdir()} has ${megabytes(free)}`;
}

/** The folder is removed by `remove`, or when the process ends, however it does. */
export async function writeSynthetic(shape: Shape): Promise<Folder> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-synthetic-'));
  const forget = atExit(() => rmSync(folder, { recursive: true, force: true }));
  const { samples, inputs } = shape;
  const labels = new Random(SEED, LABELS);
  writeFileSync(
    path.join(folder, FILES.trainLabels),
    Buffer.concat([idxHeader([samples]), Uint8Array.from({ length: samples }, () => labels.below(CLASSES))]),
  );
  await writeImages(path.join(folder, FILES.trainImages), idxHeader([samples, 1, inputs]), shape);
  return {
    path: folder,
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
      forget();
    },
  };
}

async function writeImages(file: string, head: Uint8Array, { samples, inputs, density }: Shape): Promise<void> {
  const random = new Random(SEED, IMAGES);
  // Of a draw's 32 bits the upper decide whether the pixel is lit, the lowest 8 how brightly: not 0.
  const limit = Math.round(density * 2 ** 24);
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, samples * inputs));
  const descriptor = openSync(file, 'w');
  try {
    writeSync(descriptor, head);
    for (let rest = samples * inputs; rest > 0; rest -= chunk.length) {
      for (let i = 0; i < chunk.length; i++) {
        const draw = random.next();
        chunk[i] = draw >>> 8 < limit ? Math.max(1, draw & 0xff) : 0;
      }
      writeSync(descriptor, chunk, 0, Math.min(rest, chunk.length));
      // A signal is heard only between.
      await setImmediate();
    }
  } finally {
    closeSync(descriptor);
  }
}

function bytesOf({ samples, inputs }: Shape): number {
  return samples * (inputs + 1);
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6).toLocaleString('en-US')} MB`;
}
