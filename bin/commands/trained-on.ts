/** The data set to look at a model with, where none is named: the one that it was trained on. */
import { type Dataset, loadDataset } from '../../src/data/dataset.js';
import { NAMED_SETS } from '../../src/data/sources.js';
import { errors } from '../../src/errors.js';
import type { Network } from '../../src/network.js';
import { fieldsOf } from '../../src/record.js';

/**
 * @param data  as it was given, or undefined
 * @throws LockstepError if it cannot be used, or nobody can tell which it is
 */
export async function dataFor(
  file: string,
  { inputs, metadata, table }: Network,
  data: string | undefined,
): Promise<Dataset> {
  const { name, test_sha256: sha256 } = datasetIn(metadata.dataset);
  // A file of another program says nothing: MNIST is this one's first job.
  const own = name ?? 'mnist';
  if (data === undefined && !NAMED_SETS.includes(own)) throw errors.trainedElsewhere(file, own);
  if (table && data !== undefined) throw errors.imagesForTable(file, data);
  const dataset = await loadDataset(data ?? own);
  // A folder may be called as a data set is.
  const isOther = sha256 !== undefined && dataset.test.sha256 !== sha256;
  if (data === undefined && isOther) throw errors.trainedElsewhere(file, own);
  if (dataset.inputs !== inputs) throw errors.otherSize(file, inputs, dataset.name, dataset.inputs);
  return dataset;
}

function datasetIn(text: string | undefined): { readonly name?: string; readonly test_sha256?: string } {
  try {
    const { name, test_sha256 } = fieldsOf(JSON.parse(text ?? ''));
    return { ...(typeof name === 'string' && { name }), ...(typeof test_sha256 === 'string' && { test_sha256 }) };
  } catch {
    return {};
  }
}
