/** Makes squared error the objective of all runs of the process, in all its threads: `node --import dist/test/support/…`. */
import { OBJECTIVES } from '../../src/model/objectives/index.js';
import { squaredError } from './squared-error.js';

Object.assign(OBJECTIVES, { 'softmax-cross-entropy': squaredError, [squaredError.name]: squaredError });
