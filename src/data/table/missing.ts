/** Missing cells: which they are, and what becomes of their rows. */
import { type Cell, cellOf, isMissing } from './cells.js';

export const MISSING_MODES = ['fill', 'refuse', 'drop'] as const;
/** `fill` them, `refuse` a table that has any, or `drop` their rows. */
export type MissingMode = (typeof MISSING_MODES)[number];

export interface MissingRule {
  readonly mode: MissingMode;
  /** Texts that stand for a missing value, besides the usual ones. */
  readonly values: readonly string[];
}

/** Recognizes missing cells of the input columns. */
export class MissingValues {
  readonly #texts: ReadonlySet<string>;
  readonly #numbers: ReadonlySet<number>;

  constructor(values: readonly string[] = []) {
    const cells = values.map((value) => cellOf(value));
    this.#texts = new Set(cells.filter((cell) => typeof cell === 'string'));
    this.#numbers = new Set(cells.filter((cell) => typeof cell === 'number'));
  }

  get hasNumbers(): boolean {
    return this.#numbers.size > 0;
  }

  /** Whether the user named additional texts that count as missing. */
  get hasTexts(): boolean {
    return this.#texts.size > 0;
  }

  isText(text: string): boolean {
    // (Looking up a long text takes as long as reading it.)
    return isMissing(text) || (this.#texts.size > 0 && this.#texts.has(text));
  }

  isNumber(value: number): boolean {
    return this.#numbers.has(value);
  }

  has(cell: Cell): boolean {
    return typeof cell === 'number' ? this.isNumber(cell) : this.isText(cell);
  }
}
