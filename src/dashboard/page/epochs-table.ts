/** The numbers of the curves as a table. */
import type { EpochPoint } from '../messages.js';
import { byId, make } from './elements.js';
import { duration, loss, percent, rate, whole } from './format.js';

/** Only the newest epochs are shown. */
const MOST_ROWS = 200;

const COLUMNS: readonly (readonly [string, (point: EpochPoint) => string | undefined])[] = [
  ['epoch', ({ epoch }) => whole(epoch)],
  ['training loss', ({ train_loss: value }) => loss(value)],
  ['training error', ({ train_error: value }) => percent(value)],
  ['validation loss', ({ validation_loss: value }) => (value === undefined ? undefined : loss(value))],
  ['validation error', ({ validation_error: value }) => (value === undefined ? undefined : percent(value))],
  ['test loss', ({ test_loss: value }) => (value === undefined ? undefined : loss(value))],
  ['test error', ({ test_error: value }) => (value === undefined ? undefined : percent(value))],
  ['learning rate', ({ lr }) => (lr === undefined ? undefined : rate(lr))],
  ['time', ({ seconds }) => duration(seconds)],
  ['samples per second', ({ samples_per_second: value }) => whole(value)],
];

export class EpochsTable {
  readonly #details = byId<HTMLDetailsElement>('epochs-details');
  #epochs: readonly EpochPoint[] = [];

  constructor() {
    this.#details.addEventListener('toggle', () => this.#draw());
  }

  show(epochs: readonly EpochPoint[]): void {
    this.#epochs = epochs;
    this.#draw();
  }

  /** Only while the table is open. */
  #draw(): void {
    if (!this.#details.open) return;
    const newest = this.#epochs.slice(-MOST_ROWS).reverse();
    const columns = COLUMNS.filter(([, textOf]) => newest.some((point) => textOf(point) !== undefined));
    const heads = columns.map(([name]) => {
      const head = make('th', '', name);
      head.scope = 'col';
      return head;
    });
    const rows = newest.map((point) =>
      make('tr', '', ...columns.map(([, textOf]) => make('td', '', textOf(point) ?? ''))),
    );
    byId('epochs-table').replaceChildren(make('thead', '', make('tr', '', ...heads)), make('tbody', '', ...rows));
  }
}
