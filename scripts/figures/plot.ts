/** A rectangle with axes, in which values have places. */
import { type Ink, type Point, polyline, short, text } from './svg.js';

export interface PlotFrame {
  /** In the figure's units: the axes' rectangle, without the labels outside it. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Smallest and largest value of each axis. */
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

export interface AxisLabels {
  readonly title: string;
  readonly xName: string;
  readonly xTicks: readonly number[];
  readonly yTicks: readonly number[];
}

export class Plot {
  readonly #frame: PlotFrame;

  constructor(frame: PlotFrame) {
    this.#frame = frame;
  }

  at(x: number, y: number): Point {
    const { left, top, width, height, x: xs, y: ys } = this.#frame;
    return {
      x: left + (width * (x - xs[0])) / (xs[1] - xs[0]),
      y: top + height - (height * (y - ys[0])) / (ys[1] - ys[0]),
    };
  }

  /** Grid lines with their values, the name of the x axis below, the title above. */
  axes({ title, xName, xTicks, yTicks }: AxisLabels): string[] {
    const { left, top, width, height, x: xs, y: ys } = this.#frame;
    const bottom = top + height;
    const vertical = xTicks.map((tick) => {
      const { x } = this.at(tick, ys[0]);
      return gridLine(x, top, x, bottom) + text(x, bottom + 19, label(tick), { small: true, ink: 'muted' });
    });
    const horizontal = yTicks.map((tick) => {
      const { y } = this.at(xs[0], tick);
      const style = { small: true, ink: 'muted', anchor: 'end' } as const;
      return gridLine(left, y, left + width, y) + text(left - 8, y + 4.5, label(tick), style);
    });
    return [
      ...vertical,
      ...horizontal,
      text(left + width / 2, top - 16, title, { bold: true }),
      text(left + width / 2, bottom + 40, xName, { small: true }),
    ];
  }

  /** The function's graph from x = `from` to `to`. */
  graph(of: (x: number) => number, from: number, to: number, ink: Ink, points = 64): string {
    const places = Array.from({ length: points + 1 }, (_, i) => {
      const x = from + ((to - from) * i) / points;
      return this.at(x, of(x));
    });
    return polyline(places, ink, 'thick');
  }
}

function gridLine(x1: number, y1: number, x2: number, y2: number): string {
  return `<path class="grid" d="M${short(x1)} ${short(y1)}L${short(x2)} ${short(y2)}"/>`;
}

/** With a minus sign, not a hyphen. */
function label(value: number): string {
  return String(value).replace('-', '−');
}
