/** Trains what the options ask for: a network, or an ensemble. */
import { type Trainer, trainAsCommand } from '../../run/train.js';
import { isEnsemble } from './plan.js';
import { trainEnsemble } from './train-ensemble.js';

export const trainAny: Trainer = (options, controls, library) =>
  isEnsemble(options) ? trainEnsemble(options, controls, library) : trainAsCommand(options, controls, library);
