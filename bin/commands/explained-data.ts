/** The samples that `lockstep explain` shows: those that the model was trained and tested on, or others. */

import { NO_SAMPLES, type Samples } from '../../src/data/samples.js';
import { findSource } from '../../src/data/sources.js';
import { shortNameOfTable } from '../../src/data/table/bytes.js';
import { encodedBy } from '../../src/data/table/encode-parts.js';
import type { Header } from '../../src/data/table/header.js';
import { readTableLike } from '../../src/data/table/read-table.js';
import { inTurns } from '../../src/data/table/steps.js';
import type { TextEncoding } from '../../src/data/table/utf8.js';
import { errors, LockstepError } from '../../src/errors.js';
import type { ExplainedData } from '../../src/tools/explain/model-subject.js';
import type { Network } from '../../src/tools/network.js';
import { dataFor } from './evaluation-data.js';
import { partsOfRun } from './evaluation-table.js';

interface TableOptions {
  readonly label: string | undefined;
  readonly header: Header;
  readonly encoding?: TextEncoding | undefined;
}

/**
 * @param data  `--data`, or undefined for the data that the model was trained on
 * @throws LockstepError if the data cannot be used or is unknown
 */
export async function explainedData(
  file: string,
  network: Network,
  data: string | undefined,
  options: TableOptions,
): Promise<ExplainedData> {
  if (network.table) return await rowsOf(file, network, data, options);
  const { label, header, encoding } = options;
  const given = {
    label,
    header: header === 'auto' ? undefined : header,
    encoding: encoding === 'utf-8' ? undefined : encoding,
  };
  const [flag, value] = Object.entries(given).find((each) => each[1] !== undefined) ?? [];
  if (flag && data === undefined) throw errors.requiresOption(flag, value!, '--data and a table');
  if (flag && findSource(data!).kind !== 'table') throw errors.onlyForTables(flag, value!, data!);
  const test = await testImages(file, network, data);
  const { samples: train } = await dataFor(file, network, data, 'train');
  return { train, test };
}

async function testImages(file: string, network: Network, data: string | undefined): Promise<Samples> {
  try {
    return (await dataFor(file, network, data, 'test')).samples;
  } catch (error) {
    if (error instanceof LockstepError && error.code === 'no_test_samples') return NO_SAMPLES;
    throw error;
  }
}

async function rowsOf(
  file: string,
  { table, encoder, metadata }: Network,
  data: string | undefined,
  { label, header, encoding }: TableOptions,
): Promise<ExplainedData> {
  if (data === undefined) throw errors.explainWithoutTable(file);
  if (findSource(data).kind !== 'table') throw errors.imagesForTable(file, data);
  const { samples: raw } = await readTableLike(data, table!, label, header, undefined, { encoding });
  const samples = await inTurns(encodedBy(encoder!, raw, table!));
  if (samples.count === 0) throw errors.noTestSamples(shortNameOfTable(data));
  // (Rows of another table are like test rows: the model has not seen them.)
  return (await partsOfRun(samples, metadata)) ?? { train: NO_SAMPLES, test: samples };
}
