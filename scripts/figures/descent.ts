/** Gradient descent on L(θ) = θ²/2, whose gradient is θ: every place that is drawn is a step that was computed. */
import { Plot } from './plot.js';
import { arrow, dot, type Figure, type Point, polyline, text } from './svg.js';

const START = -3;
const loss = (theta: number): number => (theta * theta) / 2;
const gradient = (theta: number): number => theta;

interface Run {
  readonly rate: number;
  readonly steps: number;
  readonly outcome: string;
}

const RUNS: readonly Run[] = [
  { rate: 0.3, steps: 8, outcome: 'approaches the minimum' },
  { rate: 1.8, steps: 8, outcome: 'overshoots, and still arrives' },
  { rate: 2.1, steps: 5, outcome: 'overshoots further each time' },
];

export function descentFigure(): Figure {
  return {
    name: 'descent',
    title: 'Gradient descent with three learning rates',
    description:
      'On a parabola, from the same start: a rate of 0.3 walks down one side to the minimum, 1.8 jumps from side to ' +
      'side and comes nearer, 2.1 jumps from side to side and climbs.',
    height: 420,
    body: RUNS.flatMap((run, i) => descentPlot(run, 48 + 276 * i)),
  };
}

function descentPlot({ rate, steps, outcome }: Run, left: number): string[] {
  const plot = new Plot({ left, top: 56, width: 240, height: 270, x: [-5.2, 5.2], y: [-0.8, 13.5] });
  const path = descend(rate, steps);
  const places = path.map((theta) => plot.at(theta, loss(theta)));
  const first = places[0]!;
  return [
    ...plot.axes({ title: `rate ${rate}`, xName: 'θ', xTicks: [-4, -2, 0, 2, 4], yTicks: [0, 4, 8, 12] }),
    plot.graph(loss, -5.2, 5.2, 'forward'),
    ...places.slice(1).map((place, i) => stepLine(places[i]!, place)),
    ...places.map((place) => dot(place, 'backward', 3.5)),
    text(first.x - 10, first.y + 10, 'start', { small: true, anchor: 'end', ink: 'backward', overGrid: true }),
    text(left + 120, plot.at(0, 12.4).y, 'L = θ²/2', { small: true, ink: 'forward', overGrid: true }),
    text(left + 120, 398, outcome, { small: true, ink: 'muted' }),
  ];
}

/** An arrow, where there is room for its head. */
function stepLine(from: Point, to: Point): string {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  return length > 30 ? arrow([from, to], 'backward') : polyline([from, to], 'backward');
}

/** θ before the first step and after each. */
function descend(rate: number, steps: number): number[] {
  const path = [START];
  for (let step = 0; step < steps; step++) {
    const theta = path.at(-1)!;
    path.push(theta - rate * gradient(theta));
  }
  return path;
}
