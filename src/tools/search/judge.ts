/** Trains a trial, as long as its rung says, and judges it. */
import type { CheckedOptions } from '../../config/options.js';
import { LockstepError, reason } from '../../errors.js';
import type { EpochEvent } from '../../metrics/events.js';
import { type Library, trainAsCommand } from '../../run/train.js';
import type { OnEpoch } from '../several-runs/count-runs.js';

export interface Judgement {
  /** Null if a run failed. */
  readonly loss: number | null;
  readonly epochs: number;
  readonly message?: string;
}

/**
 * @param options   of the trial
 * @param folds     that judge it; undefined: its validation samples do
 * @param fraction  of its epochs. The learning rate follows its schedule for all epochs
 * @throws LockstepError if a run cannot start for another reason than its options; the reason of the signal
 */
export async function judge(
  options: CheckedOptions,
  folds: number | undefined,
  fraction: number,
  shared: NonNullable<Library['memory']>,
  signal: AbortSignal,
  onEpoch?: OnEpoch,
): Promise<Judgement> {
  if (folds === undefined) return await judgeRun(options, 'validation_loss', fraction, shared, signal, onEpoch);
  let sum = 0;
  let last: Judgement | undefined;
  for (let fold = 1; fold <= folds; fold++) {
    const onEpochOfFold: OnEpoch = (done, total) => onEpoch?.((fold - 1) * total + done, folds * total);
    const own = { ...options, fold: `${fold}/${folds}` };
    const judged = await judgeRun(own, 'test_loss', fraction, shared, signal, onEpochOfFold);
    if (judged.loss === null) return judged;
    sum += judged.loss;
    last = judged;
  }
  return { ...last!, loss: sum / folds };
}

async function judgeRun(
  options: CheckedOptions,
  metric: 'validation_loss' | 'test_loss',
  fraction: number,
  shared: NonNullable<Library['memory']>,
  signal: AbortSignal,
  onEpoch?: OnEpoch,
): Promise<Judgement> {
  const own = new AbortController();
  const stop = () => own.abort(signal.reason);
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  // Trials that are judged by validation samples need no test set.
  const isTested = metric === 'test_loss' || shared.dataset?.test.count === 0;
  const given: CheckedOptions = { ...options, testAt: isTested ? 'every' : 'end' };
  let epochs = Number.POSITIVE_INFINITY;
  let isBest = false;
  let hasBegun = false;
  let best: EpochEvent | undefined;
  let trained = 0;
  try {
    for await (const event of trainAsCommand(given, { signal: own.signal }, { memory: shared })) {
      if (event.event === 'start') {
        hasBegun = true;
        epochs = Math.max(1, Math.ceil(event.config.epochs * fraction));
        isBest = event.config.keep_best;
        onEpoch?.(0, epochs);
      }
      // A stopped run may be an epoch ahead.
      if (event.event !== 'epoch' || event.epoch > epochs) continue;
      trained = event.epoch;
      onEpoch?.(trained, epochs);
      if (!best || !isBest || event.validation_loss! < best.validation_loss!) best = event;
      if (event.epoch === epochs) own.abort();
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const isRefused = error instanceof LockstepError && error.status === 2;
    if (!hasBegun && !isRefused) throw error;
    // Such as a network that needs too much memory.
    if (!hasBegun) return { loss: null, epochs: 0, message: reason(error) };
    // What fails after the last epoch that counts depends on how far ahead the run was.
    if (trained !== epochs) return { loss: null, epochs: trained, message: reason(error) };
  } finally {
    signal.removeEventListener('abort', stop);
  }
  if (signal.aborted) throw signal.reason;
  if (!best) return { loss: null, epochs: 0, message: 'no epoch was trained' };
  return { loss: best[metric] ?? null, epochs: trained };
}
