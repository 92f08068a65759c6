/** Where things are, seen from the compiled tests in dist/test. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

/** Files that tests read, in the repository and not in dist/. */
export const fixtures = path.join(root, 'test/fixtures');

/** The compiled command. */
export const trainCommand = path.join(root, 'dist/bundle/train.js');
