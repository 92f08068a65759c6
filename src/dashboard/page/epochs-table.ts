/** The numbers of the curves as a table. */
import type { EpochPoint } from '../messages.js';
import { byId, make } from './elements.js';
import { amount, duration, loss, percent, rate, ratio, textOf, whole } from './format.js';

/** Only the newest epochs are shown. */
const MOST_ROWS = 200;

const COLUMNS: readonly (readonly [string, (point: EpochPoint) => string | undefined])[] = [
  ['epoch', ({ epoch }) => whole(epoch)],
  ['training loss', ({ train_loss }) => textOf(loss, train_loss)],
  ['training error', ({ train_error }) => textOf(percent, train_error)],
  ['training RMSE', ({ train_rmse }) => textOf(amount, train_rmse)],
  ['training R²', ({ train_r2 }) => textOf(ratio, train_r2)],
  ['validation loss', ({ validation_loss }) => textOf(loss, validation_loss)],
  ['validation error', ({ validation_error }) => textOf(percent, validation_error)],
  ['validation RMSE', ({ validation_rmse }) => textOf(amount, validation_rmse)],
  ['validation R²', ({ validation_r2 }) => textOf(ratio, validation_r2)],
  ['test loss', ({ test_loss }) => textOf(loss, test_loss)],
  ['test error', ({ test_error }) => textOf(percent, test_error)],
  ['test RMSE', ({ test_rmse }) => textOf(amount, test_rmse)],
  ['test MAE', ({ test_mae }) => textOf(amount, test_mae)],
  ['test R²', ({ test_r2 }) => textOf(ratio, test_r2)],
  ['gradient norm', ({ grad_norm }) => textOf(amount, grad_norm)],
  ["norm of a sample's gradient", ({ grad_norm_mean }) => textOf(amount, grad_norm_mean)],
  ['noise scale', ({ noise_scale }) => textOf(amount, noise_scale)],
  ['learning rate', ({ lr }) => textOf(rate, lr)],
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
