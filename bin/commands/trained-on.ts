/** The data to look at a model with, where none are named: those that it was trained on. */
import type { Part } from '../../src/data/dataset.js';
import { requireClasses } from '../../src/data/idx-folder.js';
import { isNamedSet } from '../../src/data/named-sets.js';
import { findSource, loadPart } from '../../src/data/sources.js';
import { errors } from '../../src/errors.js';
import { parseJson } from '../../src/files/json.js';
import { fieldsOf } from '../../src/files/record.js';
import type { Network } from '../../src/tools/network.js';

/**
 * @param data  as it was given, or undefined
 * @param part  which samples are wanted; the others are not read
 * @throws LockstepError if they cannot be used, there are none, or nobody can tell which they are
 */
export async function dataFor(
  file: string,
  { inputs, classes, metadata, table }: Network,
  data: string | undefined,
  part: 'train' | 'test',
): Promise<Part> {
  const trainedOn = datasetIn(metadata.dataset);
  // A file of another program says nothing: MNIST is this one's first job.
  const own = trainedOn.name ?? 'mnist';
  if (data === undefined && !isNamedSet(own)) throw errors.trainedElsewhere(file, own);
  if (data !== undefined) {
    const isTable = findSource(data).format === 'table';
    if (table) throw errors.imagesForTable(file, data);
    if (isTable) throw errors.tableForImages(file, data);
  }
  const found = await loadPart(data ?? own, part);
  if (found.samples.count === 0) throw errors.noTestSamples(found.name);
  // A folder may be called as a data set is.
  const sha256 = trainedOn[`${part}_sha256`];
  const isOther = sha256 !== undefined && found.samples.sha256 !== sha256;
  if (data === undefined && isOther) throw errors.trainedElsewhere(file, own);
  if (found.inputs !== inputs) throw errors.otherSize(file, inputs, found.name, found.inputs);
  requireClasses(found, classes);
  return found;
}

type TrainedOn = { readonly [name in 'name' | 'train_sha256' | 'test_sha256']?: string };

function datasetIn(text: string | undefined): TrainedOn {
  try {
    const fields = fieldsOf(parseJson(text ?? ''));
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => typeof value === 'string'));
  } catch {
    return {};
  }
}
