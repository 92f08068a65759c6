/** Checkpoints: the folder, and what can be resumed. */
import { failure, inaccessible, requires, usage } from '../draft.js';
import { reason } from '../reason.js';

export const checkpointErrors = {
  needsFolder: requires,
  resumeWithoutFolder: () => usage('--resume: requires a checkpoint, a folder of checkpoints, or --checkpoint-dir'),
  nothingToResume: (folder: string) =>
    usage(
      `--resume: no checkpoint in ${folder}, and no option says what to train; check the folder, ` +
        'or start a new run, for example with --data mnist',
    ),
  resumeAnywayAlone: requires,
  folderTaken: (folder: string, name: string) =>
    usage(
      `--checkpoint-dir ${folder}: contains checkpoints of another run (${name}); ` +
        'add --resume to continue that run, or choose another folder',
    ),
  folderBusy: (folder: string) =>
    usage(
      `--checkpoint-dir ${folder}: another run is writing checkpoints there; wait until it ends, or choose another folder`,
    ),
  folderChanged: (folder: string) =>
    usage(
      `--checkpoint-dir ${folder}: another run wrote checkpoints there while this one was starting; start this run again`,
    ),
  saveAmongCheckpoints: (file: string) =>
    usage(`--save ${file}: this name is reserved for checkpoints in --checkpoint-dir; choose another name`),
  newerCheckpoint: (file: string, newer: string) =>
    usage(
      `--resume ${file}: ${newer} in the same folder is newer and would be mixed with the checkpoints of this run; ` +
        'move it away, or choose another --checkpoint-dir',
    ),
  resumeDiffers: (file: string, found: string, expected: string, remedy: string) =>
    usage(
      `${found}: ${file} was written with ${expected}, so the final weights would differ; ${remedy}, or add --resume-anyway`,
    ),
  otherNetwork: (file: string, found: string, expected: string) =>
    usage(`${found}: ${file} holds a network with ${expected}; omit this option, or start a new run`),
  otherMoments: (file: string, found: string, expected: string) =>
    usage(
      `${found}: ${file} was written with ${expected} and does not hold the state of the other optimizer; ` +
        'omit this option, or start a new run',
    ),
  withinEpoch: (file: string, found: string, expected: string) =>
    usage(
      `${found}: ${file} was written mid-epoch with ${expected}, which determines the order of the samples; ` +
        'resume from the end of an epoch',
    ),
  epochsPassed: (epochs: number, file: string, done: number, step: number) =>
    usage(
      `--epochs ${epochs}: ${file} is already at step ${step} (epochs complete: ${done}); ` +
        'choose more epochs, or an older checkpoint',
    ),
  memoryOfCheckpoint: (file: string) =>
    usage(
      `--resume: ${file} was trained on data in the memory of a program; provide the same data with --data and --test-data`,
    ),
  stdinOfCheckpoint: (file: string) =>
    usage(`--resume: ${file} was trained on data from stdin; provide the same data with --data`),
  nothingThere: (where: string) =>
    failure(`--resume ${where}: no such file or folder; expected a checkpoint or a folder of checkpoints`),
  notACheckpoint: (file: string, why: string) => failure(`${file}: not a usable checkpoint: ${why}`),
  dataOfCheckpoint: (file: string, cause: unknown) =>
    failure(`${reason(cause)} (${file} was trained on this data; if it has moved, specify it with --data)`, cause),
  noneUsable: (folder: string, last: string) => failure(`--resume ${folder}: no usable checkpoint: ${last}`),
  otherShapes: (file: string, found: string, expected: string) =>
    failure(`${file}: the network has the layers ${expected}, but the data requires ${found}; provide other data`),
  kernelOfCheckpoint: (file: string, name: string, why: string) =>
    failure(
      `${file} was written with kernel ${name}: ${why}; resume on a machine that has it, ` +
        'or with another --kernel and --resume-anyway (the final weights will differ)',
    ),
  folderUnusable: (folder: string, cause: unknown) => inaccessible(`--checkpoint-dir ${folder}`, 'written', cause),
  checkpointFailed: (file: string, cause: unknown, newest: string | undefined) =>
    failure(
      `${file} could not be written (${reason(cause)}); free disk space, or choose another --checkpoint-dir; ` +
        (newest === undefined ? 'there is no checkpoint yet' : `the newest checkpoint is ${newest}`),
      cause,
    ),
  exactOfCheckpoint: (file: string) =>
    usage(`--resume: ${file} was trained with --exact; add --mpi (without a launcher, this process is the only rank)`),
};
