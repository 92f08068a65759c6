/** The file of a report. (In a separate file, so that checking its name does not load the drawing.) */
import path from 'node:path';
import { errors } from '../../errors.js';
import type { Output } from '../../files/output.js';

const KINDS = { '.html': 'html', '.htm': 'html', '.svg': 'svg' } as const;

/** @throws LockstepError (status 2) if the file has another extension */
export function reportAt(flag: string, file: string): Output {
  const extension = path.extname(file).toLowerCase();
  if (!Object.hasOwn(KINDS, extension)) throw errors.fileExtension(flag, file, '.html or .svg');
  return { flag, file, kind: KINDS[extension as keyof typeof KINDS] };
}
