/** Results of the last evaluation: confusion matrix and hardest samples. */
import type { ResultsMessage, Shape } from '../messages.js';
import { onSchemeChange } from './colors.js';
import { byId, make, setText } from './elements.js';
import { chance, whole } from './format.js';
import { bytesOf, drawPixels } from './pictures.js';

/** Color strength of the most frequent error, in percent, with a legible number. */
const MOST_HEAT = 70;
/** Minimum and maximum width of class names, in characters. */
const LEAST_NAME = 4;
const MOST_NAME = 16;

export class ResultCards {
  #shown: { message: ResultsMessage; nameOf: (label: number) => string; shape: Shape | undefined } | undefined;

  constructor() {
    onSchemeChange(() => this.#draw());
  }

  /**
   * Shows empty cards before the first evaluation.
   *
   * @param hasSamples  whether there are test or validation samples
   * @param isOver      whether the run has ended
   */
  prepare(hasSamples: boolean, shape: Shape | undefined, isOver: boolean): void {
    if (this.#shown) return;
    byId('confusion-card').hidden = !hasSamples;
    byId('hardest-card').hidden = !hasSamples || !shape;
    const note = isOver ? 'no epoch was completed' : 'available after the first epoch';
    for (const id of ['confusion-note', 'hardest-note']) setText(byId(id), note);
  }

  /** @param shape  of the samples, if they are images */
  show(message: ResultsMessage, nameOf: (label: number) => string, shape: Shape | undefined): void {
    this.#shown = { message, nameOf, shape };
    this.#draw();
  }

  reset(): void {
    this.#shown = undefined;
    for (const id of ['confusion-card', 'hardest-card']) byId(id).hidden = true;
    for (const id of ['confusion', 'hardest']) byId(id).replaceChildren();
  }

  #draw(): void {
    if (!this.#shown) return;
    const { message, nameOf, shape } = this.#shown;
    const set = `${whole(message.samples)} ${message.split} samples`;
    byId('confusion-card').hidden = false;
    const rows = message.confusion ? matrixOf(message.confusion, nameOf) : listOf(message.confused ?? [], nameOf);
    const table = byId('confusion');
    table.replaceChildren(...rows);
    const names = Array.from({ length: Math.sqrt(message.confusion?.length ?? 0) }, (_, label) => nameOf(label).length);
    table.style.setProperty('--names', `${Math.min(MOST_NAME, Math.max(LEAST_NAME, ...names)) + 1}ch`);
    setText(byId('confusion-note'), `${set}, after epoch ${message.epoch}`);
    byId('hardest-card').hidden = !message.hardest || !shape;
    if (!message.hardest || !shape) return;
    byId('hardest').replaceChildren(...picturesOf(message.hardest, nameOf, shape));
    setText(byId('hardest-note'), 'class → predicted class, and probability of the true class');
  }
}

/** @param counts  [classes, classes], rows: true class */
function matrixOf(counts: readonly number[], nameOf: (label: number) => string): HTMLElement[] {
  const classes = Math.sqrt(counts.length);
  const labels = Array.from({ length: classes }, (_, i) => i);
  const mistakes = counts.filter((_, i) => i % classes !== Math.floor(i / classes));
  const most = Math.max(1, ...mistakes);
  const corner = make('td', 'corner', 'class');
  const head = make('tr', '', corner, ...labels.map((label) => headerCell(nameOf(label), 'col')));
  head.append(headerCell('recall', 'col'));
  const rows = labels.map((label) => {
    const row = make('tr', '', headerCell(nameOf(label), 'row'));
    const own = counts.slice(label * classes, (label + 1) * classes);
    const all = own.reduce((sum, count) => sum + count, 0);
    for (const [taken, count] of own.entries()) {
      const isRight = taken === label;
      const cell = make('td', isRight ? 'right' : count > 0 ? 'wrong' : 'none', count > 0 ? String(count) : '·');
      // The square root makes rare errors visible, too.
      if (!isRight && count > 0)
        cell.style.setProperty('--heat', `${Math.round(MOST_HEAT * Math.sqrt(count / most))}%`);
      cell.title = `${nameOf(label)} predicted as ${nameOf(taken)}: ${whole(count)} of ${whole(all)}`;
      row.append(cell);
    }
    row.append(make('td', 'recall', all > 0 ? `${((100 * own[label]!) / all).toFixed(1)} %` : ''));
    return row;
  });
  return [
    make('caption', 'unseen', 'Rows: true class. Columns: predicted class.'),
    make('thead', '', head),
    make('tbody', '', ...rows),
  ];
}

function listOf(
  confused: readonly (readonly [number, number, number])[],
  nameOf: (label: number) => string,
): HTMLElement[] {
  const head = make(
    'tr',
    '',
    headerCell('class', 'col'),
    headerCell('predicted class', 'col'),
    headerCell('count', 'col'),
  );
  const rows = confused.map(([label, taken, count]) =>
    make('tr', '', headerCell(nameOf(label), 'row'), make('td', '', nameOf(taken)), make('td', 'number', whole(count))),
  );
  return [make('thead', '', head), make('tbody', '', ...rows)];
}

function headerCell(text: string, scope: 'row' | 'col'): HTMLTableCellElement {
  const cell = make('th', '', text);
  cell.title = text;
  cell.scope = scope;
  return cell;
}

function picturesOf(
  hardest: NonNullable<ResultsMessage['hardest']>,
  nameOf: (label: number) => string,
  shape: Shape,
): HTMLElement[] {
  return hardest.map(({ sample, class: label, predicted, probability, pixels }) => {
    const canvas = make('canvas', 'pixels');
    drawPixels(canvas, bytesOf(pixels), shape);
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', `sample ${sample}`);
    const isWrong = predicted !== label;
    const verdict = make(
      'span',
      'verdict',
      `${nameOf(label)} → `,
      make('b', isWrong ? 'wrong' : '', nameOf(predicted)),
    );
    return make('li', '', canvas, verdict, make('span', 'muted small', chance(probability)));
  });
}
