/** Public API. */

export type { TrainOptions } from './config/options.js';
export type {
  ClassifiedImages,
  Images,
  ImagesData,
  LabeledImages,
  MeasuredImages,
} from './data/memory-images.js';
export type { CellValue, Goals, NumberArray, Row, Rows, TableData } from './data/table/memory-table.js';
export { type ErrorCode, LockstepError } from './errors.js';
export type { AuditedLabel, AuditedNumber } from './metrics/audit/audited-sample.js';
export type { CvEndEvent, CvEvent, CvMetric, CvStartEvent, FoldEvent } from './metrics/cv-events.js';
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
export type { FindLrEndEvent, FindLrEvent, FindLrStartEvent, RateEvent } from './metrics/find-lr-events.js';
export type { GradientFigures, GradientMetrics } from './metrics/gradient-noise.js';
export type { Bootstrap, BootstrapOptions, Interval } from './metrics/quality/bootstrap.js';
export type { CalibrationBin, ClassificationMetrics, ClassMetrics } from './metrics/quality/classification.js';
export type { RegressionMetrics, TargetMetrics } from './metrics/quality/regression.js';
export type { SearchEndEvent, SearchEvent, SearchStartEvent, TrialEvent } from './metrics/search-events.js';
export { withTensorBoard } from './output/tensorboard/with-tensorboard.js';
export type { TrainControls, TrainInput } from './run/train.js';
export type { HeldOut, RunView } from './run/view.js';
export { type CrossValidateInput, type CrossValidation, crossValidate } from './tools/cv/library.js';
export type { OutOfFoldClass, OutOfFoldNumbers, OutOfFoldPrediction } from './tools/cv/out-of-fold.js';
export { type FindLrInput, type FoundLr, findLr } from './tools/find-lr/library.js';
export { type ClassifierInput, type Events, fit, type RegressorInput, type TrainedEvent, train } from './tools/fit.js';
export {
  type ClassPredictions,
  classificationMetrics,
  type NumberPredictions,
  regressionMetrics,
} from './tools/metrics.js';
export {
  type ClassEvaluateOptions,
  type ClassEvaluation,
  Classifier,
  type Estimate,
  type EvaluateOptions,
  loadClassifier,
  loadRegressor,
  type Model,
  type NumbersEvaluation,
  type PredictRow,
  Regressor,
} from './tools/model.js';
export { loadModel, type Network, type Prediction, type Sample } from './tools/network.js';
export { type RangeInput, type Searched, type SearchInput, type SearchResult, search } from './tools/search/library.js';
