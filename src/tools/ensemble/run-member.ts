/** Trains a network of an ensemble. */
import type { ModelDescription } from '../../checkpoints/model-file.js';
import type { CheckedOptions } from '../../config/options.js';
import type { EndEvent, MemberEvent, StartEvent, WarningEvent } from '../../metrics/events.js';
import type { SharedByRuns } from '../../run/prepare.js';
import { type Library, trainAsCommand } from '../../run/train.js';
import type { OnEpoch } from '../several-runs/count-runs.js';

export interface MemberResult {
  /** Of its run. */
  readonly start: StartEvent;
  readonly warnings: readonly WarningEvent[];
  readonly event: MemberEvent;
  /** Undefined if it has failed, or has no step. */
  readonly trained: TrainedMember | undefined;
  /** The error that ended it. */
  readonly failure: unknown;
}

export interface TrainedMember {
  readonly model: ModelDescription;
  readonly values: Float32Array;
  /** Steps done. */
  readonly step: number;
}

/**
 * @param member  from 1
 * @throws LockstepError if the run cannot start; the reason of the signal while it prepares
 */
export async function runMember(
  member: number,
  options: CheckedOptions,
  memory: NonNullable<Library['memory']> & SharedByRuns,
  signal: AbortSignal,
  onEpoch?: OnEpoch,
): Promise<MemberResult> {
  let trained: TrainedMember | undefined;
  let start: StartEvent | undefined;
  let end: EndEvent | undefined;
  let failure: unknown;
  const warnings: WarningEvent[] = [];
  const onTrained: Library['onTrained'] = ({ model, read, step }) => {
    trained = { model, values: read(), step };
  };
  try {
    for await (const event of trainAsCommand(options, { signal }, { memory, onTrained })) {
      if (event.event === 'start') {
        start = event;
        onEpoch?.(event.resumed?.epochs ?? 0, event.config.epochs);
      } else if (event.event === 'epoch') onEpoch?.(event.epoch, start!.config.epochs);
      else if (event.event === 'warning') warnings.push(event);
      else if (event.event === 'end') end = event;
    }
  } catch (error) {
    if (!start || !end) throw error;
    failure = error;
  }
  const { event: _, ...own } = end!;
  const { resumed, config } = start!;
  const event: MemberEvent = { event: 'member', member, seed: config.seed, ...(resumed && { resumed }), ...own };
  return { start: start!, warnings, event, trained, failure };
}
