/** Rows of another length than the first, which are counted, so that one message can tell how many there are. */
import { errors } from '../../errors.js';

const MOST_SHOWN = 3;

interface RaggedRow {
  readonly row: number;
  readonly columns: number;
}

export interface PackedRaggedRows {
  readonly count: number;
  /** As many as a message shows. */
  readonly first: readonly RaggedRow[];
}

export class RaggedRows {
  /** Columns of the other rows. */
  readonly #expected: number;
  readonly #first: RaggedRow[] = [];
  #count = 0;

  constructor(expected: number) {
    this.#expected = expected;
  }

  add(row: number, columns: number): void {
    if (this.#count++ < MOST_SHOWN) this.#first.push({ row, columns });
  }

  /** To be passed to another thread. */
  pack(): PackedRaggedRows {
    return { count: this.#count, first: this.#first };
  }

  /** @param line  of the table that is line 1 of the part */
  addAll({ count, first }: PackedRaggedRows, line: number): void {
    for (const { row, columns } of first) this.add(line + row - 1, columns);
    this.#count += count - first.length;
  }

  /** @throws LockstepError if there are any */
  requireNone(file: string): void {
    const [first, ...others] = this.#first;
    if (first) throw errors.raggedRow(file, first.row, first.columns, this.#expected, { count: this.#count, others });
  }
}
