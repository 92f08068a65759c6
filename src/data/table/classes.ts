/** Maps the labels of a table to classes 0, 1, 2, … */
import { errors } from '../../errors.js';
import { type ClassName, numberNamed } from './cells.js';

/** With more classes, the label is probably a numeric target or an identifier. */
export const MOST_CLASSES = 65_536;

/** Numbers class names in order of appearance. */
export class LabelCollector {
  readonly #numbers = new Map<string, number>();

  /**
   * @returns the provisional number of the name; undefined if there are too many classes
   */
  numberOf(name: string): number | undefined {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const next = this.#numbers.size;
    if (next === MOST_CLASSES) return undefined;
    this.#numbers.set(name, next);
    return next;
  }

  /**
   * @returns the names in order: numeric if all names are numbers, else by UTF-16 code units, which does not depend on the
   *   locale; and the final class of each provisional number
   */
  finish(): { readonly names: readonly ClassName[]; readonly classOf: Uint32Array } {
    const texts = [...this.#numbers.keys()];
    const numbers = texts.map(numberNamed);
    const areNumbers = numbers.every((each) => each !== undefined);
    const own: readonly ClassName[] = areNumbers ? numbers : texts;
    const names: readonly ClassName[] = areNumbers
      ? [...new Set(numbers)].sort((a, b) => a - b)
      : [...texts].sort((a, b) => (a < b ? -1 : 1));
    const positions = new Map(names.map((name, i) => [name, i]));
    return { names, classOf: Uint32Array.from(own, (name) => positions.get(name)!) };
  }
}

/** Looks up the classes of a network. */
export class ClassIndex {
  readonly #positions: ReadonlyMap<ClassName, number>;

  constructor(names: readonly ClassName[]) {
    this.#positions = new Map(names.map((name, i) => [name, i]));
  }

  /** Undefined for an unknown name. */
  classOf(name: string): number | undefined {
    return this.#positions.get(name) ?? this.#positions.get(numberNamed(name) ?? name);
  }
}

/** @throws LockstepError if there is only one class */
export function requireClasses(file: string, label: string, names: readonly ClassName[]): void {
  if (names.length < 2) throw errors.oneClassInTable(file, label, String(names[0]));
}
