/** The data to evaluate a model on; by default the data set that it was trained on. */
import { type Part, requireClasses } from '../../src/data/dataset.js';
import { isNamedSet } from '../../src/data/named-sets.js';
import { findSource, loadPart } from '../../src/data/sources.js';
import { errors } from '../../src/errors.js';
import type { Network } from '../../src/tools/network.js';
import { metadataFields } from './evaluation-table.js';

/**
 * @param data  `--data`, or undefined
 * @param part  the samples to read
 * @throws LockstepError if the data cannot be used, has no samples, or is not known
 */
export async function dataFor(
  file: string,
  { inputs, classes, targets, metadata, table }: Network,
  data: string | undefined,
  part: 'train' | 'test',
): Promise<Part> {
  const trainedOn = metadataFields(metadata.dataset);
  // Files of other programs do not name their data.
  const own = typeof trainedOn.name === 'string' ? trainedOn.name : 'mnist';
  if (data === undefined && !isNamedSet(own)) throw errors.trainedElsewhere(file, own);
  if (data !== undefined) {
    const isTable = findSource(data).kind === 'table';
    if (table) throw errors.imagesForTable(file, data);
    if (isTable) throw errors.tableForImages(file, data);
  }
  const found = await loadPart(data ?? own, part);
  if (found.samples.count === 0) throw errors.noTestSamples(found.name);
  // The model may have been trained on a folder with the name of a data set.
  const sha256 = trainedOn[`${part}_sha256`];
  const isOther = typeof sha256 === 'string' && found.samples.sha256 !== sha256;
  if (data === undefined && isOther) throw errors.trainedElsewhere(file, own);
  if (found.inputs !== inputs) throw errors.otherSize(file, inputs, found.name, found.inputs);
  const width = found.samples.targets instanceof Float64Array ? (found.samples.targetWidth ?? 1) : 0;
  if (width !== targets.length) throw errors.idxTargets(found.labelsFile, width, targets.length);
  if (width === 0) requireClasses(found, classes);
  return found;
}
