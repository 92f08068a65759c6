/** Speed-up against threads: what was measured, and what the model says of more cores than there were. */
import { readFileSync } from 'node:fs';
import { Plot } from './plot.js';
import { dot, type Figure, type Ink, type Point, polyline, text } from './svg.js';

/** The lines of `bench/scaling.js --json` that are drawn; those of other parts have other fields. */
interface Line {
  readonly part: string;
  readonly strategy: string;
  readonly threads: number;
  readonly speed_up: number;
  readonly cores: number;
}

/** @param file  what `node dist/bench/scaling.js --json` has printed */
export function scalingFigure(file: string): Figure {
  const lines = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const strong = lines.filter(({ part }) => part === 'strong');
  const cores = strong[0]!.cores;
  const predicted = lines.filter(({ part }) => part === 'prediction');
  return {
    name: 'scaling',
    title: 'Speed-up with threads',
    description:
      `Left: speed-up against threads as measured on ${cores} cores, strategies sliced and dense, beside the ideal. ` +
      'Right: what the model, fitted on the measurement of sliced, predicts for up to 64 cores, beside the ideal.',
    height: 420,
    body: [...measuredPlot(strong, cores), ...predictedPlot(predicted, strong, cores)],
  };
}

function measuredPlot(strong: readonly Line[], cores: number): string[] {
  const threads = threadsOf(strong);
  const most = Math.max(...threads);
  const top = 1.2 * cores;
  const plot = new Plot({ left: 56, top: 56, width: 340, height: 284, x: [0, most], y: [0, top] });
  const ideal = [plot.at(0, 0), plot.at(cores, cores), plot.at(most, cores)];
  return [
    ...plot.axes({
      title: `measured on ${cores} cores`,
      xName: 'threads',
      xTicks: [0, ...threads],
      yTicks: [0, ...threads.filter((count) => count <= top)],
    }),
    polyline(ideal, 'muted', 'thin'),
    name(plot.at(0.4 * cores, 0.4 * cores), 'ideal', 'muted', 'end', -8),
    ...(['sliced', 'dense'] as const).flatMap((strategy) => {
      const ink = strategy === 'sliced' ? 'forward' : 'backward';
      const places = strong
        .filter((line) => line.strategy === strategy)
        .map((line) => plot.at(line.threads, line.speed_up));
      const label = name(places.at(-1)!, strategy, ink, 'end', strategy === 'sliced' ? -12 : 24);
      return [polyline(places, ink, 'thick'), ...places.map((place) => dot(place, ink)), label];
    }),
  ];
}

function predictedPlot(predicted: readonly Line[], strong: readonly Line[], cores: number): string[] {
  const most = Math.max(...threadsOf(predicted));
  const plot = new Plot({ left: 484, top: 56, width: 340, height: 284, x: [0, most], y: [0, most] });
  const ticks = [0, ...threadsOf(predicted).filter((count) => count >= most / 8)];
  const places = predicted.map(({ threads, speed_up }) => plot.at(threads, speed_up));
  const measured = strong.filter(({ strategy, threads }) => strategy === 'sliced' && threads <= cores);
  return [
    ...plot.axes({ title: 'sliced by the model, a core a thread', xName: 'threads', xTicks: ticks, yTicks: ticks }),
    polyline([plot.at(0, 0), plot.at(most, most)], 'muted', 'thin'),
    name(plot.at(0.5 * most, 0.5 * most), 'ideal', 'muted', 'end', -8),
    polyline(places, 'forward'),
    ...places.map((place) => dot(place, 'forward', 3.5)),
    ...measured.map(({ threads, speed_up }) => dot(plot.at(threads, speed_up), 'backward', 3.5)),
    name(places.at(-1)!, 'model', 'forward', 'end', 24),
    name(plot.at(cores, cores), 'measured', 'backward', 'start', 4),
  ];
}

function threadsOf(lines: readonly Line[]): number[] {
  return [...new Set(lines.map(({ threads }) => threads))].sort((a, b) => a - b);
}

/** A label beside a place. */
function name({ x, y }: Point, content: string, ink: Ink, anchor: 'start' | 'end', down: number): string {
  return text(x + (anchor === 'start' ? 10 : -4), y + down, content, { small: true, anchor, ink, overGrid: true });
}
