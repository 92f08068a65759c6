/** The lines of rows, for messages. Most rows follow the row before on the next line: only the others are recorded. */
export class RowLines {
  /** Rows whose line does not follow that of the row before, and these lines. */
  readonly #rows: number[] = [];
  readonly #lines: number[] = [];

  break(row: number, line: number): void {
    this.#rows.push(row);
    this.#lines.push(line);
  }

  of(row: number): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#rows[middle]! <= row) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? row + 1 : this.#lines[low - 1]! + row - this.#rows[low - 1]!;
  }

  /**
   * Adds the lines of a part of the table.
   *
   * @param breaks  pairs of a row and its line, as of a whole table
   * @param row     of the table that is row 0 of the part
   * @param line    of the table that is line 1 of the part
   */
  add(breaks: Uint32Array, row: number, line: number): void {
    this.break(row, line);
    for (let i = 0; i < breaks.length; i += 2) this.break(row + breaks[i]!, line + breaks[i + 1]! - 1);
  }
}
