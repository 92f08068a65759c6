/** Files and streams that are written. */
import { extension, failure, inaccessible, usage } from '../draft.js';
import { reason } from '../reason.js';
import { shown } from '../shown.js';

export const outputErrors = {
  tensorBoardUnusable: (folder: string, cause: unknown) => inaccessible(`--tensorboard ${folder}`, 'written', cause),
  tensorBoardFailed: (file: string, cause: unknown) =>
    failure(`${file} could not be written (${reason(cause)}); free disk space; the TensorBoard log has a gap`, cause),
  auditIsModel: (file: string) => usage(`--audit ${file}: the same file as --save; choose another name`),
  auditFailed: (file: string, cause: unknown) =>
    failure(`--audit ${file}: could not be written (${reason(cause)}); free disk space, and run again`, cause),
  auditElsewhere: (file: string, cause: unknown, written: string) =>
    failure(`--audit ${file}: not replaced (${reason(cause)}); the audit was written to ${written}`, cause),
  saveFailed: (file: string, cause: unknown) =>
    failure(
      `--save ${file}: the model could not be written (${reason(cause)}); free disk space, and resume from the last checkpoint if there is one`,
      cause,
    ),
  savedElsewhere: (file: string, cause: unknown, saved: string) =>
    failure(`--save ${file}: not replaced (${reason(cause)}); the model was saved as ${saved}`, cause),
  fileExtension: (flag: string, file: string, expected: string) => extension(flag, file, expected),
  outputIsInput: (flag: string, file: string, input: string) =>
    usage(`${flag} ${shown(file)}: same file as ${shown(input)}, which this command reads; choose another output file`),
  outputIsStream: (flag: string, file: string, stream: string) =>
    usage(`${flag} ${shown(file)}: ${stream} is redirected to this file; choose another output file`),
  outputTaken: (flag: string, file: string, kind: string) =>
    usage(`${flag} ${shown(file)}: this file exists and is not ${kind}; choose another name, or remove the file first`),
  outputUnusable: (flag: string, file: string, cause: unknown) => inaccessible(`${flag} ${file}`, 'written', cause),
  stdoutFailed: (cause: unknown) =>
    failure(`stdout cannot be written (${reason(cause)}); free disk space, or redirect the metrics`, cause),
  notPlain: (event: string, field: string, found: unknown) =>
    failure(`event "${event}": field ${field} is ${shown(found)}; expected a JSON value`),
};
