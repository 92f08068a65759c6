/** Pictures of numbers: one pixel per number. */
import type { Facts } from '../../tools/explain/asks.js';
import { divergingColors } from './colors.js';
import { contextOf, make } from './elements.js';
import { largest } from './explain-math.js';
import { drawPixels } from './pictures.js';

type Shape = NonNullable<Facts['picture']>;

/** A number as text, and in full for programs that read the page. */
export function number(value: number, format: (value: number) => string = short): HTMLDataElement {
  const element = make('data', '', format(value));
  element.value = String(value);
  return element;
}

/** Four digits that count. */
export function short(value: number): string {
  const size = Math.abs(value);
  const text =
    size === 0 ? '0' : size >= 1e5 || size < 1e-4 ? value.toExponential(2) : Number(value.toPrecision(4)).toString();
  return text.replaceAll('-', '−');
}

/** In the unit of a target: prices, years. */
export function inOwnUnit(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e9 || size < 1e-4)) return short(value);
  return value.toLocaleString('en-US', { maximumSignificantDigits: 6 }).replaceAll('-', '−');
}

/** With a sign, for parts of a sum. */
export function signed(value: number): string {
  return value > 0 ? `+${short(value)}` : short(value);
}

/** An image of inputs from 0 to 1. */
export function inkPicture(values: ArrayLike<number>, shape: Shape, label: string): HTMLCanvasElement {
  const canvas = labeled(label);
  drawPixels(
    canvas,
    Array.from(values, (value) => Math.round(255 * Math.max(0, Math.min(1, value)))),
    shape,
  );
  return canvas;
}

/** An image of numbers, blue for negative, red for positive ones. @param scale  where the colors end */
export function signedPicture(
  values: ArrayLike<number>,
  shape: Shape,
  label: string,
  scale = largest(Array.from(values)),
): HTMLCanvasElement {
  const canvas = labeled(label);
  drawSigned(canvas, values, shape, scale);
  return canvas;
}

/** The ends of the colors of a signed picture, in words. */
export function colorsOf(values: ArrayLike<number>): string {
  const most = Math.max(...Array.from(values, Math.abs));
  return `from ${short(-most)} to ${short(most)}`;
}

export function drawSigned(
  canvas: HTMLCanvasElement,
  values: ArrayLike<number>,
  { height, width }: Shape,
  scale: number,
): void {
  canvas.width = width;
  canvas.height = height;
  const colors = divergingColors();
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const level = Math.max(-127, Math.min(127, Math.round((127 * values[i]!) / scale)));
    image.data.set([...colors[level + 127]!, 255], 4 * i);
  }
  contextOf(canvas).putImageData(image, 0, 0);
}

function labeled(label: string): HTMLCanvasElement {
  const canvas = make('canvas', 'pixels');
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', label);
  return canvas;
}

/** A picture with a caption. */
export function figure(caption: string | Node, ...content: readonly Node[]): HTMLElement {
  return make('figure', 'picture', ...content, make('figcaption', 'small', caption));
}

/** A table with a header row; cells of numbers are to the right. */
export function table(caption: string, heads: readonly string[], rows: readonly HTMLTableRowElement[]): HTMLElement {
  const cells = heads.map((head, i) => {
    const cell = make('th', i > 0 ? 'number' : '', head);
    cell.scope = 'col';
    return cell;
  });
  const head = make('thead', '', make('tr', '', ...cells));
  const body = make('table', 'explained', make('caption', 'unseen', caption), head, make('tbody', '', ...rows));
  return make('div', 'scroll', body);
}

/** @param name  the row's header */
export function row(name: string | Node, ...cells: readonly (string | Node)[]): HTMLTableRowElement {
  const head = make('th', '', name);
  head.scope = 'row';
  return make('tr', '', head, ...cells.map((cell) => make('td', 'number', cell)));
}

/** A bar from the middle, to the right for positive numbers. @param scale  of a whole half */
export function bar(value: number, scale: number): HTMLElement {
  const fill = make('span', value < 0 ? 'half negative' : 'half positive');
  const width = `${(50 * Math.min(1, Math.abs(value) / scale)).toFixed(2)}%`;
  fill.style.width = width;
  fill.style.left = value < 0 ? `calc(50% - ${width})` : '50%';
  const track = make('span', 'both-ways', fill);
  track.setAttribute('aria-hidden', 'true');
  return track;
}
