/** The units of a layer as a grid of cells: by mouse, and by the arrow keys. */
import { divergingColors, isDark } from './colors.js';
import { contextOf, make, setText } from './elements.js';
import { columnsOf, largest } from './explain-math.js';
import { short } from './explain-pictures.js';

/** Numbers that are not negative, or any. */
export type GridKind = 'positive' | 'signed';

/** Pixels of a cell, and between two. */
const CELL = 12;
const SMALL_CELL = 6;
const MANY = 2500;
/** Of a cell, and of the grid, as they are shown. */
const LARGEST_CELL = 26;
const MOST_WIDTH = 520;
const LEGEND_WIDTH = 160;

/** A unit that is off, in light and in dark, and the stroke that tells it from a number near 0. */
const OFF = ['#2f3740', '#050709'] as const;
const STROKE = ['#8b949e', '#59636e'] as const;
/** From a unit that is barely on to the strongest. */
const LIT: readonly Rgb[] = [
  [92, 66, 20],
  [214, 140, 30],
  [255, 214, 92],
  [255, 250, 220],
];
type Rgb = readonly [number, number, number];

const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export class UnitGrid {
  readonly element = make('div', 'unit-grid');
  readonly #canvas = make('canvas', '');
  readonly #legend: Legend;
  readonly #kind: GridKind;
  readonly #choose: (unit: number) => void;
  #values: readonly number[] = [];
  #isOn: (unit: number) => boolean = () => true;
  #chosen = -1;

  constructor(kind: GridKind, label: string, choose: (unit: number) => void) {
    this.#kind = kind;
    this.#legend = new Legend(kind);
    this.#choose = choose;
    this.#canvas.tabIndex = 0;
    this.#canvas.setAttribute('aria-label', label);
    this.#canvas.addEventListener('click', (event) => this.#click(event));
    this.#canvas.addEventListener('keydown', (event) => this.#key(event));
    // (Screen readers pass the arrow keys on.)
    this.element.setAttribute('role', 'application');
    this.element.setAttribute('aria-label', label);
    this.element.append(this.#canvas, this.#legend.element);
  }

  /** @param isOn  whether a unit is active */
  show(values: readonly number[], isOn: (unit: number) => boolean, chosen: number): void {
    this.#values = values;
    this.#isOn = isOn;
    this.#chosen = chosen;
    this.draw();
  }

  draw(): void {
    const units = this.#values.length;
    const columns = columnsOf(units);
    const size = this.#cell;
    const canvas = this.#canvas;
    canvas.width = columns * size + 1;
    canvas.height = Math.ceil(units / columns) * size + 1;
    // (Few cells need not be as large as the page.)
    canvas.style.maxWidth = `${Math.min(MOST_WIDTH, columns * LARGEST_CELL)}px`;
    const context = contextOf(canvas);
    const colorOf = this.#kind === 'positive' ? litColors(this.#values) : signedColors(this.#values);
    this.#legend.show(this.#values, colorOf);
    for (const [unit, value] of this.#values.entries()) {
      const [x, y] = [(unit % columns) * size + 1, Math.floor(unit / columns) * size + 1];
      if (this.#isOn(unit)) {
        context.fillStyle = colorOf(value);
        context.fillRect(x, y, size - 1, size - 1);
      } else drawOff(context, x, y, size - 1);
    }
    if (this.#chosen < 0) return;
    const [x, y] = [(this.#chosen % columns) * size, Math.floor(this.#chosen / columns) * size];
    for (const [color, width] of [
      ['#ffffff', 4],
      ['#0067a3', 2],
    ] as const) {
      context.strokeStyle = color;
      context.lineWidth = width;
      context.strokeRect(x + 0.5, y + 0.5, size, size);
    }
  }

  get #cell(): number {
    return this.#values.length > MANY ? SMALL_CELL : CELL;
  }

  #click({ offsetX, offsetY }: MouseEvent): void {
    const { clientWidth, width } = this.#canvas;
    const size = (this.#cell * clientWidth) / width;
    const columns = columnsOf(this.#values.length);
    const unit = Math.floor(offsetY / size) * columns + Math.min(columns - 1, Math.floor(offsetX / size));
    if (unit < this.#values.length) this.#choose(unit);
  }

  #key(event: KeyboardEvent): void {
    const move = MOVES[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const [dx, dy] = move;
    const unit = Math.max(0, this.#chosen) + dx + dy * columnsOf(this.#values.length);
    if (unit >= 0 && unit < this.#values.length) this.#choose(unit);
  }
}

function drawOff(context: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  const scheme = isDark() ? 1 : 0;
  context.fillStyle = OFF[scheme];
  context.fillRect(x, y, size, size);
  context.strokeStyle = STROKE[scheme];
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x + 1.5, y + size - 1.5);
  context.lineTo(x + size - 1.5, y + 1.5);
  context.stroke();
}

/** The colors of a grid, with the numbers at their ends. */
class Legend {
  readonly element = make('p', 'grid-legend muted small');
  readonly #canvas = make('canvas', '');
  readonly #low = make('span');
  readonly #high = make('span');
  readonly #kind: GridKind;

  constructor(kind: GridKind) {
    this.#kind = kind;
    Object.assign(this.#canvas, { width: LEGEND_WIDTH, height: 1 });
    this.#canvas.setAttribute('aria-hidden', 'true');
    this.element.append(this.#low, this.#canvas, this.#high);
  }

  show(values: readonly number[], colorOf: (value: number) => string): void {
    const most = Math.max(0, ...values.map(Math.abs));
    const least = this.#kind === 'positive' ? 0 : -most;
    const context = contextOf(this.#canvas);
    for (let x = 0; x < LEGEND_WIDTH; x++) {
      context.fillStyle = colorOf(least + ((most - least) * x) / (LEGEND_WIDTH - 1));
      context.fillRect(x, 0, 1, 1);
    }
    setText(this.#low, `colors from ${short(least)}`);
    setText(this.#high, `to ${short(most)}`);
  }
}

function litColors(values: readonly number[]): (value: number) => string {
  const most = largest(values);
  return (value) => {
    const place = Math.sqrt(Math.min(1, Math.max(0, value / most))) * (LIT.length - 1);
    const below = Math.min(Math.floor(place), LIT.length - 2);
    const [from, to] = [LIT[below]!, LIT[below + 1]!];
    return rgb(from.map((channel, c) => Math.round(channel + (to[c]! - channel) * (place - below))));
  };
}

function signedColors(values: readonly number[]): (value: number) => string {
  const most = largest(values);
  const colors = divergingColors();
  // The square root: small ones are seen, too.
  return (value) => rgb(colors[Math.round(127 * Math.sign(value) * Math.sqrt(Math.abs(value) / most)) + 127]!);
}

function rgb(channels: readonly number[]): string {
  return `rgb(${channels.join(' ')})`;
}
