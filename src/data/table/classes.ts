/** The classes of a table: from what stands in its label column to 0, 1, 2, … */
import { errors } from '../../errors.js';
import { type ClassName, numberNamed } from './cells.js';

/** More are no classes: the label is a number to be estimated, or tells each row apart. */
export const MOST_CLASSES = 65_536;

/** Labels as they come, each name numbered when it is first seen. */
export class LabelCollector {
  readonly #numbers = new Map<string, number>();

  /**
   * The number that stands for the name until `finish`.
   *
   * @returns undefined if that is one class too many
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
   * The classes: numbers in their order if all names are numbers, else texts in the order of their UTF-16 code units, which is
   * the same everywhere. Of the class of each name, by the number that stood for it, `classOf` tells.
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

/** Looks the classes up that a network knows. */
export class ClassIndex {
  readonly #positions: ReadonlyMap<ClassName, number>;

  constructor(names: readonly ClassName[]) {
    this.#positions = new Map(names.map((name, i) => [name, i]));
  }

  /** Undefined of a name that is none of theirs. */
  classOf(name: string): number | undefined {
    return this.#positions.get(name) ?? this.#positions.get(numberNamed(name) ?? name);
  }
}

/** @throws LockstepError if there is nothing to tell apart */
export function requireClasses(file: string, label: string, names: readonly ClassName[]): void {
  if (names.length < 2) throw errors.oneClassInTable(file, label, String(names[0]));
}
