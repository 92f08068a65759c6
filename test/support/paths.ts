/** Where things are, seen from the compiled tests in dist/test. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

/** Files that tests read, in the repository and not in dist/. */
export const fixtures = path.join(root, 'test/fixtures');

/** The same in modules as they were written, for `--import` of what changes one. */
export const modularTrainCommand = path.join(root, 'dist/bin/train.js');

/** The command as it is installed: bundled. */
export const trainCommand = path.join(root, 'dist/bundle/train.js');
