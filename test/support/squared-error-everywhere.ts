/** Makes squared error the objective of all runs of the process, in all its threads: `node --import dist/test/support/…`. */
import { OBJECTIVES } from '../../src/model/objectives/index.js';
import { halfSquaredError } from './squared-error.js';

const name = 'softmax-cross-entropy';
Object.assign(OBJECTIVES, { [name]: () => ({ ...halfSquaredError, name }) });
