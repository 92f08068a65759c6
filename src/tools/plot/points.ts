/** Points of the curves, and validation of untrusted events. */

import { type Fields, isRecord } from '../../files/record.js';
import type { EpochEvent, StartEvent, StepEvent } from '../../metrics/events.js';

export type EpochPoint = Pick<
  EpochEvent,
  'epoch' | 'step' | 'train_loss' | 'train_error' | 'validation_loss' | 'validation_error' | 'test_loss' | 'test_error'
>;
export type StepPoint = Pick<StepEvent, 'epoch' | 'step' | 'loss' | 'error'>;

export function isStart(value: Fields): value is Fields & StartEvent {
  return value.event === 'start' && isRecord(value.config) && isRecord(value.dataset);
}

export function isEpoch(value: Fields): value is Fields & EpochPoint {
  const { event, epoch, step, train_loss, train_error } = value;
  return (
    event === 'epoch' &&
    [epoch, step].every(isCount) &&
    isFigure(train_loss) &&
    isFraction(train_error) &&
    areBothOrNone(value.validation_loss, value.validation_error) &&
    areBothOrNone(value.test_loss, value.test_error)
  );
}

/** Null or absent if there are no such samples. */
function areBothOrNone(loss: unknown, error: unknown): boolean {
  return (isFigure(loss) && isFraction(error)) || (loss === undefined && error === undefined);
}

export function isStep(value: Fields): value is Fields & StepPoint {
  const { event, epoch, step, loss, error } = value;
  return event === 'step' && [epoch, step].every(isCount) && isFigure(loss) && isFraction(error);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

/** No loss of float32 weights is larger, and float64 has no round numbers near its limit. */
const MOST_FIGURE = 1e300;

function isFigure(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= MOST_FIGURE;
}

function isFraction(value: unknown): boolean {
  return isFigure(value) && (value as number) <= 1;
}
