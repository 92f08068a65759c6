/** What a run must remember, besides its weights, to continue as if it had never stopped. */
import { isRecord } from '../files/type-guards.js';
import { type Plan, summedScores } from '../memory/plan.js';
import type { Objective, Sums, TargetMetrics } from '../model/objectives/objective.js';
import { fitTheirWeights } from '../model/objectives/weighted.js';
import type { PlateauState } from '../optim/plateau.js';
import { type GradientState, gradientStateOf } from './gradient-noise.js';
import { isValueOf, noSums, SPLITS, type Split, type SplitMetrics } from './sums.js';

/** Metrics after an epoch, as in EpochEvent. Empty before the first. */
export type EpochMetrics = Partial<SplitMetrics<Split>>;

/** The epoch with the lowest validation loss. */
export interface Best {
  readonly epoch: number;
  readonly metrics: EpochMetrics;
}

/** Where a run is: after a step, or before the first. */
export interface Position {
  /** Completed, evaluation included. */
  readonly epochs: number;
  /** Steps done in the next epoch. */
  readonly stepsInEpoch: number;
}

/** No random number generator's state: the order of an epoch depends on seed and epoch alone (data/order.ts). */
export interface RunState extends Position {
  /** Steps done in the run. */
  readonly step: number;
  /** Over the steps of the unfinished epoch. */
  readonly epochSums: Sums;
  /** Training time of the unfinished epoch. */
  readonly epochSeconds: number;
  /** Steps between two step events (0: none), and the sums since the last. */
  readonly logEvery: number;
  readonly logSums: Sums;
  /** Undefined unless gradients are measured. */
  readonly gradients?: GradientState | undefined;
  /** Metrics of the last completed epoch. */
  readonly metrics: EpochMetrics;
  /** Undefined without validation samples, or before an epoch is completed. */
  readonly best: Best | undefined;
  /** With schedule `plateau`. */
  readonly plateau?: PlateauState | undefined;
  /** Since the run's start, without the time that it was not running. */
  readonly seconds: number;
}

/** The state before the first step. */
export function freshState(plan: Pick<Plan, 'scores'>): RunState {
  const sums = noSums(plan);
  const [position, sinceLog] = [
    { epochs: 0, stepsInEpoch: 0, step: 0 },
    { logEvery: 0, logSums: sums },
  ];
  return { ...position, epochSums: sums, epochSeconds: 0, ...sinceLog, metrics: {}, best: undefined, seconds: 0 };
}

/** Above what any run can reach: sums stay finite, and file names have room for the steps. */
const MOST_STEPS = 2 ** 49;
const MOST_SECONDS = 1e10;
const MOST_SCORE = 1e290;

/** The state as plain data for a checkpoint, where metrics have always been called `figures`. */
export function recordOfState({ metrics, best, seconds, ...state }: RunState, objective: Objective): object {
  return {
    ...state,
    epochSums: recordOfSums(state.epochSums, objective),
    logSums: recordOfSums(state.logSums, objective),
    figures: metrics,
    best: best && { epoch: best.epoch, figures: best.metrics },
    seconds,
  };
}

/** The reverse. Undefined if the value is not a state, or contradicts itself. Ignores other fields. */
export function stateOf(value: unknown, objective: Objective): RunState | undefined {
  if (!isRecord(value)) return undefined;
  const { epochs, stepsInEpoch, step, logEvery, epochSeconds, seconds } = value as unknown as RunState;
  const epochSums = sumsOf(value.epochSums, objective);
  const logSums = sumsOf(value.logSums, objective);
  const metrics = metricsIn(value.figures, objective);
  const best = bestOf(value.best, epochs, objective);
  const gradients = value.gradients === undefined ? undefined : gradientStateOf(value.gradients);
  if (!epochSums || !logSums || !metrics || best === false) return undefined;
  if (value.gradients !== undefined && gradients === undefined) return undefined;
  const plateau = value.plateau === undefined ? undefined : plateauIn(value.plateau);
  if (value.plateau !== undefined && plateau === undefined) return undefined;
  const isState =
    [epochs, stepsInEpoch, step, logEvery].every((count) => isCount(count) && count <= MOST_STEPS) &&
    [epochSeconds, seconds].every((amount) => isAmount(amount) && amount <= MOST_SECONDS) &&
    // An epoch has at least one step.
    step >= epochs + stepsInEpoch &&
    (epochs > 0 || step === stepsInEpoch) &&
    (logEvery > 0 || logSums.samples === 0);
  if (!isState) return undefined;
  const sums = { epochSums, epochSeconds, logEvery, logSums, ...(gradients && { gradients }) };
  return { epochs, stepsInEpoch, step, ...sums, metrics, best, ...(plateau && { plateau }), seconds };
}

