/** Draws strokes on a canvas, by pointer and by keyboard. */
import { color } from './colors.js';
import type { Point, Stroke } from './digit.js';
import { contextOf } from './elements.js';

/** Width of the pen, and step of the keyboard, as fractions of the canvas. */
const WIDTH = 0.07;
const STEP = 1 / 28;
const LARGE_STEP = 4 / 28;

const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export class Pen {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #changed: () => void;
  readonly #say: (text: string) => void;
  #strokes: Point[][] = [];
  /** The stroke of the pointer. */
  #drawing: Point[] | undefined;
  /** Position of the keyboard's pen, and its stroke while it is down. */
  #cursor: Point = { x: 0.5, y: 0.25 };
  #written: Point[] | undefined;
  /** The cursor is shown after the first key. */
  #byKeys = false;

  /**
   * @param changed  called when the drawing changes
   * @param say      announces the actions of the keyboard's pen to screen readers
   */
  constructor(canvas: HTMLCanvasElement, changed: () => void, say: (text: string) => void) {
    this.#canvas = canvas;
    this.#context = contextOf(canvas);
    this.#changed = changed;
    this.#say = say;
    canvas.addEventListener('pointerdown', (event) => this.#press(event));
    canvas.addEventListener('pointermove', (event) => this.#move(event));
    for (const name of ['pointerup', 'pointercancel', 'lostpointercapture'] as const) {
      canvas.addEventListener(name, () => this.#release());
    }
    canvas.addEventListener('keydown', (event) => this.#key(event));
    for (const name of ['focus', 'blur'] as const) canvas.addEventListener(name, () => this.draw());
    this.draw();
  }

  get strokes(): readonly Stroke[] {
    return this.#strokes;
  }

  clear(): void {
    this.#strokes = [];
    this.#lift();
    this.#update();
  }

  undo(): void {
    this.#strokes.pop();
    this.#lift();
    this.#update();
  }

  draw(): void {
    const { width: side } = this.#canvas;
    const context = this.#context;
    context.clearRect(0, 0, side, side);
    this.#drawGuide(side);
    context.lineCap = 'round';
    context.lineJoin = 'round';
    context.lineWidth = WIDTH * side;
    context.strokeStyle = color('--ink');
    for (const stroke of this.#strokes) {
      context.beginPath();
      const [first = { x: 0, y: 0 }, ...others] = stroke;
      context.moveTo(first.x * side, first.y * side);
      for (const { x, y } of others) context.lineTo(x * side, y * side);
      // A line of length 0 is a dot.
      context.lineTo(stroke.at(-1)!.x * side, stroke.at(-1)!.y * side + 0.01);
      context.stroke();
    }
    if (this.#byKeys && document.activeElement === this.#canvas) this.#drawCursor(side);
  }

  /** The center. */
  #drawGuide(side: number): void {
    const context = this.#context;
    context.strokeStyle = color('--line');
    context.lineWidth = 2;
    context.setLineDash([6, 10]);
    context.beginPath();
    context.rect(side / 7, side / 7, (side * 5) / 7, (side * 5) / 7);
    context.stroke();
    context.setLineDash([]);
  }

  #drawCursor(side: number): void {
    const context = this.#context;
    const { x, y } = this.#cursor;
    context.lineWidth = 5;
    context.strokeStyle = color(this.#written ? '--train' : '--test');
    context.beginPath();
    context.arc(x * side, y * side, side * (this.#written ? 0.03 : 0.045), 0, 2 * Math.PI);
    context.stroke();
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#byKeys = false;
    this.#lift();
    this.#drawing = [this.#pointOf(event)];
    this.#strokes.push(this.#drawing);
    this.#update();
  }

  #move(event: PointerEvent): void {
    if (!this.#drawing) return;
    const passed = event.getCoalescedEvents();
    for (const each of passed.length > 0 ? passed : [event]) this.#drawing.push(this.#pointOf(each));
    this.#update();
  }

  #release(): void {
    this.#drawing = undefined;
  }

  #pointOf(event: PointerEvent): Point {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return within({ x: (event.clientX - left) / width, y: (event.clientY - top) / height });
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = MOVES[event.key];
    if (move) this.#step(move, event.shiftKey ? LARGE_STEP : STEP);
    else if (event.key === ' ') this.#toggle();
    else if (event.key === 'Backspace') this.undo();
    else if (event.key === 'Delete') this.clear();
    else if (event.key === 'Escape') this.#lift();
    else return;
    event.preventDefault();
    this.#byKeys = true;
    this.draw();
  }

  #step([dx, dy]: readonly [number, number], size: number): void {
    const { x, y } = this.#cursor;
    this.#cursor = within({ x: x + dx * size, y: y + dy * size });
    if (!this.#written) return;
    this.#written.push(this.#cursor);
    this.#update();
  }

  #toggle(): void {
    if (this.#written) {
      this.#lift();
      return;
    }
    this.#written = [this.#cursor];
    this.#strokes.push(this.#written);
    this.#say(`pen down at ${this.#place}`);
    this.#update();
  }

  #lift(): void {
    if (this.#written) this.#say(`pen up at ${this.#place}`);
    this.#written = undefined;
  }

  get #place(): string {
    const { x, y } = this.#cursor;
    return `column ${Math.round(x * 28)}, row ${Math.round(y * 28)} of 28`;
  }

  #update(): void {
    this.draw();
    this.#changed();
  }
}

function within({ x, y }: Point): Point {
  const keep = (value: number) => Math.max(0, Math.min(1, value));
  return { x: keep(x), y: keep(y) };
}
