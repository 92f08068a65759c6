/** The picture of a search: how much each option matters, and the loss of each trial by the values of the options. */
import type { SearchStartEvent, TrialEvent } from '../../metrics/search-events.js';
import { grouped } from '../../text/grouped.js';
import { snakeCase } from '../../text/words.js';
import { type Axis, type Frame, frame, line, round, tickText, valueAxis } from '../report/draw.js';
import { importanceChart } from '../report/importance-chart.js';
import { ACCENT, CHART_WIDTH, type Chart, COLORS, GROUND, MUTED } from '../report/model.js';
import { reportSheet } from '../report/sheet.js';
import { importanceOf } from './importance.js';
import { asTyped, type Dimension, valueName } from './space.js';

const HEIGHT = 260;
/** Losses above this quantile are drawn at the upper edge: a few bad trials would hide the differences between the good ones. */
const SHOWN = 0.9;

/**
 * @param trials  of the first rung
 * @param best    the best trial
 * @returns an SVG drawing
 */
export function searchPicture(
  start: SearchStartEvent,
  dimensions: readonly Dimension[],
  trials: readonly TrialEvent[],
  best: TrialEvent | undefined,
): string {
  const shares = importanceOf(dimensions, trials);
  const bars = shares.map(({ option, share }) => ({ name: option, value: share, std: 0 }));
  const mattered: Chart = {
    ...importanceChart(bars, 'share of the variation of the ranks'),
    title: 'What mattered',
    note: 'How much of the variation between the trials each option explains. Interactions are not counted.',
    description: `Importance: ${bars.map(({ name, value }) => `${name} ${value.toPrecision(3)}`).join(', ')}`,
  };
  const judged = start.folds === null ? 'the validation loss' : `the mean test loss over ${start.folds} folds`;
  const ordered = shares.map(({ option }) => dimensions.find(({ name }) => snakeCase(name) === option)!);
  return reportSheet({
    title: `Search on ${start.dataset.name}`,
    subtitle: `${grouped(trials.length)} trials, judged by ${judged}`,
    headline: [],
    warnings: best
      ? [`Best: trial ${best.trial}, ${asTyped(best.options)}, loss ${tickText(Number(best.loss!.toPrecision(5)))}`]
      : [],
    parts: [mattered, ...ordered.map((each) => trialsChart(each, trials, best))],
    footer: 'Each point is a trial. Open points at the upper edge have larger losses, or have failed.',
  });
}

function trialsChart(dimension: Dimension, trials: readonly TrialEvent[], best: TrialEvent | undefined): Chart {
  const name = snakeCase(dimension.name);
  const losses = trials.flatMap(({ loss }) => loss ?? []).sort((a, b) => a - b);
  const most = losses[Math.max(0, Math.ceil(losses.length * SHOWN) - 1)] ?? 1;
  const plot = frame(axisOf(dimension), valueAxis([losses[0] ?? 0, most], 'loss'), CHART_WIDTH, HEIGHT);
  const points = trials.flatMap((trial) => {
    const value = trial.options[name];
    return value === undefined ? [] : [pointOf(plot, placeOf(dimension, value, trial.trial), trial, most)];
  });
  const found = best?.options[name];
  const mark =
    best && found !== undefined
      ? line(...upright(plot, placeOf(dimension, found, best.trial)), COLORS[1]!, 'stroke-dasharray="4 4"')
      : '';
  return {
    ...{ kind: 'chart', title: name, note: best ? 'The dashed line is the best trial.' : '' },
    description: `Loss of each trial by ${name}`,
    ...{ width: CHART_WIDTH, height: HEIGHT, body: plot.body + mark + points.join('') },
  };
}

function upright({ x, top, bottom }: Frame, at: number): [number, number, number, number] {
  return [x(at), top, x(at), bottom];
}

function pointOf({ x, y, top }: Frame, at: number, { loss, trial }: TrialEvent, most: number): string {
  const isShown = loss !== null && loss <= most;
  const look = isShown
    ? `fill="${ACCENT}" fill-opacity="0.75"`
    : `fill="${GROUND}" stroke="${MUTED}" stroke-width="1.5"`;
  const title = `trial ${trial}: ${loss === null ? 'failed' : `loss ${Number(loss.toPrecision(5))}`}`;
  return `<circle cx="${round(x(at))}" cy="${round(isShown ? y(loss) : top)}" r="4" ${look}><title>${title}</title></circle>`;
}

function axisOf(dimension: Dimension): Axis {
  const name = snakeCase(dimension.name);
  if (dimension.kind === 'choice') {
    const { values } = dimension;
    const ticks = values.map((_, i) => i);
    return { from: -0.5, to: values.length - 0.5, ticks, texts: values.map(valueName), title: name };
  }
  const { low, high, isLog } = dimension;
  if (!isLog) return valueAxis([low, high], name);
  const axis = valueAxis([Math.log10(low), Math.log10(high)], `${name}, logarithmic`, 1);
  return { ...axis, texts: axis.ticks.map((tick) => tickText(Number((10 ** tick).toPrecision(1)))) };
}

/** Equal choices are spread, so that their points do not hide each other. */
function placeOf(dimension: Dimension, value: unknown, trial: number): number {
  if (dimension.kind === 'choice') {
    const spread = ((trial * 0.618_034) % 1) - 0.5;
    return dimension.values.findIndex((each) => valueName(each) === valueName(value)) + 0.5 * spread;
  }
  return dimension.isLog ? Math.log10(Number(value)) : Number(value);
}
