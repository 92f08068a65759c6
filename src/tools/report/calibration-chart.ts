/** Reliability diagram: whether predicted probabilities equal observed fractions. */
import type { EvaluationEvent } from '../../metrics/events.js';
import { wilsonInterval } from '../../metrics/quality/wilson.js';
import { grouped } from '../../text/grouped.js';
import { escaped } from '../drawing/letters.js';
import { fractionAxis, frame, line, round, text } from './draw.js';
import { ACCENT, CHART_WIDTH, type Chart, MUTED } from './model.js';

const PLOT_HEIGHT = 340;
const STRIP = 44;

export function calibrationChart({ calibration, calibration_error, classes, positive_class }: EvaluationEvent): Chart {
  const positive = String(positive_class);
  const isBinary = classes.length === 2;
  const xTitle = isBinary ? `predicted probability of ${positive}` : 'probability of the predicted class';
  const plot = frame(
    fractionAxis(xTitle),
    fractionAxis(isBinary ? `fraction that is ${positive}` : 'fraction that is correct'),
    CHART_WIDTH,
    PLOT_HEIGHT + STRIP,
    STRIP + 12,
  );
  const bins = calibration.filter(({ samples }) => samples > 0);
  const most = Math.max(...bins.map(({ samples }) => samples));
  const body = [
    plot.body,
    line(plot.x(0), plot.y(0), plot.x(1), plot.y(1), MUTED, 'stroke-dasharray="4 4"'),
    text('count', plot.left - 6, STRIP - 2, { anchor: 'end', size: 11 }),
    line(plot.left, STRIP, plot.right, STRIP, MUTED),
    ...bins.map(({ from, to, samples, confidence, frequency }) => {
      const height = Math.max(1, (samples / most) * (STRIP - 8));
      const [low, high] = wilsonInterval(frequency!, samples);
      const [x, y] = [round(plot.x(confidence!)), round(plot.y(frequency!))];
      const tip = `${from} to ${to}: ${grouped(samples)} samples, mean probability ${confidence!.toFixed(3)}, fraction ${frequency!.toFixed(3)}`;
      return (
        `<g><title>${escaped(tip)}</title>` +
        `<rect x="${round(plot.x(from) + 1)}" y="${round(STRIP - height)}" width="${round(plot.x(to) - plot.x(from) - 2)}" height="${round(height)}" fill="${MUTED}" fill-opacity="0.5"/>` +
        line(x, plot.y(low), x, plot.y(high), ACCENT, 'stroke-width="2" stroke-opacity="0.45"') +
        `<circle cx="${x}" cy="${y}" r="4.5" fill="${ACCENT}"/></g>`
      );
    }),
  ].join('');
  return {
    kind: 'chart',
    title: 'Calibration',
    note:
      `On the dashed line, predicted probabilities equal observed fractions. Below it, the network is overconfident. ` +
      `Lines: 95% intervals (Wilson). Calibration error ${calibration_error.toFixed(3)}.`,
    description: `Calibration: ${bins
      .map(({ confidence, frequency }) => `probability ${confidence!.toFixed(2)}, fraction ${frequency!.toFixed(2)}`)
      .join('; ')}`,
    width: CHART_WIDTH,
    height: PLOT_HEIGHT + STRIP,
    body,
  };
}
