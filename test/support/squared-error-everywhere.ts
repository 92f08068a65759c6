/** Makes squared error the objective of all runs of the process, and of its threads: loaded with `node --import`. */
import { OBJECTIVES } from '../../src/model/objectives/index.js';
import { squaredError } from './squared-error.js';

Object.assign(OBJECTIVES, { 'softmax-cross-entropy': squaredError });
