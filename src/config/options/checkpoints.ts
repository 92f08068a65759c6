import { errors } from '../../errors.js';
import { integer, text, textOrYes, YES_OR_NO } from '../checks.js';
import { type Need, option } from '../option.js';

/** Only rank 0 writes files, and writing them does not affect training. */
const WRITING = { resume: 'free', mayDifferByRank: true } as const;
const FOLDER: readonly Need[] = [{ anyOf: ['checkpointDir', 'resume'], refusal: errors.needsFolder }];

export const CHECKPOINTS = {
  /** File to which the model is written, in safetensors format, when the run ends or is interrupted. @default none */
  save: option(
    { kind: text('a file, such as model.safetensors'), ...WRITING },
    { help: 'write the model to this file when the run ends (safetensors)', argument: '<file>' },
  ),
  /** Folder for checkpoints; created if it does not exist. @default the resumed checkpoint's folder, or none */
  checkpointDir: option(
    { kind: text('a folder'), ...WRITING },
    {
      help: 'write checkpoints to this folder; if it already has some, add --resume',
      argument: '<folder>',
      defaultText: "the resumed checkpoint's folder, or none",
    },
  ),
  /** Number of epochs between checkpoints. @default 1 */
  checkpointEvery: option(
    { kind: integer(1), default: 1, needs: FOLDER, ...WRITING },
    { help: 'number of epochs between checkpoints' },
  ),
  /** Number of steps between additional checkpoints. @default none */
  checkpointEverySteps: option(
    { kind: integer(1), needs: FOLDER, ...WRITING },
    { help: 'number of steps between additional checkpoints' },
  ),
  /** Number of checkpoints to keep; older ones are deleted. @default 3 */
  keep: option(
    { kind: integer(1), default: 3, needs: FOLDER, ...WRITING },
    { help: 'number of checkpoints to keep; older ones are deleted' },
  ),
  /** End the run if a checkpoint cannot be written, instead of continuing with a warning. @default false */
  checkpointRequired: option(
    { kind: YES_OR_NO, default: false, needs: FOLDER, ...WRITING },
    { help: 'end the run if a checkpoint cannot be written, instead of continuing with a warning' },
  ),
};

/** Not recorded in metrics or checkpoints. */
export const RESUME = {
  /**
   * Resume from a checkpoint file, or from the newest checkpoint in a folder; true means the folder `checkpointDir`. Options
   * that are not given are taken from the checkpoint. If there is no checkpoint yet, a new run starts, but only if an option
   * specifies what to train: see docs/reliability.md.
   * @default false
   */
  resume: option(
    { kind: textOrYes('a checkpoint or a folder of checkpoints'), default: false },
    {
      help: 'resume from a checkpoint, or from the newest in a folder (--checkpoint-dir if omitted)',
      argument: '[path]',
    },
  ),
  /** Resume, if possible, even with options or data that change the resulting weights. @default false */
  resumeAnyway: option(
    { kind: YES_OR_NO, default: false, needs: [{ anyOf: ['resume'], refusal: errors.resumeAnywayAlone }] },
    { help: 'resume even with options or data that change the resulting weights' },
  ),
};

export const OUTPUT = {
  /** Number of steps between `step` events. @default none */
  logEvery: option({ kind: integer(1), isInEvents: true, ...WRITING }, { help: 'also write metrics every n steps' }),
  /**
   * Find training samples whose labels are probably wrong. When the run ends, all training samples are written to this file with
   * their scores, starting with those whose labels are most likely wrong. The format is CSV if the file name ends in .csv, and
   * NDJSON otherwise. With `true`, no file is written, and a program can read the samples from `model.audit`. The option does not
   * change the weights. docs/per-sample.md explains the scores. @default false
   */
  audit: option(
    {
      kind: textOrYes('a file, such as audit.ndjson or audit.csv'),
      default: false,
      resume: 'free',
      excludes: { option: 'mpi', refusal: errors.mpiAudit },
    },
    {
      help: 'find training labels that are probably wrong; write the results to this file (.ndjson or .csv)',
      argument: '<file>',
    },
  ),
  /**
   * Whether to report the norms of the gradients and the gradient noise scale, which is the batch size beyond which larger batches
   * are hardly worthwhile (see docs/per-sample.md). The option does not change the weights. @default false
   */
  noiseScale: option(
    { kind: YES_OR_NO, default: false, isInEvents: true, resume: 'free' },
    { help: 'report gradient norms and the gradient noise scale' },
  ),
};
