/** The units of a layer as a grid of cells: by mouse, and by the arrow keys. */
import { divergingColors, isDark } from './colors.js';
import { contextOf, make } from './elements.js';
import { columnsOf, largest } from './explain-math.js';

export type GridKind = 'activation' | 'delta';

/** Pixels of a cell, and between two. */
const CELL = 12;
const SMALL_CELL = 6;
const MANY = 2500;
/** Of a cell, and of the grid, as they are shown. */
const LARGEST_CELL = 26;
const MOST_WIDTH = 520;

/** A unit that is off, in light and in dark. */
const OFF = ['#2f3740', '#050709'] as const;
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
  readonly #kind: GridKind;
  readonly #choose: (unit: number) => void;
  #values: readonly number[] = [];
  #isOn: (unit: number) => boolean = () => true;
  #chosen = -1;

  constructor(kind: GridKind, label: string, choose: (unit: number) => void) {
    this.#kind = kind;
    this.#choose = choose;
    this.#canvas.tabIndex = 0;
    this.#canvas.setAttribute('aria-label', label);
    this.#canvas.addEventListener('click', (event) => this.#click(event));
    this.#canvas.addEventListener('keydown', (event) => this.#key(event));
    // (Screen readers pass the arrow keys on.)
    this.element.setAttribute('role', 'application');
    this.element.setAttribute('aria-label', label);
    this.element.append(this.#canvas);
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
    const colorOf = this.#kind === 'activation' ? litColors(this.#values) : signedColors(this.#values);
    const off = OFF[isDark() ? 1 : 0];
    for (const [unit, value] of this.#values.entries()) {
      context.fillStyle = this.#isOn(unit) ? colorOf(value) : off;
      context.fillRect((unit % columns) * size + 1, Math.floor(unit / columns) * size + 1, size - 1, size - 1);
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
