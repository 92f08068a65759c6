/** The picture of a learning-rate range test: the loss by learning rate. */
import type { RateEvent } from '../../metrics/find-lr-events.js';
import { grouped } from '../../text/grouped.js';
import { type Axis, frame, line, round, tickText, valueAxis } from '../report/draw.js';
import { ACCENT, CHART_WIDTH, type Chart, COLORS, MUTED } from '../report/model.js';
import { reportSheet } from '../report/sheet.js';
import type { Proposal } from './proposal.js';

const HEIGHT = 300;
/** Losses up to so many times the first are drawn: beyond, the test diverges. */
const MOST_SHOWN = 1.5;

/** @returns an SVG drawing. @param points  at least one */
export function ratePicture(name: string, points: readonly RateEvent[], proposal: Proposal): string {
  const { lr, reason } = proposal;
  return reportSheet({
    title: `Learning rates on ${name}`,
    subtitle: `${grouped(points.length)} steps, learning rates ${points[0]!.lr.toPrecision(2)} to ${points.at(-1)!.lr.toPrecision(2)}`,
    headline: [],
    warnings: [lr === null ? `No proposal: ${reason}` : `Proposal: --lr ${lr} (${reason})`],
    parts: [lossChart(points, proposal)],
    footer: 'The learning rate grows exponentially from step to step. The weights of this test are not kept.',
  });
}

function lossChart(points: readonly RateEvent[], { lr }: Proposal): Chart {
  const first = points[0]!.smoothed_loss;
  const most = Math.max(first, Math.min(MOST_SHOWN * first, Math.max(...points.map((point) => point.smoothed_loss))));
  const least = Math.min(...points.map((point) => Math.min(point.loss, point.smoothed_loss)));
  const plot = frame(rateAxis(points), valueAxis([least, most], 'loss'), CHART_WIDTH, HEIGHT);
  const isShown = (loss: number) => loss <= most;
  const x = (point: RateEvent) => round(plot.x(Math.log10(point.lr)));
  const dots = points
    .filter(({ loss }) => isShown(loss))
    .map(
      (point) =>
        `<circle cx="${x(point)}" cy="${round(plot.y(point.loss))}" r="1.5" fill="${MUTED}" fill-opacity="0.5"/>`,
    );
  const curve = points
    .filter((point) => isShown(point.smoothed_loss))
    .map((point) => `${x(point)},${round(plot.y(point.smoothed_loss))}`);
  const at = lr === null ? undefined : plot.x(Math.log10(lr));
  const mark = at === undefined ? '' : line(at, plot.top, at, plot.bottom, COLORS[1]!, 'stroke-dasharray="4 4"');
  return {
    ...{ kind: 'chart', title: 'Loss by learning rate' },
    note: `Points: each batch. Line: smoothed.${lr === null ? '' : ' The dashed line is the proposal.'}`,
    description: `Loss by learning rate${lr === null ? '' : `; proposal ${lr}`}`,
    ...{ width: CHART_WIDTH, height: HEIGHT },
    body: `${plot.body}${dots.join('')}<polyline points="${curve.join(' ')}" fill="none" stroke="${ACCENT}" stroke-width="2"/>${mark}`,
  };
}

function rateAxis(points: readonly RateEvent[]): Axis {
  const axis = valueAxis([Math.log10(points[0]!.lr), Math.log10(points.at(-1)!.lr)], 'learning rate, logarithmic', 1);
  return { ...axis, texts: axis.ticks.map((tick) => tickText(Number((10 ** tick).toPrecision(1)))) };
}
