/** What a program imports. */
export { type ErrorCode, LockstepError } from './errors.js';
export type {
  CheckpointEvent,
  EndEvent,
  EpochEvent,
  EvaluationEvent,
  ExportEvent,
  ModelEvent,
  PhaseFractions,
  Progress,
  SheetEvent,
  StartEvent,
  StepEvent,
  TrainEvent,
  WarningEvent,
} from './metrics/events.js';
export { loadModel, type Network, type Prediction, type Sample } from './network.js';
export type { TrainOptions } from './options.js';
export { withTensorBoard } from './tensorboard/with-tensorboard.js';
export { type TrainControls, train } from './train.js';
export type { HeldOut, RunView } from './view.js';
