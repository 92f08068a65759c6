/** A learning-rate range test: trains with a rate that grows from step to step, and proposes a rate from the losses. */
import { type CheckedOptions, GROUPS, type OptionName } from '../../config/options.js';
import type { InMemory } from '../../data/in-memory.js';
import { inputFilesOf } from '../../data/sources.js';
import { errors, LockstepError } from '../../errors.js';
import { now } from '../../memory/clock.js';
import type { StartEvent, WarningEvent } from '../../metrics/events.js';
import type { FindLrEndEvent, FindLrEvent, FindLrStartEvent, RateEvent } from '../../metrics/find-lr-events.js';
import { type RateRange, rateInRange } from '../../optim/schedule.js';
import { trainAsCommand } from '../../run/train.js';
import { flagOf } from '../../text/words.js';
import { pictureAt, requirePictures, writePicture } from '../inspect/write-picture.js';
import { ratePicture } from './picture.js';
import { NO_PROPOSAL, proposalOf } from './proposal.js';

export interface FindLrSettings extends RateRange {
  /** File for the picture: .svg or .png. */
  readonly output: string | undefined;
}

export const DEFAULT_RANGE: RateRange = { from: 1e-7, to: 10, steps: 300 };
export const [LEAST_STEPS, MOST_STEPS] = [20, 1_000_000];

/** The test sets the rate, keeps no weights, and ends after its steps. */
export const REFUSED = [
  ...(['lr', 'schedule', 'warmupSteps', 'lrStepSize', 'lrGamma', 'lrPatience', 'epochs', 'ema', 'ensemble'] as const),
  ...(['patience', 'keepBest', 'maxTime', 'testAt', 'save', 'audit', 'logEvery', 'noiseScale'] as const),
  ...(['checkpointDir', 'checkpointEvery', 'checkpointEverySteps', 'keep', 'checkpointRequired'] as const),
  ...(['resume', 'resumeAnyway', 'mpi', 'exact'] as const),
  ...(['private', 'dpEpsilon', 'dpDelta', 'dpClipNorm', 'dpNoiseMultiplier', 'dpSeed', 'publicData'] as const),
] satisfies readonly OptionName[];

const isRefused = (name: string) => REFUSED.some((each) => each === name);

/** The table of options, without those that do not apply. */
export const FIND_LR_GROUPS: typeof GROUPS = GROUPS.map(({ heading, options }) => ({
  heading,
  options: Object.fromEntries(Object.entries(options).filter(([name]) => !isRefused(name))),
})).filter(({ options }) => Object.keys(options).length > 0);

/** Share of the past in the smoothed loss: it covers about a twentieth of the steps. */
const memoryOf = (steps: number) => 1 - Math.min(0.5, 20 / steps);

/** The test ends when the smoothed loss is so many times the lowest (as in fastai). */
const MOST_GROWTH = 4;

/**
 * @param given  options of `train`, checked
 * @throws LockstepError before the first event if the options or data cannot be used; later, if a thread dies or the picture cannot be
 *   written
 */
export async function* findLr(
  given: CheckedOptions,
  { output, ...range }: FindLrSettings,
  { signal, memory = {} }: { readonly signal?: AbortSignal | undefined; readonly memory?: InMemory } = {},
): AsyncGenerator<FindLrEvent | WarningEvent, void, undefined> {
  const beganAt = now();
  const stray = Object.keys(given).find((name) => isRefused(name) && given[name as OptionName] !== undefined);
  if (stray !== undefined) throw errors.notInFindLr(flagOf(stray));
  if (!(range.from < range.to)) throw errors.invalidOption('from', range.from, `less than --to ${range.to}`);
  const picture = output === undefined ? undefined : pictureAt('--output', output);
  if (picture) await requirePictures([picture], inputFilesOf(memory.data ?? given.data ?? ''));
  const points: RateEvent[] = [];
  let name = '';
  const test = rangeTest(given, range, memory, signal);
  for (let next = await test.next(); ; next = await test.next()) {
    if (!next.done) {
      if (next.value.event === 'rate') points.push(next.value);
      if (next.value.event === 'find_lr_start') ({ name } = next.value.dataset);
      yield next.value;
      continue;
    }
    const isInterrupted = signal?.aborted === true;
    const proposal = isInterrupted ? { ...NO_PROPOSAL, reason: 'the test was interrupted' } : proposalOf(points);
    if (picture && points.length > 0 && !isInterrupted)
      await writePicture(picture, ratePicture(name, points, proposal));
    const end: FindLrEndEvent = {
      ...{ event: 'find_lr_end', status: isInterrupted ? 'interrupted' : 'completed', steps: points.length },
      ...{ diverged: next.value, ...proposal },
      ...(picture && !isInterrupted && points.length > 0 && { picture: picture.file }),
      seconds: (now() - beganAt) / 1000,
    };
    yield end;
    return;
  }
}

/** @returns whether the loss has grown too much */
async function* rangeTest(
  given: CheckedOptions,
  range: RateRange,
  memory: InMemory,
  signal: AbortSignal | undefined,
): AsyncGenerator<FindLrStartEvent | RateEvent | WarningEvent, boolean, undefined> {
  const own = new AbortController();
  const stop = () => own.abort(signal?.reason);
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  const share = memoryOf(range.steps);
  let [average, weight, least, done] = [0, 0, Number.POSITIVE_INFINITY, 0];
  let hasBegun = false;
  let hasDiverged = false;
  // An epoch has at least one step.
  const options = { ...given, epochs: range.steps, logEvery: 1 };
  try {
    for await (const event of trainAsCommand(options, { signal: own.signal }, { memory: { ...memory, range } })) {
      if (event.event === 'start') {
        hasBegun = true;
        yield startEvent(event, range);
      } else if (event.event === 'warning' && event.code !== 'no_better_than_constant') yield event;
      // The run may be an epoch ahead when it stops.
      if (event.event !== 'step' || own.signal.aborted) continue;
      const { loss } = event;
      average = share * average + (1 - share) * loss;
      weight = share * weight + (1 - share);
      const smoothed = average / weight;
      least = Math.min(least, smoothed);
      const point: RateEvent = {
        event: 'rate',
        step: ++done,
        lr: rateInRange(range, done - 1),
        loss,
        smoothed_loss: smoothed,
      };
      yield point;
      hasDiverged = done > range.steps / 10 && smoothed > MOST_GROWTH * least;
      if (hasDiverged || done === range.steps) own.abort();
    }
  } catch (error) {
    if (!hasBegun || (!own.signal.aborted && !isDivergence(error))) throw error;
    // A step beyond the last that counts may have diverged.
    if (!own.signal.aborted) hasDiverged = true;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  return hasDiverged;
}

function isDivergence(error: unknown): boolean {
  return error instanceof LockstepError && error.code === 'diverged';
}

function startEvent(start: StartEvent, { from, to, steps }: RateRange): FindLrStartEvent {
  const { schema, time, config, dataset, objective, model, threads, kernel, node } = start;
  return {
    ...{ event: 'find_lr_start', schema, time, config },
    ...{ dataset: { name: dataset.name, train: dataset.train }, objective, model },
    ...{ from, to, steps, threads, kernel, node },
  };
}
