/** The drawing pad, whose drawings the network classifies. */
import type { Classification, Shape } from '../messages.js';
import { onSchemeChange } from './colors.js';
import { pictureOf } from './digit.js';
import { byId, make, setText } from './elements.js';
import { chance } from './format.js';
import { Pen } from './pen.js';
import { drawPixels } from './pictures.js';

/** Interval between requests while drawing. */
const ASK_MS = 120;
/** Delay before the answer is announced to screen readers. */
const SAY_MS = 600;
/** With more classes, only the most probable ones are shown. */
const MOST_BARS = 12;
const LIKELIEST = 10;

const NOTHING = 'Nothing drawn yet.';

interface Bar {
  readonly item: HTMLElement;
  readonly name: HTMLElement;
  readonly fill: HTMLElement;
  readonly text: HTMLElement;
}

export class Pad {
  readonly #pen: Pen;
  readonly #preview = byId<HTMLCanvasElement>('pad-preview');
  #shape: Shape | undefined;
  #nameOf: (label: number) => string = String;
  #classes = 0;
  #bars: Bar[] = [];
  #asking: number | undefined;
  #saying: number | undefined;
  /** Number of the last request; answers to older ones are ignored. */
  #question = 0;

  constructor() {
    this.#pen = new Pen(
      byId<HTMLCanvasElement>('pad-canvas'),
      () => this.#changed(),
      (text) => setText(byId('pad-pen'), text),
    );
    byId('pad-clear').addEventListener('click', () => this.#pen.clear());
    byId('pad-undo').addEventListener('click', () => this.#pen.undo());
    onSchemeChange(() => {
      this.#pen.draw();
      this.#drawPreview();
    });
  }

  /** @param shape  undefined if the inputs are not images; then the pad is hidden */
  prepare(shape: Shape | undefined, classes: number, nameOf: (label: number) => string, what: string): void {
    for (const id of ['pad-card', 'skip']) byId(id).hidden = !shape;
    this.#shape = shape;
    this.#nameOf = nameOf;
    setText(byId('pad-title'), `Draw ${what}`);
    if (!shape) return;
    if (this.#classes !== classes) {
      this.#classes = classes;
      this.#bars = Array.from({ length: Math.min(classes, classes > MOST_BARS ? LIKELIEST : MOST_BARS) }, makeBar);
      byId('pad-bars').replaceChildren(...this.#bars.map(({ item }) => item));
      this.#showNothing();
    }
    this.#drawPreview();
  }

  /** Classifies the drawing again, with the new weights. */
  refresh(): void {
    if (this.#pen.strokes.length > 0) this.#ask();
  }

  get #picture(): Uint8Array<ArrayBuffer> | undefined {
    return this.#shape && pictureOf(this.#pen.strokes, this.#shape.width);
  }

  #changed(): void {
    this.#drawPreview();
    if (this.#pen.strokes.length === 0) {
      this.#question++;
      this.#showNothing();
      return;
    }
    this.#asking ??= window.setTimeout(() => this.#ask(), ASK_MS);
  }

  #drawPreview(): void {
    if (this.#shape) drawPixels(this.#preview, this.#picture ?? [], this.#shape);
  }

  #ask(): void {
    clearTimeout(this.#asking);
    this.#asking = undefined;
    const picture = this.#picture;
    if (!picture) return;
    const question = ++this.#question;
    classify(picture).then(
      (answer) => {
        if (question === this.#question) this.#show(answer);
      },
      (error: unknown) => {
        if (question === this.#question) this.#showNothing(error instanceof Error ? error.message : String(error));
      },
    );
  }

  #show({ label, probabilities }: Classification): void {
    const order = [...probabilities.keys()].sort((a, b) => probabilities[b]! - probabilities[a]!);
    const shown = this.#classes > MOST_BARS ? order.slice(0, LIKELIEST) : [...probabilities.keys()];
    for (const [i, bar] of this.#bars.entries()) {
      const each = shown[i]!;
      setText(bar.name, this.#nameOf(each));
      bar.fill.style.width = `${100 * probabilities[each]!}%`;
      setText(bar.text, chance(probabilities[each]!));
      bar.item.classList.toggle('first', each === label);
    }
    const second = order[1];
    const then = second === undefined ? '' : `, then ${this.#nameOf(second)} (${chance(probabilities[second]!)})`;
    this.#say(`${this.#nameOf(label)} (${chance(probabilities[label]!)})${then}`, SAY_MS);
  }

  #showNothing(why = NOTHING): void {
    for (const [i, { item, name, fill, text }] of this.#bars.entries()) {
      setText(name, this.#classes > MOST_BARS ? '' : this.#nameOf(i));
      fill.style.width = '0';
      setText(text, '');
      item.classList.remove('first');
    }
    this.#say(why, 0);
  }

  #say(text: string, afterMs: number): void {
    clearTimeout(this.#saying);
    this.#saying = window.setTimeout(() => setText(byId('pad-answer'), text), afterMs);
  }
}

/** @throws Error with a message for the user */
async function classify(pixels: Uint8Array<ArrayBuffer>): Promise<Classification> {
  const request = { method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body: pixels };
  const response = await fetch('/classify', request).catch(() => undefined);
  if (!response) throw new Error('Cannot reach the trainer.');
  if (response.status === 429) throw new Error('Too many requests; wait a moment.');
  if (response.status === 503) throw new Error('The network is not ready yet.');
  if (!response.ok) throw new Error('The network cannot classify the drawing.');
  return (await response.json()) as Classification;
}

function makeBar(): Bar {
  const [name, fill, text] = [make('span', 'bar-name'), make('span', 'bar-fill'), make('span', 'bar-text')];
  return { item: make('li', '', name, make('span', 'bar-track', fill), text), name, fill, text };
}
