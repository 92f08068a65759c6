/** Maps the labels of a table to classes 0, 1, 2, … */
import { errors } from '../../errors.js';
import { type ClassName, cellOf, isMissing } from './cells.js';
import type { RawColumn } from './raw-table.js';
import { inParts, ROWS_A_STEP, type Steps } from './steps.js';
import { byCodeUnit } from './typed-table.js';

/** With more classes, the label is probably a numeric target or an identifier. */
export const MOST_CLASSES = 65_536;

/** In place of a class: the row has no label. */
export const NO_CLASS = 0xffff_ffff;

export interface Labels {
  readonly names: readonly ClassName[];
  /** (rows) NO_CLASS if the label is missing. */
  readonly classes: Uint32Array;
}

/**
 * The classes of a training table, in order: numeric if all labels are numbers, else by UTF-16 code units, which does not depend
 * on the locale.
 *
 * @param column  for messages
 * @throws LockstepError if there are too many or too few
 */
export function* classesOf(file: string, column: string, labels: RawColumn): Steps<Labels> {
  const { codes, texts, numbers } = labels;
  const isUsed = new Uint8Array(texts.length + 1);
  const found = new Set<number>();
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!;
    isUsed[code] = 1;
    if (code === 0) found.add(numbers[row]!);
    if (found.size > MOST_CLASSES) throw errors.tooManyClasses(file, column, MOST_CLASSES);
    if (row % ROWS_A_STEP === 0) yield;
  }
  const names: string[] = [];
  for (let i = 0; i < texts.length; i++) {
    if (isUsed[i + 1] === 1 && !isMissing(texts.at(i)!)) names.push(texts.at(i)!);
    if (names.length + found.size > MOST_CLASSES) throw errors.tooManyClasses(file, column, MOST_CLASSES);
  }
  const areNumbers = names.length === 0;
  const all: readonly ClassName[] = areNumbers
    ? [...found].sort((a, b) => a - b)
    : [...names, ...[...found].map(String)].sort(byCodeUnit);
  if (all.length === 0) throw errors.noLabels(file, column);
  if (all.length === 1) throw errors.oneClassInTable(file, column, String(all[0]));
  return { names: all, classes: yield* new ClassIndex(all).classesOf(labels, () => undefined) };
}

/** Looks up the classes of a network. */
export class ClassIndex {
  readonly #positions: ReadonlyMap<ClassName, number>;

  constructor(names: readonly ClassName[]) {
    this.#positions = new Map(names.map((name, i) => [name, i]));
  }

  /**
   * (rows) The classes of labels; NO_CLASS if one is missing.
   *
   * @param onUnknown  is called for a row whose label is not a class
   */
  *classesOf({ numbers, codes, texts }: RawColumn, onUnknown: (row: number, name: string) => void): Steps<Uint32Array> {
    // `1` and `1.0` are the same class; but if a class is named 1.0, a text, it keeps its name.
    const ofTexts: (number | undefined)[] = [];
    yield* inParts(texts.length, (from, to) => {
      for (let i = from; i < to; i++) {
        const text = texts.at(i)!;
        ofTexts.push(isMissing(text) ? NO_CLASS : (this.#find(text) ?? this.#find(cellOf(text))));
      }
    });
    const classes = new Uint32Array(codes.length);
    for (let row = 0; row < codes.length; row++) {
      const code = codes[row]!;
      const x = numbers[row]!;
      const found = code > 0 ? ofTexts[code - 1] : this.#find(x);
      if (found === undefined) onUnknown(row, code > 0 ? texts.at(code - 1)! : String(x));
      else classes[row] = found;
      if (row % ROWS_A_STEP === 0) yield;
    }
    return classes;
  }

  #find(name: ClassName): number | undefined {
    return this.#positions.get(name) ?? this.#positions.get(String(name));
  }
}
