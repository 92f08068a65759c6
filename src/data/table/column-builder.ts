/** Collects the values of a program, cell by cell, as a column. They mean what the same cells of a file mean. */
import { trimmed } from './cells.js';
import { isCode, mayBeginNumeral, numeralIn, POINT } from './numerals.js';
import type { RawColumn } from './raw-table.js';

type Codes = Uint8Array | Uint16Array | Uint32Array;

export class ColumnBuilder {
  readonly #numbers: Float64Array;
  #codes: Uint32Array | undefined;
  readonly #texts: string[] = [];
  /** Of each text. */
  readonly #codeOf = new Map<string, number>();
  /** (texts) NaN for texts that are not numerals. */
  readonly #numerals: number[] = [];
  /** Rows that have a cell. */
  #filled = 0;

  constructor(rows: number) {
    this.#numbers = new Float64Array(rows);
  }

  /**
   * Rows without a cell before this one are missing.
   *
   * @returns whether the value can be a cell
   */
  set(row: number, value: unknown): boolean {
    this.#fillTo(row);
    this.#filled = row + 1;
    switch (typeof value) {
      case 'number':
        // Adding 0 turns -0 into 0.
        if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) this.#numbers[row] = value + 0;
        else this.#setText(row, Number.isNaN(value) ? '' : String(value));
        return true;
      case 'string':
        this.#setText(row, trimmed(value));
        return true;
      case 'boolean':
      case 'bigint':
        this.#setText(row, String(value));
        return true;
      case 'undefined':
        this.#setText(row, '');
        return true;
      default:
        if (value !== null && !(value instanceof Date)) return false;
        this.#setText(row, value === null || Number.isNaN(value.getTime()) ? '' : value.toISOString());
        return true;
    }
  }

  finish(): RawColumn {
    this.#fillTo(this.#numbers.length);
    return {
      numbers: this.#numbers,
      codes: compact(this.#codes, this.#numbers.length, this.#texts.length),
      texts: this.#texts,
    };
  }

  #fillTo(row: number): void {
    for (; this.#filled < row; this.#filled++) this.#setText(this.#filled, '');
  }

  #setText(row: number, text: string): void {
    let code = this.#codeOf.get(text);
    if (code === undefined) {
      const numeral = numeralOf(text);
      if (numeral.isPlain) {
        this.#numbers[row] = numeral.value;
        return;
      }
      this.#texts.push(text);
      code = this.#numerals.push(numeral.value);
      this.#codeOf.set(text, code);
    }
    this.#numbers[row] = this.#numerals[code - 1]!;
    this.#codes ??= new Uint32Array(this.#numbers.length);
    this.#codes[row] = code;
  }
}

const NO_NUMERAL = { value: Number.NaN, isPlain: false };

/** `isPlain`: float64 holds it as it stands. */
function numeralOf(text: string): { readonly value: number; readonly isPlain: boolean } {
  if (text === '' || !mayBeginNumeral(text.charCodeAt(0))) return NO_NUMERAL;
  const bytes = Buffer.from(text);
  const value = numeralIn(bytes, 0, bytes.length, POINT);
  return { value, isPlain: !Number.isNaN(value) && !isCode(bytes, 0, bytes.length, value) };
}

function compact(codes: Uint32Array | undefined, rows: number, texts: number): Codes {
  if (!codes) return new Uint8Array(rows);
  if (texts >= 2 ** 16) return codes;
  return texts < 2 ** 8 ? Uint8Array.from(codes) : Uint16Array.from(codes);
}
