/** Draws weights and samples as images, one pixel per value; the style sheet enlarges them. */
import type { Shape, WeightsMessage } from '../messages.js';
import { divergingColors, isDark } from './colors.js';
import { byId, contextOf, setText } from './elements.js';
import { whole } from './format.js';

/** Maximum number of units per row. */
const COLUMNS = 8;

export class WeightPictures {
  readonly #canvas = byId<HTMLCanvasElement>('weights-canvas');
  #shown: { message: WeightsMessage; shape: Shape } | undefined;

  show(message: WeightsMessage, shape: Shape): void {
    this.#shown = { message, shape };
    this.draw();
  }

  reset(): void {
    this.#shown = undefined;
    byId('weights-card').hidden = true;
  }

  draw(): void {
    if (!this.#shown) return;
    const { message, shape } = this.#shown;
    const { units, of, scale } = message;
    const { height, width } = shape;
    const values = new Int8Array(bytesOf(message.values).buffer);
    const colors = divergingColors();
    const columns = Math.min(COLUMNS, units > COLUMNS && units <= 2 * COLUMNS ? Math.ceil(units / 2) : units);
    const rows = Math.ceil(units / columns);
    // One pixel between images.
    this.#canvas.width = columns * (width + 1) - 1;
    this.#canvas.height = rows * (height + 1) - 1;
    const context = contextOf(this.#canvas);
    for (let unit = 0; unit < units; unit++) {
      const image = new ImageData(width, height);
      for (let i = 0; i < width * height; i++) {
        const [red, green, blue] = colors[values[unit * width * height + i]! + 127]!;
        image.data.set([red, green, blue, 255], 4 * i);
      }
      context.putImageData(image, (unit % columns) * (width + 1), Math.floor(unit / columns) * (height + 1));
    }
    byId('weights-card').hidden = false;
    const end = scale.toPrecision(2);
    setText(
      byId('weights-note'),
      `weights of ${units < of ? `the first ${units} of ${whole(of)}` : `all ${of}`} units`,
    );
    setText(byId('scale-low'), `−${end}`);
    setText(byId('scale-high'), end);
    this.#canvas.setAttribute('aria-label', `Weights of ${units} units as images, from −${end} (blue) to ${end} (red)`);
  }
}

/** Draws dark on light, or light on dark, like the page. @param pixels  0: no ink */
export function drawPixels(canvas: HTMLCanvasElement, pixels: ArrayLike<number>, { height, width }: Shape): void {
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height);
  const dark = isDark();
  for (let i = 0; i < width * height; i++) {
    const gray = dark ? (pixels[i] ?? 0) : 255 - (pixels[i] ?? 0);
    image.data.set([gray, gray, gray, 255], 4 * i);
  }
  contextOf(canvas).putImageData(image, 0, 0);
}

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
