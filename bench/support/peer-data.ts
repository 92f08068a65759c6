/**
 * The jobs of the comparison with other trainers: a folder of plain files that every program can read, the network, the
 * batch size and the learning rate.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { findIdxFolder } from '../../src/data/sources.js';
import { writeDenseData } from './dense-data.js';
import { atExit } from './exit.js';
import { TABLE_ROWS, writeTableData } from './table-data.js';

export const DATA_NAMES = ['mnist', 'fashion-mnist', 'dense', 'table-wide', 'table-small'] as const;
export type DataName = (typeof DATA_NAMES)[number];

/** The reference's. */
export const DEFAULT_BATCH = 100;

export interface PeerData {
  readonly name: DataName;
  readonly kind: 'images' | 'table';
  readonly folder: string;
  /** Lockstep's options that name the data. */
  readonly lockstepOptions: readonly string[];
  readonly samples: number;
  /** Number of inputs, widths of the hidden layers, number of classes. */
  readonly widths: readonly number[];
  /** Divides the number of samples. */
  readonly batch: number;
  /** Learning rate for gradients that are summed over the batch. */
  readonly rate: number;
  /** Losses of epochs 1, 2, … of an independent implementation. Empty if there is none. */
  readonly referenceLosses: readonly number[];
}

interface Job {
  readonly kind: PeerData['kind'];
  readonly samples: number;
  readonly widths: readonly number[];
  /** For the reference's batch size. */
  readonly rate: number;
  /** Minimum number of samples to write. */
  readonly provide: (samples: number) => Pick<PeerData, 'folder' | 'lockstepOptions'>;
}

const REFERENCE_LOSSES = [0.487, 0.252, 0.195, 0.159, 0.134];
const IMAGES = { kind: 'images', samples: 60_000, widths: [784, 1000, 10], rate: 0.001 } as const;
const TABLE = { kind: 'table', samples: TABLE_ROWS, rate: 0.001, provide: provideTable } as const;

const JOBS: Readonly<Record<DataName, Job>> = {
  mnist: {
    ...IMAGES,
    provide: () => ({ folder: findIdxFolder('mnist').folder, lockstepOptions: ['--data', 'mnist'] }),
  },
  'fashion-mnist': { ...IMAGES, provide: provideFashion },
  // An image without zeros is a vector twice as long as a digit. At 0.001, the losses of the first epochs fluctuate.
  dense: { ...IMAGES, rate: 0.0003, provide: () => inFolder(writeDenseData) },
  'table-wide': { ...TABLE, widths: [28, 300, 300, 2] },
  'table-small': { ...TABLE, widths: [28, 64, 2] },
};

/**
 * @param samples  number of samples to train on, from the first
 * @throws Error if the batch size does not divide the number of samples
 */
export function provideData(name: DataName, batch: number, samples = JOBS[name].samples): PeerData {
  const { kind, samples: all, widths, rate, provide } = JOBS[name];
  if (samples > all) throw new Error(`${name} has ${all} samples, not ${samples}`);
  // Some of the programs are compiled for one size of batch.
  if (samples % batch !== 0) throw new Error(`expected a batch size that divides ${samples}, found ${batch}`);
  return {
    ...{ name, kind, samples, widths, batch, ...provide(samples) },
    // The step for the mean gradient does not depend on the batch size.
    rate: (rate * DEFAULT_BATCH) / batch,
    referenceLosses: name === 'mnist' && batch === DEFAULT_BATCH && samples === all ? REFERENCE_LOSSES : [],
  };
}

/** The Debian package's files are gzipped, and not every program can read that. */
function provideFashion(): Pick<PeerData, 'folder' | 'lockstepOptions'> {
  const packed = findIdxFolder('fashion-mnist').folder;
  return inFolder((folder) => {
    for (const file of readdirSync(packed).filter((name) => name.endsWith('.gz'))) {
      writeFileSync(path.join(folder, path.basename(file, '.gz')), gunzipSync(readFileSync(path.join(packed, file))));
    }
  });
}

function provideTable(rows: number): Pick<PeerData, 'folder' | 'lockstepOptions'> {
  const { folder } = inFolder((folder) => writeTableData(folder, rows));
  const options = ['--label', 'class', '--header', 'yes', '--scale', 'none'];
  // With a test set of its own, all rows of train.csv are trained on, whatever the default of --test-split is.
  const files = ['--data', path.join(folder, 'train.csv'), '--test-data', path.join(folder, 'test.csv')];
  return { folder, lockstepOptions: [...files, ...options] };
}

function inFolder(write: (folder: string) => void): Pick<PeerData, 'folder' | 'lockstepOptions'> {
  const folder = temporaryFolder();
  write(folder);
  return { folder, lockstepOptions: ['--data', folder] };
}

/** Removed when this process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-peers-'));
  atExit(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
