/** The data of the comparison with peers: a folder of plain IDX files that every program can read, and the rate. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { findIdxFolder } from '../../src/data/sources.js';
import { writeDenseData } from './dense-data.js';
import { atExit } from './exit.js';

export const DATA_NAMES = ['mnist', 'fashion-mnist', 'dense'] as const;
export type DataName = (typeof DATA_NAMES)[number];

export interface PeerData {
  readonly name: DataName;
  readonly folder: string;
  /** As Lockstep's --data takes it. */
  readonly source: string;
  readonly samples: number;
  /** The same for all. */
  readonly rate: number;
  /** Losses of epochs 1, 2, … that an independent implementation reached, where there is one. */
  readonly referenceLosses: readonly number[];
}

/** All three are 60,000 images of 28 × 28 in 10 classes. */
const SAMPLES = 60_000;
const REFERENCE_LOSSES = [0.487, 0.252, 0.195, 0.159, 0.134];
const REFERENCE_RATE = 0.001;
/** An image without zeros is twice as long a vector as a digit; at 0.001 the first epochs' losses jump about. */
const DENSE_RATE = 0.0003;

export function provideData(name: DataName): PeerData {
  const { folder, source } = PROVIDERS[name]();
  return {
    name,
    folder,
    source,
    samples: SAMPLES,
    rate: name === 'dense' ? DENSE_RATE : REFERENCE_RATE,
    referenceLosses: name === 'mnist' ? REFERENCE_LOSSES : [],
  };
}

const PROVIDERS = {
  mnist: () => ({ folder: findIdxFolder('mnist').folder, source: 'mnist' }),
  /** Its files are gzipped, and not every peer can read that. */
  'fashion-mnist': () => {
    const folder = temporaryFolder();
    const packed = findIdxFolder('fashion-mnist').folder;
    for (const file of readdirSync(packed).filter((name) => name.endsWith('.gz'))) {
      writeFileSync(path.join(folder, path.basename(file, '.gz')), gunzipSync(readFileSync(path.join(packed, file))));
    }
    return { folder, source: folder };
  },
  dense: () => {
    const folder = temporaryFolder();
    writeDenseData(folder);
    return { folder, source: folder };
  },
} satisfies Record<DataName, () => { folder: string; source: string }>;

/** Gone when this process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-peers-'));
  atExit(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
