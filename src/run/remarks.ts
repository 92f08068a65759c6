/** Warnings before the first step. */
import { type CheckedOptions, type Config, flagText } from '../config/options.js';
import { countClasses } from '../data/class-weights.js';
import type { Dataset } from '../data/dataset.js';
import { doubtAbout } from '../data/table/label-check.js';
import { doubtAboutScale } from '../data/table/scale-check.js';
import { type Plan, stepsPerEpoch } from '../memory/plan.js';
import type { WarningEvent } from '../metrics/events.js';
import type { World } from '../parallel/mpi/world.js';
import type { UsedSamples } from './run-memory.js';

/**
 * Warnings about options that are valid but probably not intended.
 *
 * @param given  the options that were given
 */
export function remarksOn(
  config: Config,
  given: CheckedOptions,
  { table, train, test, publicSamples, remarks: ofData = [] }: Dataset,
  used: UsedSamples,
  plan: Plan,
  world?: World,
): WarningEvent[] {
  const steps = config.epochs * stepsPerEpoch(plan);
  const remarks = {
    few_cores: world?.remarkOn(config.threads),
    doubtful_label: table && doubtAbout(table, train.count + test.count),
    class_without_rows: table && !publicSamples ? remarkOnClasses(used, table.classNames) : undefined,
    unscaled_columns:
      table && config.scale === 'none' ? doubtAboutScale(publicSamples ?? used.train, table) : undefined,
    warmup_too_long: steps > 0 && steps < config.warmupSteps ? remarkOnWarmup(config, steps) : undefined,
    no_effect: steps > 0 ? remarkOnEffect(config, given, steps) : undefined,
  } satisfies Partial<Record<WarningEvent['code'], string | undefined>>;
  const codes = Object.keys(remarks) as (keyof typeof remarks)[];
  const found = codes.flatMap((code) => {
    const message = remarks[code];
    return message === undefined ? [] : [{ code, message }];
  });
  return [...ofData, ...found].map((remark) => ({ event: 'warning', ...remark }));
}

/** For classes that only the rows held out have, or none. */
function remarkOnClasses({ train }: UsedSamples, names: readonly (string | number)[]): string | undefined {
  if (names.length === 0) return undefined;
  const counts = countClasses(train, names.length);
  const absent = names.filter((_, c) => counts[c] === 0);
  if (absent.length === 0) return undefined;
  const first = absent.slice(0, MOST_LISTED).join(', ');
  const all = absent.length > MOST_LISTED ? `${first}, …` : first;
  return `no training row has ${absent.length === 1 ? 'the class' : 'the classes'} ${all}, so the network cannot learn ${absent.length === 1 ? 'it' : 'them'}`;
}

/** Classes in a warning. */
const MOST_LISTED = 5;

function remarkOnWarmup({ warmupSteps, lr }: Config, steps: number): string {
  return `--warmup-steps ${warmupSteps}: the run has only ${steps} steps and does not reach the learning rate ${lr}`;
}

/** For options that act only after more epochs or steps than the run has. */
function remarkOnEffect(
  { epochs, schedule, lrStepSize, lrPatience, patience, logEvery, checkpointEverySteps }: Config,
  given: CheckedOptions,
  steps: number,
): string | undefined {
  const isGiven = (name: keyof CheckedOptions) => given[name] !== undefined;
  const { schedule: follows } = given;
  const cases = [
    {
      ...{ name: 'lrStepSize', value: lrStepSize, of: 'epochs' },
      isIdle: schedule === 'step' && lrStepSize >= epochs && (isGiven('lrStepSize') || follows !== undefined),
    },
    {
      ...{ name: 'lrPatience', value: lrPatience, of: 'epochs' },
      // The first epoch sets the lowest loss, and the rate changes only for an epoch that follows.
      isIdle: schedule === 'plateau' && lrPatience + 3 > epochs && (isGiven('lrPatience') || follows !== undefined),
    },
    { name: 'patience', value: patience, isIdle: isGiven('patience') && patience! + 1 >= epochs, of: 'epochs' },
    { name: 'logEvery', value: logEvery, isIdle: isGiven('logEvery') && logEvery! > steps, of: 'steps' },
    {
      ...{ name: 'checkpointEverySteps', value: checkpointEverySteps, of: 'steps' },
      isIdle: isGiven('checkpointEverySteps') && checkpointEverySteps! > steps,
    },
  ];
  const idle = cases.filter(({ isIdle }) => isIdle);
  if (idle.length === 0) return undefined;
  const options = idle.map(({ name, value }) => flagText(name, value)).join(', ');
  const length = idle.some(({ of }) => of === 'epochs') ? `${epochs} epochs` : `${steps} steps`;
  return `${options}: no effect, because the run has only ${length}`;
}
