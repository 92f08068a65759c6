/** What the training of an ensemble runs: the data, the options of each network, and how many at a time. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { memberFolder } from '../../checkpoints/ensemble.js';
import { saysWhatToTrain } from '../../checkpoints/resume.js';
import {
  applicable,
  type CheckedOptions,
  type Config,
  type OptionName,
  requireTogether,
  tableTraitsOf,
  withDefaults,
} from '../../config/options.js';
import type { Dataset } from '../../data/dataset.js';
import { isTableSource } from '../../data/sources.js';
import { errors } from '../../errors.js';
import { loadFor } from '../../run/load-data.js';
import { openModel, requireSave } from '../../run/model-output.js';
import type { Library } from '../../run/train.js';
import { flagOf } from '../../text/words.js';
import { divideCores } from '../several-runs/divide-cores.js';

/** They concern a single run, or are not written for the networks of an ensemble. */
const REFUSED = ['mpi', 'exact', 'private', 'audit', 'noiseScale', 'logEvery'] as const satisfies readonly OptionName[];

export interface EnsemblePlan {
  readonly config: Config;
  readonly dataset: Dataset;
  /** The options of each network, in order. */
  readonly members: readonly CheckedOptions[];
  readonly atOnce: number;
  /** The most threads of a network. */
  readonly cores: number;
}

/** Whether several networks are asked for. */
export function isEnsemble({ ensemble = 1 }: CheckedOptions): boolean {
  return ensemble > 1;
}

/** @throws LockstepError if the options or the data cannot be used */
export async function planEnsemble(
  given: CheckedOptions,
  memory: NonNullable<Library['memory']>,
  signal: AbortSignal | undefined,
): Promise<EnsemblePlan> {
  const stray = REFUSED.find((name) => given[name] !== undefined && given[name] !== false);
  if (stray !== undefined) throw errors.notInEnsemble(flagOf(stray));
  const { ensemble = 1, seed = 1, save, resume } = given;
  const last = seed + ensemble - 1;
  if (last > Number.MAX_SAFE_INTEGER) throw errors.invalidOption('seed', seed, 'a smaller number with --ensemble');
  if (resume !== undefined && !saysWhatToTrain(given)) throw errors.resumedEnsemble();
  const folder = folderOf(given);
  const isTable = given.data !== undefined && isTableSource(memory.data ?? given.data);
  const config = withDefaults(given, isTable ? tableTraitsOf(given) : undefined);
  requireTogether(given, config);
  if (save !== undefined) await requireSave(save, config, memory, undefined);
  const dataset = memory.dataset ?? (await loadFor(config, given, undefined, { signal, ...memory }));
  if (save !== undefined) await openModel(save);
  const members = Array.from({ length: ensemble }, (_, m) => memberOptions(given, config, m, folder));
  return { config, dataset, members, ...divideCores(config, given, ensemble, undefined, memory.cores) };
}

/** The folder of the networks' checkpoints. @throws LockstepError */
function folderOf({ checkpointDir, resume }: CheckedOptions): string | undefined {
  if (typeof resume !== 'string') return checkpointDir;
  if (statSync(resume, { throwIfNoEntry: false })?.isFile()) throw errors.ensembleFile(resume);
  if (checkpointDir !== undefined && path.resolve(checkpointDir) !== path.resolve(resume))
    throw errors.ensembleFolders(resume, checkpointDir);
  return resume;
}

/** The options of a run that trains network `m`, from 0: another seed, but the same splits. */
function memberOptions(given: CheckedOptions, config: Config, m: number, folder: string | undefined): CheckedOptions {
  const { ensemble: _, save: __, checkpointDir: ___, resume, ...shared } = given;
  const { seed = 1, splitSeed = seed, foldSeed = seed } = given;
  return {
    ...{ ...shared, seed: seed + m },
    ...applicable({ splitSeed, foldSeed }, () => config),
    ...(folder !== undefined && {
      checkpointDir: path.join(folder, memberFolder(m)),
      ...(resume !== undefined && { resume: true }),
    }),
  };
}
