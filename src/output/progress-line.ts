/** The text of the progress bar, adapted to the width of the terminal. */

import type { Progress } from '../metrics/events.js';
import { metricIn } from '../metrics/sums.js';
import { objectiveNamed } from '../model/objectives/index.js';
import type { Metric } from '../model/objectives/objective.js';
import { grouped } from '../text/grouped.js';

/**
 * @param room       maximum number of columns
 * @param objective  name, as in the start event
 */
export function progressLine(progress: Progress, room: number, objective?: string): string {
  const { step, stepsPerEpoch, samplesPerSecond, secondsLeft } = progress;
  const epoch = `epoch ${progress.epoch}/${progress.epochs}`;
  const bar = (cells: number) => barOf(cells, step / stepsPerEpoch);
  const steps = `step ${step}/${stepsPerEpoch}`;
  const [first, second] = objectiveNamed(objective).metrics;
  // A private run has none.
  const isKnown = metricIn(progress, first!) !== undefined;
  const metrics = (isKnown ? [first!, second!] : []).map((metric) => `${metric.name} ${valueText(progress, metric)}`);
  const speed = `${grouped(Math.round(samplesPerSecond))} samples/s`;
  const left = `${duration(secondsLeft)} left`;
  const joined = (...parts: readonly string[]) => parts.join(' · ');
  const lines = [
    joined(`${epoch} ${bar(20)} ${steps}`, ...metrics, speed, left),
    joined(`${epoch} ${bar(20)} ${steps}`, ...metrics, left),
    joined(`${epoch} ${bar(10)} ${steps}`, ...metrics, left),
    joined(`${epoch} ${bar(10)}`, ...metrics, left),
    joined(`${epoch} ${bar(10)}`, ...metrics.slice(0, 1), left),
    joined(`${epoch} ${bar(10)}`, left),
    `${epoch} ${bar(6)}`,
    epoch,
  ];
  return lines.find(({ length }) => length <= room) ?? epoch.slice(0, Math.max(0, room));
}

function barOf(cells: number, fraction: number): string {
  const filled = Math.min(cells, Math.round(cells * fraction));
  return `${'█'.repeat(filled)}${'░'.repeat(cells - filled)}`;
}

/** Runs of a command that makes several. */
export interface RunCount {
  readonly done: number;
  readonly total: number;
  /** How much is done of the runs that have begun and not ended, added up: ½ for a run in the middle of its epochs. */
  readonly parts: number;
  /** Epochs of the first run that has not ended. */
  readonly epochs?: { readonly done: number; readonly total: number };
}

export interface Count extends RunCount {
  /** Such as `folds`. */
  readonly unit: string;
  /** Since the first began. */
  readonly seconds: number;
}

/** `3/10 folds ███████░░░░░░░░░░░░░ · epoch 5/9 · 0:21 left`. @param room  maximum number of columns */
export function countLine({ done, total, parts, epochs, unit, seconds }: Count, room: number): string {
  const count = `${grouped(done)}/${grouped(total)} ${unit}`;
  const begun = Math.min(total, done + parts);
  const epoch = epochs ? ` · epoch ${epochs.done}/${epochs.total}` : '';
  const left = begun === 0 ? '' : ` · ${duration((seconds / begun) * (total - begun))} left`;
  const lines = [20, 10].map((cells) => `${count} ${barOf(cells, begun / total)}${epoch}${left}`);
  return (
    [...lines, `${count}${epoch}${left}`, `${count}${left}`, count].find(({ length }) => length <= room) ??
    count.slice(0, Math.max(0, room))
  );
}

function valueText(progress: Progress, metric: Metric): string {
  const value = metricIn(progress, metric) ?? Number.NaN;
  if (metric.unit === 'fraction') return `${(value * 100).toFixed(2)} %`;
  return metric.unit === 'target' ? String(Number(value.toPrecision(5))) : value.toFixed(4);
}

/** 3725 s → 1:02:05 */
function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, i) => (i === 0 ? `${part}` : String(part).padStart(2, '0'))).join(':');
}
