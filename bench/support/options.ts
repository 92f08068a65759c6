/** Parsers of the benchmarks' options, for commander: what makes no sense is refused before anything is measured. */
import { InvalidArgumentError } from 'commander';

/** @returns a parser of whole numbers from `least` on */
export function wholeFrom(least: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least)) throw new InvalidArgumentError(`Expected a whole number from ${least} on.`);
    return value;
  };
}

/** A list of numbers of threads: 1,2,4. */
export function threadCounts(text: string): readonly number[] {
  return text.split(',').map(wholeFrom(1));
}

/** @returns a parser of lists of these names */
export function namesOf<Name extends string>(known: readonly Name[]): (text: string) => readonly Name[] {
  return (text) =>
    text.split(',').map((name) => {
      const found = known.find((each) => each === name);
      if (found === undefined) throw new InvalidArgumentError(`Found ${name}; known are ${known.join(', ')}.`);
      return found;
    });
}
