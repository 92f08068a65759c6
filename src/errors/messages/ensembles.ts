/** Ensembles. */
import { failure, usage } from '../draft.js';
import { reason } from '../reason.js';
import { shown } from '../shown.js';

export const ensembleErrors = {
  notInEnsemble: (flag: string) => usage(`--${flag}: not available with --ensemble; omit this option`),
  controlOfEnsemble: (name: string) =>
    usage(`\`${name}\`: not available with \`ensemble\`, whose networks are trained at the same time; omit it`),
  resumedEnsemble: () =>
    usage('--resume: with --ensemble, the options of the first run must be given again, such as --data mnist'),
  ensembleFile: (file: string) =>
    usage(
      `--resume ${shown(file)}: with --ensemble, expected the folder with the checkpoints of all networks, not a file`,
    ),
  holdsEnsemble: (folder: string) =>
    usage(
      `--resume ${shown(folder)}: contains the networks of an ensemble; repeat the options of the first run, with --ensemble and --resume`,
    ),
  ensembleFolders: (resume: string, folder: string) =>
    usage(
      `--resume ${shown(resume)}: with --ensemble, expected the same folder as --checkpoint-dir ${shown(folder)}; omit one of them`,
    ),
  memberFailed: (member: number, seed: number, cause: unknown) =>
    failure(`network ${member} of the ensemble (seed ${seed}): ${reason(cause)}`, cause),
  otherMember: (member: number, flag: string, found: string, expected: string) =>
    usage(
      `network ${member} of the ensemble has --${flag} ${shown(found)}, but network 1 has ${shown(expected)}; ` +
        'resume with all options of the first run, or start again in another folder',
    ),
  notOfEnsemble: (file: string, members: number) =>
    usage(`${file} is an ensemble of ${members} networks; expected a single network (train without --ensemble)`),
};
