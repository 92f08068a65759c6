/** The file of `--save`: may it be written, and can it be? */
import path from 'node:path';
import { isCheckpointName } from '../checkpoints/folder.js';
import type { Config } from '../config/options.js';
import type { InMemory } from '../data/in-memory.js';
import { errors } from '../errors.js';
import { isSameOutput, openOutput, requireOutput } from '../files/output.js';
import { targetOf } from '../files/resolve-links.js';
import { inputFilesOfRun } from './input-files.js';

function modelAt(file: string) {
  return { flag: '--save', file, kind: 'model' } as const;
}

/** @throws LockstepError if the model must not be written to this file */
export async function requireSave(save: string, config: Config, memory: InMemory, resumedFile: string | undefined) {
  const { checkpointDir } = config;
  await requireOutput(modelAt(save), [
    ...inputFilesOfRun(config, memory),
    ...(resumedFile === undefined ? [] : [resumedFile]),
  ]);
  if (checkpointDir === undefined) return;
  // The file, and its target if it is a link.
  for (const file of [save, await targetOf(save)]) {
    if (!isCheckpointName(path.basename(file))) continue;
    if (await isSameOutput(path.dirname(file), checkpointDir)) throw errors.saveAmongCheckpoints(save);
  }
}

/** @throws LockstepError if it cannot be written */
export async function openModel(save: string): Promise<void> {
  await openOutput(modelAt(save));
}
