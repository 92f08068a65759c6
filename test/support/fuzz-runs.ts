/** Checkpoints whose state or options are odd, and which are taken nevertheless: what becomes of the run. Run by `watched`. */
import { decodeCheckpoint } from '../../src/checkpoints/checkpoint-file.js';
import { reason } from '../../src/errors.js';
import type { TrainEvent } from '../../src/metrics/events.js';
import { Random } from '../../src/model/random.js';
import { requirePlain } from '../../src/output/ndjson.js';
import { train } from '../../src/run/train.js';
import { type FuzzTask, oddRun } from './fuzz-tensors.js';
import { temporaryFolder } from './idx-files.js';
import { Tally, verdictOf, violationOf } from './judge.js';
import { once, pick } from './mutate.js';
import type { Mark } from './watched.js';

/** A run of 2^31 epochs is left after so many. */
const MOST_EPOCHS = 2;

/** Checkpoints of a run, and what it was trained on. */
export interface Source {
  readonly data: string;
  readonly files: readonly Uint8Array[];
}

/** @param runs  how many are run; of the others nothing is said */
export async function fuzzRuns(
  { sources, seed, runs }: Omit<FuzzTask, 'from' | 'to'> & { sources: readonly Source[]; runs: number },
  mark: Mark,
): Promise<Tally[]> {
  const tally = new Tally('resumed from an odd checkpoint');
  for (let index = 0; tally.cases < runs; index++) {
    const random = new Random(seed, 2 ** 40 + index);
    const { data, files } = pick(sources, random);
    const bytes = oddRun(pick(files, random), random);
    mark(`${tally.kind} ${index}`);
    const { value } = await verdictOf(() => decodeCheckpoint('x', bytes));
    if (!value) continue;
    const folder = temporaryFolder();
    const resume = folder.write('epoch-000001.safetensors', bytes);
    const began = performance.now();
    tally.cases++;
    const events: TrainEvent[] = [];
    try {
      // What the checkpoint says of a file to save, or of threads, is for its own machine.
      const own = { resume, data, save: `${folder.path}/model.safetensors`, threads: once(4, random) ? 2 : 1 };
      for await (const event of train({ ...own, resumeAnyway: once(2, random) })) {
        events.push(event);
        if (events.filter((each) => each.event === 'epoch').length === MOST_EPOCHS) break;
      }
    } catch (error) {
      const violation = violationOf(error) ?? lateRefusal(error as Error, events);
      if (violation === undefined) tally.refused++;
      else tally.violations.push(`case ${index}: ${violation}`);
    }
    const odd = events.map(oddityOf).find((each) => each !== undefined);
    if (odd !== undefined) tally.violations.push(`case ${index}: ${odd}`);
    tally.seconds += (performance.now() - began) / 1000;
    folder.remove();
  }
  return [tally];
}

/** A run that cannot be is refused before it starts. One that has started may diverge, at an odd rate. */
function lateRefusal({ message }: Error, events: readonly TrainEvent[]): string | undefined {
  return events.length === 0 || message.includes('training diverged') ? undefined : `fails late: ${message}`;
}

/** What no run can say. */
function oddityOf(event: TrainEvent): string | undefined {
  const shown = JSON.stringify(event);
  try {
    requirePlain(event);
  } catch (error) {
    return reason(error);
  }
  if (event.event !== 'epoch' && event.event !== 'step') return undefined;
  const fractions = event.event === 'step' ? [event.error] : [event.train_error, event.test_error];
  const amounts = event.event === 'step' ? [event.rmse, event.mae] : [event.train_rmse, event.test_mae];
  const { step, seconds } = event;
  const isPossible =
    Number.isSafeInteger(step) &&
    step > 0 &&
    [seconds, ...amounts].every((each = 0) => each >= 0) &&
    fractions.every((each = 0) => each >= 0 && each <= 1) &&
    // Of classes, or of numbers.
    (fractions[0] === undefined) !== (amounts[0] === undefined);
  return isPossible ? undefined : `no run can say ${shown}`;
}
