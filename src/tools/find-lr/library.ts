/** A learning-rate range test as a program sees it. */
import { checkOptions, requireOptions } from '../../config/options.js';
import { errors } from '../../errors.js';
import type { WarningEvent } from '../../metrics/events.js';
import type { FindLrEndEvent, FindLrEvent, RateEvent } from '../../metrics/find-lr-events.js';
import { inMemory, type TrainInput } from '../../run/train.js';
import { inLibraryWords } from '../../text/words.js';
import { DEFAULT_RANGE, LEAST_STEPS, MOST_STEPS, type REFUSED, findLr as test } from './find-lr.js';

/** The options of `train()`, without those that only a whole run has. */
export interface FindLrInput extends Omit<TrainInput, (typeof REFUSED)[number] | 'onProgress' | 'onView'> {
  /** The first learning rate. @default 1e-7 */
  readonly from?: number | undefined;
  /** The last learning rate. @default 10 */
  readonly to?: number | undefined;
  /** Number of steps, from 20. @default 300 */
  readonly steps?: number | undefined;
  /** File for the picture: `.svg` or `.png`. @default none */
  readonly output?: string | undefined;
  /** Called with each event, in the order of `lockstep find-lr`. */
  readonly onEvent?: ((event: FindLrEvent | WarningEvent) => void) | undefined;
}

export interface FoundLr extends Omit<FindLrEndEvent, 'event' | 'steps'> {
  /** Each step, in order. */
  readonly steps: readonly RateEvent[];
}

/**
 * Trains for some steps with a learning rate that grows exponentially, and proposes a learning rate. Keeps no weights.
 *
 * @example
 * const { lr } = await findLr({ data: { rows, label: 'species' } });
 * const model = await fit({ data: { rows, label: 'species' }, ...(lr && { lr }) });
 *
 * @throws LockstepError if the options or data cannot be used, or the picture cannot be written; the reason of the signal if it ends the
 *   test before the first step
 */
export async function findLr(input: FindLrInput = {}): Promise<FoundLr> {
  requireOptions(input, OWN);
  const { from, to, steps, output, onEvent, signal, ...others } = input;
  const settings = {
    from: rateOf('from', from) ?? DEFAULT_RANGE.from,
    to: rateOf('to', to) ?? DEFAULT_RANGE.to,
    steps: stepsOf(steps) ?? DEFAULT_RANGE.steps,
    output,
  };
  if (output !== undefined && (typeof output !== 'string' || output === ''))
    throw errors.invalidOption('output', output, 'a file name');
  if (onEvent !== undefined && typeof onEvent !== 'function')
    throw errors.invalidOption('onEvent', onEvent, 'a function');
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw errors.invalidOption('signal', signal, 'an AbortSignal');
  const { given, memory } = await inMemory(others);
  const points: RateEvent[] = [];
  let found: FoundLr | undefined;
  for await (const event of test(checkOptions(given), settings, { signal, memory })) {
    onEvent?.('message' in event ? { ...event, message: inLibraryWords(event.message) } : event);
    if (event.event === 'rate') points.push(event);
    if (event.event === 'find_lr_end') {
      const { event: _, ...end } = event;
      found = { ...end, steps: points };
    }
  }
  return found!;
}

/** Arguments of a program besides the options of `train()`. */
const OWN: readonly string[] = ['from', 'to', 'steps', 'output', 'onEvent', 'signal'];

const isRate = (value: unknown): value is number =>
  Number.isFinite(value) && (value as number) >= 1e-30 && (value as number) <= 1e30;

function rateOf(name: string, value: unknown): number | undefined {
  if (value === undefined || isRate(value)) return value;
  throw errors.invalidOption(name, value, 'a number from 1e-30 to 1e30');
}

function stepsOf(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && (value as number) >= LEAST_STEPS && (value as number) <= MOST_STEPS)
    return value as number;
  throw errors.invalidOption('steps', value, `a whole number from ${LEAST_STEPS} to ${MOST_STEPS}`);
}
