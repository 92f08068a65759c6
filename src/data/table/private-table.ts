/**
 * Reads a private table. Everything that depends on many rows (the delimiter, the header, the kinds of the columns, the classes, and
 * later the encoding) comes from a public table, so that each private row is read by itself: no row affects how another one is read.
 */
import { createHash } from 'node:crypto';
import { errors } from '../../errors.js';
import { nameOfSource, type TableSource } from './memory.js';
import { csvOptionsOf } from './read-raw-table.js';
import { type ReadOptions, readTable, readTableLike, type Table, type TableSamples } from './read-table.js';

export interface PrivateTable extends Pick<Table, 'facts' | 'samples'> {
  readonly publicSamples: TableSamples;
  /** What was left out of the public table. */
  readonly leftOut: Table['leftOut'];
}

/** @throws LockstepError if a table cannot be read, or they differ, or a private row would have to be left out */
export async function readPrivateTable(
  data: TableSource,
  publicData: TableSource,
  options: ReadOptions,
): Promise<PrivateTable> {
  const { facts, samples: publicSamples, leftOut, delimiter: usualDelimiter } = await readTable(publicData, options);
  const { header = 'auto', signal } = options;
  const knownHeader = header === 'auto' ? (facts.hasNames ? 'yes' : 'no') : header;
  const csv = { ...csvOptionsOf(options), usualDelimiter };
  const { samples, leftOut: rows } = await readTableLike(data, facts, undefined, knownHeader, signal, csv);
  if (samples.sha256 === publicSamples.sha256) throw errors.publicIsPrivate(nameOfSource(publicData));
  // How many rows are left out would be a fact about private rows.
  if (rows.unlabeled > 0) throw errors.privateUnlabeled(nameOfSource(data), facts.targets ? 'target' : 'label');
  // A resumed run must encode its rows in the same way, so its hash covers both tables.
  const sha256 = createHash('sha256').update(samples.sha256).update(publicSamples.sha256).digest('hex');
  return { facts, samples: { ...samples, sha256 }, publicSamples, leftOut };
}
