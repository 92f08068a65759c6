/** The curves of a panel: points, names and styles. */

import type { GradientFigures } from '../../metrics/gradient-noise.js';
import { type MetricName, metricIn } from '../../metrics/sums.js';
import { OBJECTIVES, objectiveNamed } from '../../model/objectives/index.js';
import type { Metric } from '../../model/objectives/objective.js';
import { namesOf } from './names.js';
import { MOST_VALUE } from './points.js';
import type { Run } from './run.js';
import { type Colors, type Look, lookOf } from './theme.js';

const OF_GRADIENTS = {
  grad_norm: 'norm of the gradient',
  grad_norm_mean: 'mean norm of the gradients of samples',
  noise_scale: 'gradient noise scale, samples',
} as const satisfies { readonly [name in keyof GradientFigures]: string };

/** A metric of the objective, or what `--noise-scale` reports. */
export type Quantity = MetricName | keyof typeof OF_GRADIENTS;

/** All that there are. */
export const QUANTITIES: readonly Quantity[] = [
  ...new Set(Object.keys(OBJECTIVES).flatMap((name) => metricsOf(name).map((metric) => metric.name as Quantity))),
  ...(Object.keys(OF_GRADIENTS) as (keyof typeof OF_GRADIENTS)[]),
];

function isOfGradients(quantity: Quantity): quantity is keyof typeof OF_GRADIENTS {
  return Object.hasOwn(OF_GRADIENTS, quantity);
}

/** The loss, and the metric beside it. */
export function quantitiesOf(run: Run): readonly Quantity[] {
  return metricsOf(objectiveIn(run))
    .slice(0, 2)
    .map(({ name }) => name as Quantity);
}

/** The metric as the first run that has it reports it. */
export function metricOf(quantity: Quantity, runs: readonly Run[]): Metric {
  // (The title has the unit.)
  if (isOfGradients(quantity)) {
    return { name: quantity, title: OF_GRADIENTS[quantity], unit: 'target', better: 'lower', of: () => null };
  }
  const isIt = ({ name }: Metric) => name === quantity;
  const own = runs.map((run) => metricsOf(objectiveIn(run)).find(isIt)).find((metric) => metric !== undefined);
  return own ?? Object.keys(OBJECTIVES).flatMap(metricsOf).find(isIt)!;
}

function metricsOf(objective: string): readonly Metric[] {
  return objectiveNamed(objective).metrics;
}

/** Logs without a start event do not name it, but their metrics show it. */
function objectiveIn({ start, epochs }: Run): string {
  if (start?.objective !== undefined) return start.objective;
  const isOf = (name: string) => metricsOf(name).every((metric) => metricIn(epochs[0]!, metric, 'train') !== undefined);
  return Object.keys(OBJECTIVES).find(isOf)!;
}

/** An R² below this would hide the others: it has no point. */
const LEAST_RATIO = -1;

export type CurveKind = 'steps' | 'training' | 'validation' | 'test';

/** Back to front. */
const KINDS = ['steps', 'training', 'validation', 'test'] as const satisfies CurveKind[];
const FIELDS = { training: 'train', validation: 'validation', test: 'test' } as const;
const WORDS = { steps: 'training steps', training: 'training', validation: 'validation', test: 'test' };

export interface Curve extends Look {
  /** Name of its data, unique in the plot. */
  readonly name: string;
  readonly kind: CurveKind;
  /** x in epochs, y in the unit of the metric, or percent. */
  readonly points: readonly Point[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Entry extends Look {
  readonly kind: CurveKind | 'run';
  readonly text: string;
}

/** Back to front. */
export function curvesOf(runs: readonly Run[], quantity: Quantity, hasSteps: boolean, colors: Colors): Curve[] {
  const kinds = KINDS.filter((kind) => hasSteps || kind !== 'steps');
  return kinds.flatMap((kind) =>
    runs.flatMap((run, i) => {
      const points = pointsOf(run, quantity, kind);
      const look = runs.length === 1 ? { color: colors.ofKinds[kind] } : lookOf(i, colors);
      return points.length > 0 ? [{ name: `${quantity}-${kind}-${i}`, kind, ...look, points }] : [];
    }),
  );
}

function pointsOf(run: Run, quantity: Quantity, kind: CurveKind): Point[] {
  const { unit } = metricOf(quantity, [run]);
  const pointOf = (x: number, y: number | null | undefined): Point[] => {
    if (y == null || (unit === 'ratio' && y < LEAST_RATIO)) return [];
    return [{ x, y: unit === 'fraction' ? y * 100 : y }];
  };
  if (isOfGradients(quantity)) {
    const perEpoch = stepsPerEpoch(run);
    if (kind === 'steps') return run.steps.flatMap((step) => pointOf(step.step / perEpoch, amountIn(step[quantity])));
    return kind === 'training' ? run.epochs.flatMap((each) => pointOf(each.epoch, amountIn(each[quantity]))) : [];
  }
  if (kind === 'steps') {
    const perEpoch = stepsPerEpoch(run);
    return run.steps.flatMap((step) => pointOf(step.step / perEpoch, step[quantity]));
  }
  return run.epochs.flatMap((point) => pointOf(point.epoch, point[`${FIELDS[kind]}_${quantity}`]));
}

/** From an untrusted event. */
function amountIn(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= MOST_VALUE ? value : undefined;
}

function stepsPerEpoch({ epochs }: Run): number {
  const { step, epoch } = epochs[0]!;
  return step / epoch;
}

/** Averages neighboring points until at most `most` are left. */
export function thinned(points: readonly Point[], most: number): Point[] {
  const group = Math.ceil(points.length / most);
  if (group <= 1) return [...points];
  return Array.from({ length: Math.ceil(points.length / group) }, (_, i) => {
    const part = points.slice(i * group, (i + 1) * group);
    return { x: part.at(-1)!.x, y: part.reduce((sum, { y }) => sum + y, 0) / part.length };
  });
}

/** The legend. Colors distinguish training and test for one run, and the runs for several. */
export function entriesOf(runs: readonly Run[], curves: readonly Curve[], colors: Colors): Entry[] {
  const inWords = [...KINDS.filter((kind) => kind !== 'steps'), 'steps' as const];
  const kinds = inWords.filter((kind) => curves.some((curve) => curve.kind === kind));
  const ofKinds = kinds.map((kind) => {
    const color = runs.length === 1 ? curves.find((curve) => curve.kind === kind)!.color : colors.ink;
    return { kind, text: WORDS[kind], color };
  });
  if (runs.length === 1) return ofKinds;
  const names = namesOf(runs).map((text, i) => ({ kind: 'run' as const, text, ...lookOf(i, colors) }));
  return [...names, ...ofKinds];
}
