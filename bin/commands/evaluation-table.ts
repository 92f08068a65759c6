/** The table to evaluate a model on: all of it, or the training or test part if the model was trained on this table. */
import { parseFold } from '../../src/data/folds.js';
import { NO_SAMPLES, type Samples } from '../../src/data/samples.js';
import { nameOfTable, shortNameOfTable } from '../../src/data/table/bytes.js';
import { encodedBy } from '../../src/data/table/encode-parts.js';
import type { Header } from '../../src/data/table/header.js';
import { remarksOn, testPart } from '../../src/data/table/load.js';
import type { CsvOptions } from '../../src/data/table/read-raw-table.js';
import { readTableLike } from '../../src/data/table/read-table.js';
import { inTurns } from '../../src/data/table/steps.js';
import { errors } from '../../src/errors.js';
import { parseJsonOr } from '../../src/files/json.js';
import { fieldsOf } from '../../src/files/type-guards.js';
import type { EvaluationEvent } from '../../src/metrics/events.js';
import { type FoldOptions, withFold } from '../../src/run/fold-samples.js';
import type { Network } from '../../src/tools/network.js';

export type Split = EvaluationEvent['dataset']['split'];

export interface TablePart {
  readonly name: string;
  readonly split: Split;
  readonly samples: Samples;
  /** What was left out of a table. */
  readonly remarks?: readonly string[];
}

/**
 * @param data   a file, or `-`
 * @param split  undefined: the test part if the model was trained on this table, else all rows
 * @throws LockstepError if the table cannot be used, or has no such part
 */
export async function tablePart(
  file: string,
  network: Network,
  data: string,
  split: Split | undefined,
  { label, header, ...csv }: { readonly label: string | undefined; readonly header: Header } & CsvOptions,
): Promise<TablePart> {
  const { table, encoder, metadata } = network;
  if (!table || !encoder) throw errors.tableForImages(file, data);
  const name = shortNameOfTable(data);
  const { samples: raw, leftOut } = await readTableLike(data, table, label, header, undefined, csv);
  const samples = await inTurns(encodedBy(encoder, raw, table));
  const remarks = remarksOn(nameOfTable(data), leftOut, table).map(({ message }) => message);
  const parts = await partsOfRun(samples, metadata);
  const wanted = split ?? (parts?.test.count ? 'test' : parts?.train.count ? 'train' : 'all');
  if (wanted === 'all') return { name, split: wanted, samples, remarks };
  if (!parts) throw errors.otherTable(file, data, wanted);
  if (parts[wanted].count === 0) throw errors.noSuchPart(data, wanted, wanted === 'test' ? 'train' : 'test');
  return { name, split: wanted, samples: parts[wanted], remarks };
}

/** Undefined if the model was not trained on this table. */
export async function partsOfRun(samples: Samples, metadata: Network['metadata']) {
  const { train_sha256, test_sha256 } = metadataFields(metadata.dataset);
  const config = metadataFields(metadata.config);
  const { test_split: fraction, stratify } = config;
  const seed = config.split_seed ?? config.seed;
  const fold = foldIn(config, samples.count);
  if (fold) {
    if (samples.sha256 !== train_sha256) return undefined;
    return await inTurns(withFold({ ...NO_DATASET, train: samples }, fold.limit, fold));
  }
  if (typeof fraction === 'number' && fraction > 0 && fraction < 1 && Number.isSafeInteger(seed)) {
    const parts = await inTurns(testPart(samples, fraction, seed as number, stratify === true));
    return parts.train.sha256 === train_sha256 && parts.test.sha256 === test_sha256 ? parts : undefined;
  }
  if (samples.sha256 === train_sha256) return { train: samples, test: NO_SAMPLES };
  return samples.sha256 === test_sha256 ? { train: NO_SAMPLES, test: samples } : undefined;
}

const NO_DATASET = { name: '', inputs: 0, classes: 0, test: NO_SAMPLES };

/** The options of the run, if it tested on a fold. (A file may contain anything.) @param samples  of the table */
function foldIn(
  { fold, fold_seed: foldSeed, seed, stratify, limit }: Record<string, unknown>,
  samples: number,
): (FoldOptions & { readonly limit: number }) | undefined {
  const own = foldSeed ?? seed;
  const most = limit ?? samples;
  const isUsable =
    typeof fold === 'string' &&
    (parseFold(fold)?.folds ?? Number.POSITIVE_INFINITY) <= samples &&
    Number.isSafeInteger(own) &&
    Number.isInteger(most) &&
    (most as number) <= samples;
  if (!isUsable) return undefined;
  return {
    fold: fold as string,
    foldSeed: own as number,
    seed: own as number,
    stratify: stratify === true,
    limit: most as number,
  };
}

/** Fields of a JSON object in the metadata; none if there is no such object. */
export function metadataFields(text: string | undefined): Record<string, unknown> {
  return fieldsOf(parseJsonOr(text, undefined));
}
