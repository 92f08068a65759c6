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

  /** To be passed to another thread: the rows and, behind them, their lines. */
  packed(): Float64Array<ArrayBuffer> {
    return Float64Array.from([...this.#rows, ...this.#lines]);
  }

  /**
   * Adds the lines of a part of the table.
   *
   * @param row   of the table that is row 0 of the part
   * @param line  of the table that is line 1 of the part
   */
  add(packed: Float64Array, row: number, line: number): void {
    this.break(row, line);
    const count = packed.length / 2;
    for (let i = 0; i < count; i++) this.break(row + packed[i]!, line + packed[count + i]! - 1);
  }
}
