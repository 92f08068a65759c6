/** The training samples whose labels are most doubtful: pictures, or rows. */
import type { DoubtfulMessage, DoubtfulSample, Shape } from '../messages.js';
import { onSchemeChange } from './colors.js';
import { byId, make, setText } from './elements.js';
import { amount, chance, whole } from './format.js';
import { bytesOf, drawPixels } from './pictures.js';

export class DoubtfulCard {
  #shown: { message: DoubtfulMessage; shape: Shape | undefined } | undefined;

  constructor() {
    onSchemeChange(() => this.#draw());
  }

  /** Shows an empty card before the first epoch. */
  prepare(hasAudit: boolean, isOver: boolean): void {
    if (this.#shown) return;
    byId('doubtful-card').hidden = !hasAudit;
    setText(byId('doubtful-note'), isOver ? 'no epoch was completed' : 'available after the first epoch');
  }

  /** @param shape  of the samples, if they are images */
  show(message: DoubtfulMessage, shape: Shape | undefined): void {
    this.#shown = { message, shape };
    this.#draw();
  }

  reset(): void {
    this.#shown = undefined;
    byId('doubtful-card').hidden = true;
    for (const id of ['doubtful', 'doubtful-rows']) byId(id).replaceChildren();
  }

  #draw(): void {
    if (!this.#shown) return;
    const { message, shape } = this.#shown;
    byId('doubtful-card').hidden = false;
    setText(
      byId('doubtful-note'),
      `given → suggested label, and probability that the label is wrong, after epoch ${message.epoch}`,
    );
    byId('doubtful').replaceChildren(...(shape ? message.samples.map((sample) => pictureOf(sample, shape)) : []));
    byId('doubtful-rows').replaceChildren(...(shape ? [] : rowsOf(message.samples)));
  }
}

function textOf(value: string | number): string {
  return typeof value === 'number' ? amount(value) : value;
}

function pictureOf({ row, column, given, suggested, probability, pixels }: DoubtfulSample, shape: Shape): HTMLElement {
  const canvas = make('canvas', 'pixels');
  drawPixels(canvas, bytesOf(pixels ?? ''), shape);
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `training image ${row}`);
  canvas.title = `training image ${row}${column === undefined ? '' : `, ${column}`}`;
  const verdict = make('span', 'verdict', `${textOf(given)} → `, make('b', 'wrong', textOf(suggested)));
  return make('li', '', canvas, verdict, make('span', 'muted small', chance(probability)));
}

function rowsOf(samples: readonly DoubtfulSample[]): HTMLElement[] {
  const hasColumn = samples.some(({ column }) => column !== undefined);
  const titles = ['row', ...(hasColumn ? ['column'] : []), 'given', 'suggested', 'probability'];
  const heads = titles.map((title) => {
    const head = make('th', '', title);
    head.scope = 'col';
    return head;
  });
  const rows = samples.map(({ row, column, given, suggested, probability }) =>
    make(
      'tr',
      '',
      ...[whole(row), ...(hasColumn ? [column ?? ''] : []), textOf(given), textOf(suggested), chance(probability)].map(
        (text) => make('td', '', text),
      ),
    ),
  );
  return [make('thead', '', make('tr', '', ...heads)), make('tbody', '', ...rows)];
}
