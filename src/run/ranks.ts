/** Under MPI: what must be the same on all ranks before they train, and how one finds a checkpoint for all. */
import { decodeCheckpoint } from '../checkpoints/checkpoint-file.js';
import type { ModelDescription } from '../checkpoints/model-file.js';
import type { Found } from '../checkpoints/resume.js';
import type { CheckedOptions, Config } from '../config/options.js';
import { packageVersion } from '../files/package-version.js';
import { readWhole } from '../files/read-whole.js';
import { MEMORY_LIMIT_BYTES, type Memory } from '../memory/layout.js';
import type { Plan } from '../memory/plan.js';
import { weightsSha256 } from '../model/parameters.js';
import { type Identity, together } from '../parallel/mpi/agreement.js';
import type { World } from '../parallel/mpi/world.js';
import { flagOf } from '../text/words.js';

export const NOTHING_FOUND: Found = { resumed: undefined, warnings: [] };

/**
 * Whether all ranks must have the same. Rank 0 alone reads and writes files, and each may have its own place for data, which
 * are compared by their content.
 */
const MUST_BE_SAME: Readonly<Record<keyof Config, boolean>> = {
  ...{ threads: true, data: false, label: true, header: true, scale: true, testSplit: true, testData: false },
  ...{ hidden: true, epochs: true, batchSize: true, lr: true, reduction: true, optimizer: true, momentum: true },
  ...{ nesterov: true, beta1: true, beta2: true, eps: true, weightDecay: true, clipNorm: true, schedule: true },
  ...{ warmupSteps: true, lrStepSize: true, lrGamma: true, validationSplit: true, patience: true, keepBest: true },
  ...{ maxTime: false, strategy: true, exact: true, seed: true, limit: true, kernel: true, logEvery: false },
  ...{ save: false, checkpointDir: false, checkpointEvery: false, checkpointEverySteps: false, keep: false },
  checkpointRequired: false,
};

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
  const names = Object.keys(MUST_BE_SAME) as (keyof Config)[];
  return [
    ...names
      .filter((name) => MUST_BE_SAME[name])
      .map((name) => [`--${flagOf(name)}`, valueText(config[name])] as const),
    ['the kernel', kernel.name],
    ['SHA-256 of the training data', dataset.train_sha256],
    ['SHA-256 of the test data', dataset.test_sha256],
    // Gradients are added up where they lie.
    ["the panels' width, which depends on Node's version", String(plan.panelWidth)],
    ['SHA-256 of the first weights', weightsSha256(memory.layers)],
  ];
}

function valueText(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'none';
  return String(value);
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
