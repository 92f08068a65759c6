/** Rows of another length than the first, which are counted, so that one message can tell how many there are. */
import { errors } from '../../errors.js';

const MOST_SHOWN = 3;

export class RaggedRows {
  /** Columns of the other rows. */
  readonly #expected: number;
  readonly #first: { readonly row: number; readonly columns: number }[] = [];
  #count = 0;

  constructor(expected: number) {
    this.#expected = expected;
  }

  add(row: number, columns: number): void {
    if (this.#count++ < MOST_SHOWN) this.#first.push({ row, columns });
  }

  /** @throws LockstepError if there are any */
  requireNone(file: string): void {
    const [first, ...others] = this.#first;
    if (first) throw errors.raggedRow(file, first.row, first.columns, this.#expected, { count: this.#count, others });
  }
}
