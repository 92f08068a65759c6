/**
 * Draws the figures of docs/, each as docs/figures/<name>.svg. That of the scaling is drawn from docs/figures/scaling.ndjson,
 * which `node dist/bench/scaling.js --json` prints.
 *
 *   npm run build && node dist/scripts/figures.js
 *
 * The others are made by commands of ours. docs/figures/reference.ndjson holds the lines `start`, `epoch` and `end` of
 * `train --threads 2 --log-every 20 --save model.safetensors`, and they are drawn by
 *
 *   lockstep plot docs/figures/reference.ndjson -o docs/figures/reference.svg
 *
 * and that model by (and again with `--theme dark` and `-dark` behind the names)
 *
 *   lockstep inspect model.safetensors --count 24 -o docs/figures/weights.png --errors docs/figures/errors.png
 *
 * The same sources and data give the same bytes.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { crossEntropyFigure, reluFigure } from './figures/curves.js';
import { descentFigure } from './figures/descent.js';
import { digitsFigure } from './figures/digits.js';
import { networkFigure } from './figures/network.js';
import { scalingFigure } from './figures/scaling.js';
import { toSvg } from './figures/svg.js';

// From dist/scripts/ to the repository's root.
const folder = path.join(import.meta.dirname, '../../docs/figures');

const figures = [
  await digitsFigure(),
  networkFigure(),
  reluFigure(),
  crossEntropyFigure(),
  descentFigure(),
  scalingFigure(path.join(folder, 'scaling.ndjson')),
];

mkdirSync(folder, { recursive: true });
for (const figure of figures) {
  const file = path.join(folder, `${figure.name}.svg`);
  writeFileSync(file, toSvg(figure));
  console.error(path.relative(process.cwd(), file));
}
