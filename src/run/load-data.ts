/** Loads the data set of a run. */
import type { Resumed } from '../checkpoints/resume.js';
import { type CheckedOptions, type Config, requireNothingOfImages, requireNothingOfTables } from '../config/options.js';
import type { Dataset } from '../data/dataset.js';
import type { InMemory } from '../data/in-memory.js';
import { findSource } from '../data/sources.js';
import { STDIN } from '../data/table/bytes.js';
import { MEMORY } from '../data/table/memory.js';
import { errors, LockstepError } from '../errors.js';

/** @throws LockstepError if the data cannot be used */
export async function loadFor(
  config: Config,
  given: CheckedOptions,
  resumed: Resumed | undefined,
  { signal, ...memory }: InMemory & { readonly signal: AbortSignal | undefined },
): Promise<Dataset> {
  const { data = config.data, testData = config.testData, publicData = config.publicData } = memory;
  // (The files of a checkpoint have absolute paths.)
  const isGone = (data: unknown, name: keyof InMemory) => data === MEMORY && given[name] === undefined;
  if (resumed && (isGone(data, 'data') || isGone(testData, 'testData') || isGone(publicData, 'publicData')))
    throw errors.memoryOfCheckpoint(resumed.file);
  if (resumed && [data, testData, publicData].includes(STDIN) && given.data === undefined)
    throw errors.stdinOfCheckpoint(resumed.file);
  try {
    const source = findSource(data);
    if (source.kind === 'table') requireNothingOfImages(config);
    else requireNothingOfTables(config);
    return await source.load({ ...config, seed: config.splitSeed ?? config.seed, testData, publicData, signal });
  } catch (error) {
    if (resumed && given.data === undefined && error instanceof LockstepError && error.status === 1) {
      throw errors.dataOfCheckpoint(resumed.file, error);
    }
    throw error;
  }
}
