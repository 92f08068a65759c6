/** Under MPI: what must be the same on all ranks before they train, and how one finds a checkpoint for all. */
import { decodeCheckpoint } from '../checkpoints/checkpoint-file.js';
import type { ModelDescription } from '../checkpoints/model-file.js';
import type { Found } from '../checkpoints/resume.js';
import { type CheckedOptions, CONFIG_NAMES, type Config, OPTIONS, valueText } from '../config/options.js';
import { packageVersion } from '../files/package-version.js';
import { readWhole } from '../files/read-whole.js';
import { MEMORY_LIMIT_BYTES, type Memory } from '../memory/layout.js';
import type { Plan } from '../memory/plan.js';
import { weightsSha256 } from '../model/parameters.js';
import { type Identity, together } from '../parallel/mpi/agreement.js';
import type { World } from '../parallel/mpi/world.js';
import { flagOf } from '../text/words.js';

export const NOTHING_FOUND: Found = { resumed: undefined, warnings: [] };

/** Before anything is looked at: so that all ranks look at the same things. */
export function identityOfOptions(given: CheckedOptions): Identity {
  return [
    ["Lockstep's version", packageVersion()],
    ['--resume', given.resume === undefined ? 'none' : 'given'],
    ['--resume-anyway', String(given.resumeAnyway ?? false)],
  ];
}

interface Prepared {
  readonly config: Config;
  readonly kernel: { readonly name: string };
  readonly plan: Plan;
  readonly memory: Memory;
  readonly model: ModelDescription;
}

/** What the run is about to do. */
export function identityOf({ config, kernel, plan, memory, model: { dataset } }: Prepared): Identity {
  return [
    ...CONFIG_NAMES.filter((name) => !OPTIONS[name].mayDifferByRank).map(
      (name) => [`--${flagOf(name)}`, valueText(config[name])] as const,
    ),
    ['the kernel', kernel.name],
    ['SHA-256 of the training data', dataset.train_sha256],
    ['SHA-256 of the test data', dataset.test_sha256],
    // Gradients are added up where they lie.
    ["the panels' width, which depends on Node's version", String(plan.panelWidth)],
    ['SHA-256 of the first weights', weightsSha256(memory.layers)],
  ];
}

/** The checkpoint that rank 0 has found, if it has: on all ranks, which need not see its file. */
export async function shareCheckpoint(world: World, found: Found): Promise<Found> {
  const { resumed, warnings } = found;
  const bytes = await together(world, async () => resumed && (await readWhole(resumed.file, MEMORY_LIMIT_BYTES)));
  const shared = world.broadcast(bytes);
  const [first] = world.gather(resumed ? { file: resumed.file, isNewest: resumed.isNewest } : null);
  if (!shared || !first) return { resumed: undefined, warnings };
  return { resumed: { ...first, checkpoint: decodeCheckpoint(first.file, shared) }, warnings };
}
