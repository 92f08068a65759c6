/** Graphs of the functions that the network is made of. */
import { Plot } from './plot.js';
import { dot, type Figure, polyline, ring, text } from './svg.js';

const relu = (y: number): number => Math.max(y, 0);

/** ReLU beside its derivative. */
export function reluFigure(): Figure {
  const shape = { top: 56, width: 340, height: 240, x: [-2, 2], y: [-0.25, 2] } as const;
  const left = new Plot({ ...shape, left: 56 });
  const right = new Plot({ ...shape, left: 484 });
  const labels = { xName: 'y', xTicks: [-2, -1, 0, 1, 2], yTicks: [0, 1, 2] };
  return {
    name: 'relu',
    title: 'ReLU and its derivative',
    description:
      'Left: ReLU(y) is 0 up to y = 0, then a line of slope 1. Right: its derivative is 0 up to and at y = 0, then 1.',
    height: 356,
    body: [
      ...left.axes({ ...labels, title: 'ReLU(y) = max(y, 0)' }),
      polyline([left.at(-2, relu(-2)), left.at(0, relu(0)), left.at(2, relu(2))], 'forward', 'thick'),
      ...right.axes({ ...labels, title: 'its derivative' }),
      polyline([right.at(-2, 0), right.at(0, 0)], 'backward', 'thick'),
      polyline([right.at(0, 1), right.at(2, 1)], 'backward', 'thick'),
      dot(right.at(0, 0), 'backward'),
      ring(right.at(0, 1), 'backward'),
    ],
  };
}

/** Probabilities of the true class that are marked on the curve. */
const MARKED = [0.02, 0.1, 0.5, 0.8];

/** The loss of one sample against the probability that the network gives to its class. */
export function crossEntropyFigure(): Figure {
  const plot = new Plot({ left: 56, top: 56, width: 772, height: 280, x: [0, 1], y: [0, 5] });
  const loss = (p: number): number => -Math.log(p);
  return {
    name: 'cross-entropy',
    title: 'Cross-entropy loss of one sample',
    description: 'The curve of −log P falls from infinity at P = 0, steeply at first, to 0 at P = 1.',
    height: 396,
    body: [
      ...plot.axes({
        title: 'ℓ = −log P',
        xName: 'P, the probability given to the true class',
        xTicks: [0, 0.2, 0.4, 0.6, 0.8, 1],
        yTicks: [0, 1, 2, 3, 4, 5],
      }),
      plot.graph(loss, Math.exp(-5), 1, 'forward', 400),
      ...MARKED.map((p) => {
        const place = plot.at(p, loss(p));
        const label = `P = ${p}: ℓ = ${loss(p).toFixed(3)}`;
        return (
          dot(place, 'forward') +
          text(place.x + 12, place.y - 10, label, { small: true, anchor: 'start', overGrid: true })
        );
      }),
    ],
  };
}