function recordOfSums(sums: Sums, objective: Objective): object {
  const stored = summedScores(objective).map(({ name, storedAs = name }) => [storedAs, sums[name]]);
  return { samples: sums.samples, ...Object.fromEntries(stored) };
}

function sumsOf(value: unknown, objective: Objective): Sums | undefined {
  if (!isRecord(value) || !isCount(value.samples)) return undefined;
  const { samples } = value;
  const stored = summedScores(objective).map(({ name, storedAs = name, ...spec }) => ({
    name,
    ...spec,
    sum: value[storedAs],
  }));
  const isWeighted = stored.some(({ name }) => name === 'own_weight');
  const areSums = stored.every(({ type, isSigned, sum }) => {
    const size = isSigned && typeof sum === 'number' ? Math.abs(sum) : sum;
    // Weighted counts are not whole.
    return isAmount(size) && size <= samples * MOST_SCORE && (type === 'float64' || isWeighted || isCount(sum));
  });
  const sums = { samples, ...Object.fromEntries(stored.map(({ name, sum }) => [name, sum])) } as Sums;
  const isPossible =
    samples === 0 || (fitTheirWeights(sums) && objective.metrics.every((metric) => isValueOf(metric, metric.of(sums))));
  return areSums && isPossible ? sums : undefined;
}

function metricsIn(value: unknown, { metrics, byTarget }: Objective): EpochMetrics | undefined {
  if (!isRecord(value)) return undefined;
  const found: Record<string, unknown> = {};
  for (const split of SPLITS) {
    for (const metric of metrics) {
      const name = `${split}_${metric.name}`;
      if (value[name] === undefined) continue;
      if (!isValueOf(metric, value[name])) return undefined;
      found[name] = value[name];
    }
    if (!byTarget || found[`${split}_loss`] === undefined) continue;
    const targets = value[`${split}_targets`];
    if (!areOfTargets(targets, byTarget(NO_SUMS).length)) return undefined;
    found[`${split}_targets`] = targets;
  }
  return found;
}

/** For the number of targets. */
const NO_SUMS: Sums = { samples: 0, loss: 0 };

function areOfTargets(value: unknown, count: number): value is readonly TargetMetrics[] {
  return (
    Array.isArray(value) &&
    value.length === count &&
    value.every(
      (each) =>
        isRecord(each) &&
        [each.rmse, each.mae].every((amount) => isAmount(amount)) &&
        isValueOf({ unit: 'ratio' }, each.r2) &&
        typeof each.target === 'string',
    )
  );
}

/** False if it cannot be the best of so many epochs. */
function bestOf(value: unknown, epochs: number, objective: Objective): Best | undefined | false {
  if (value === undefined) return undefined;
  if (!isRecord(value)) return false;
  const { epoch } = value;
  const metrics = metricsIn(value.figures, objective);
  const isBest = isCount(epoch) && epoch >= 1 && epoch <= epochs && metrics?.validation_loss !== undefined;
  return isBest && { epoch, metrics };
}

function plateauIn(value: unknown): PlateauState | undefined {
  if (!isRecord(value)) return undefined;
  const { factor, best, waited } = value;
  const isState = isAmount(factor) && (best === null || Number.isFinite(best)) && isCount(waited);
  return isState ? { factor, best: best as number | null, waited } : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isAmount(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0;
}
