/** The curves of a panel: points, names and styles. */

import { type MetricName, objectiveNamed } from '../../model/objectives/index.js';
import type { Metric } from '../../model/objectives/objective.js';
import { namesOf } from './names.js';
import type { EpochPoint } from './points.js';
import type { Run } from './run.js';
import { type Colors, type Look, lookOf } from './theme.js';

const { metrics } = objectiveNamed();
export type Quantity = MetricName;
export const QUANTITIES = metrics.map(({ name }) => name as Quantity);

export function metricOf(quantity: Quantity): Metric {
  return metrics.find(({ name }) => name === quantity)!;
}

export type CurveKind = 'steps' | 'training' | 'validation' | 'test';

/** Back to front. */
const KINDS = ['steps', 'training', 'validation', 'test'] as const satisfies CurveKind[];
const FIELDS = { training: 'train', validation: 'validation', test: 'test' } as const;
const WORDS = { steps: 'training steps', training: 'training', validation: 'validation', test: 'test' };

export interface Curve extends Look {
  /** Name of its data, unique in the plot. */
  readonly name: string;
  readonly kind: CurveKind;
  /** x in epochs, y in nats or percent. */
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
  const unit = metricOf(quantity).unit === 'fraction' ? 100 : 1;
  if (kind === 'steps') {
    const perEpoch = stepsPerEpoch(run);
    return run.steps.map((step) => ({ x: step.step / perEpoch, y: step[quantity] * unit }));
  }
  const valueIn = (point: EpochPoint) => point[`${FIELDS[kind]}_${quantity}`];
  return run.epochs.flatMap((point) => {
    const y = valueIn(point);
    return y === undefined ? [] : [{ x: point.epoch, y: y * unit }];
  });
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
