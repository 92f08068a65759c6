/** Public API. */

export type { TrainOptions } from './config/options.js';
export { type ErrorCode, LockstepError } from './errors.js';
export type {
  CheckpointEvent,
  EndEvent,
  EpochEvent,
  EvaluationEvent,
  ExportEvent,
  ModelEvent,
  NumbersEvaluationEvent,
  PhaseFractions,
  Progress,
  SheetEvent,
  StartEvent,
  StepEvent,
  TrainEvent,
  WarningEvent,
} from './metrics/events.js';
export type { Bootstrap, BootstrapOptions, Interval } from './metrics/quality/bootstrap.js';
export type { CalibrationBin, ClassificationMetrics, ClassMetrics } from './metrics/quality/classification.js';
export type { RegressionMetrics, TargetMetrics } from './metrics/quality/regression.js';
export { withTensorBoard } from './output/tensorboard/with-tensorboard.js';
export { type TrainControls, train } from './run/train.js';
export type { HeldOut, RunView } from './run/view.js';
export {
  type ClassPredictions,
  classificationMetrics,
  type NumberPredictions,
  regressionMetrics,
} from './tools/metrics.js';
export { loadModel, type Network, type Prediction, type Sample } from './tools/network.js';
