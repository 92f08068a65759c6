/** Chooses the sample on show: of the data, or drawn. */
import type { Facts, SampleRef, Split, Subjected } from '../../tools/explain/asks.js';
import { pictureOf } from './digit.js';
import { make, setText } from './elements.js';
import { outputName } from './explain-letters.js';
import { whole } from './format.js';
import { Pen } from './pen.js';

type Source = Split | 'hardest' | 'drawn';

const NAMES: Readonly<Record<Source, string>> = {
  test: 'test samples',
  train: 'training samples',
  validation: 'validation samples',
  hardest: 'samples with the largest losses',
  drawn: 'your drawing',
};
const ORDER: readonly Source[] = ['test', 'validation', 'train', 'hardest', 'drawn'];
const PAD_PIXELS = 280;

export class Chooser {
  readonly element = make('div', 'chooser');
  readonly #facts: Facts;
  readonly #changed: () => void;
  readonly #source = make('select');
  readonly #index = make('input');
  readonly #of = make('span', 'muted');
  readonly #target = make('select');
  readonly #pad = make('div', 'explain-pad');
  readonly #steps = make('span', 'steps');
  #pen: Pen | undefined;

  constructor(facts: Facts, changed: () => void) {
    this.#facts = facts;
    this.#changed = changed;
    const sources = ORDER.filter((source) => this.#countOf(source) > 0);
    this.#source.append(...sources.map((source) => new Option(NAMES[source], source)));
    this.#source.addEventListener('change', () => this.#changeSource());
    Object.assign(this.#index, { type: 'number', min: '0', value: '0' });
    this.#index.addEventListener('change', () => this.show(this.#index.valueAsNumber));
    this.#steps.append(
      labeled('number', this.#index),
      this.#of,
      button('Previous', () => this.show(this.#index.valueAsNumber - 1)),
      button('Next', () => this.show(this.#index.valueAsNumber + 1)),
      button('Random', () => this.show(Math.floor(Math.random() * this.#count))),
    );
    this.element.append(labeled('sample', this.#source), this.#steps, this.#pad);
    if (facts.classNames.length > 0) {
      const own = new Option("the sample's own class", '');
      this.#target.append(own, ...facts.classNames.map((_, j) => new Option(outputName(facts, j), String(j))));
      this.#target.addEventListener('change', () => this.#changed());
      this.element.append(labeled('true class T', this.#target));
    }
    this.#changeSource(false);
  }

  /** Undefined if nothing is drawn. */
  get chosen(): Subjected | undefined {
    const sample = this.#sample;
    if (!sample) return undefined;
    const target = this.#target.value;
    if (target !== '') return { sample, target: Number(target) };
    return 'pixels' in sample ? { sample, target: 0 } : { sample };
  }

  /** For the first question about a drawing, whose class is not known: the class that the network predicts. */
  get isWithoutClass(): boolean {
    return this.#source.value === 'drawn' && this.#target.value === '';
  }

  set target(j: number) {
    this.#target.value = String(j);
  }

  get name(): string {
    const sample = this.#sample;
    if (!sample || 'pixels' in sample) return 'your drawing';
    const number = this.#facts.numbers?.[sample.split][sample.index] ?? sample.index;
    return `${sample.split === 'train' ? 'training' : sample.split} sample ${number}`;
  }

  /** Chooses a training sample. */
  showTraining(index: number): void {
    this.#source.value = 'train';
    this.#changeSource(false);
    this.show(index);
  }

  show(index: number): void {
    const last = this.#count - 1;
    this.#index.value = String(Math.max(0, Math.min(last, Number.isFinite(index) ? Math.trunc(index) : 0)));
    this.#target.value = '';
    this.#changed();
  }

  get #sample(): SampleRef | undefined {
    const source = this.#source.value as Source;
    const at = Number(this.#index.value);
    if (source === 'drawn') {
      const { width } = this.#facts.picture!;
      const picture = this.#pen && pictureOf(this.#pen.strokes, width);
      return picture && { pixels: btoa(String.fromCharCode(...picture)) };
    }
    if (source !== 'hardest') return { split: source, index: at };
    const { split, indices } = this.#facts.hardest!;
    return { split, index: indices[at]! };
  }

  get #count(): number {
    return this.#countOf(this.#source.value as Source);
  }

  #countOf(source: Source): number {
    const { samples, hardest, picture, classNames } = this.#facts;
    if (source === 'drawn') return picture && classNames.length > 0 ? 1 : 0;
    return source === 'hardest' ? (hardest?.indices.length ?? 0) : samples[source];
  }

  #changeSource(isTold = true): void {
    const isDrawn = this.#source.value === 'drawn';
    this.#steps.hidden = isDrawn;
    this.#pad.hidden = !isDrawn;
    this.#index.max = String(this.#count - 1);
    setText(this.#of, `of ${whole(this.#count)}`);
    if (isDrawn) this.#preparePad();
    if (isTold) this.show(0);
  }

  #preparePad(): void {
    if (this.#pen) return;
    const canvas = make('canvas');
    Object.assign(canvas, { width: PAD_PIXELS, height: PAD_PIXELS, tabIndex: 0 });
    canvas.setAttribute('aria-label', 'Drawing pad');
    const said = make('p', 'unseen');
    said.setAttribute('aria-live', 'polite');
    const application = make('div', '', canvas);
    application.setAttribute('role', 'application');
    application.setAttribute('aria-label', 'Drawing pad');
    this.#pen = new Pen(
      canvas,
      () => {
        this.#target.value = '';
        this.#changed();
      },
      (text) => setText(said, text),
    );
    const help =
      'Draw with mouse, finger or pen. Keyboard: arrow keys move, Space lowers or lifts the pen, Delete clears.';
    const pen = this.#pen;
    this.#pad.append(
      application,
      said,
      button('Clear', () => pen.clear()),
      make('p', 'muted small', help),
    );
  }
}

let labels = 0;

/** (Beside each other: a label around a list would have its entries as a name, too.) */
export function labeled(text: string, control: HTMLElement): HTMLElement {
  const label = make('label', 'muted', text);
  control.id = `explain-control-${++labels}`;
  label.htmlFor = control.id;
  return make('span', 'field', label, control);
}

export function button(text: string, pressed: () => void): HTMLButtonElement {
  const element = make('button', '', text);
  element.type = 'button';
  element.addEventListener('click', pressed);
  return element;
}
