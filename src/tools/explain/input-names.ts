/** Names of the inputs that the columns of a table become. */
import { type Encoding, inputsOf } from '../../data/table/encoding.js';
import type { TableModel } from '../../data/table/table-metadata.js';
import { onOneLine } from '../../text/printable.js';

/** Longer names are cut: they stand in tables. */
const MOST_LETTERS = 60;

/** (inputs) */
export function inputNamesOf({ columns, encodings }: TableModel): string[] {
  return encodings.flatMap((encoding, c) => namesOf(columns[c]!.name, encoding).map(cut));
}

function namesOf(name: string, encoding: Encoding): string[] {
  const own = [name, ...('hasIndicator' in encoding && encoding.hasIndicator ? [`${name} missing`] : [])];
  switch (encoding.kind) {
    case 'number':
      return own;
    case 'date': {
      const parts = (part: string, values: readonly number[]) => values.map((value) => `${name}: ${part} ${value}`);
      const { months, weekdays, hours } = encoding;
      return [...own, ...parts('month', months), ...parts('weekday', weekdays), ...parts('hour', hours)];
    }
    case 'category': {
      const names = encoding.levels.map((level) => `${name} = ${level}`);
      if (encoding.hasOther) names.push(`${name} other`);
      if (encoding.hasMissing) names.push(`${name} missing`);
      // (The encoding decides how many there are.)
      return names.slice(0, inputsOf(encoding));
    }
  }
}

function cut(name: string): string {
  const letters = [...onOneLine(name)];
  return letters.length > MOST_LETTERS ? `${letters.slice(0, MOST_LETTERS - 1).join('')}…` : letters.join('');
}
