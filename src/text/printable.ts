/** Text of strangers, such as the names of files and classes, made safe to be shown: on a terminal, on a page or in an SVG. */

import { stripVTControlCharacters } from 'node:util';

/**
 * Control characters, which a terminal obeys and XML forbids; those that reorder the text around them (Trojan Source,
 * CVE-2021-42574); and what is no character at all, which XML forbids, too.
 */
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\p{Cs}\p{Noncharacter_Code_Point}]/gu;

/**
 * White space with a line end becomes a space, any other unsafe character U+FFFD.
 * (Run by run: a pattern for white space around a line end takes quadratic time where there is much of it and no line end.)
 */
export function onOneLine(text: string): string {
  return text.replaceAll(/\s+/g, (run) => (/[\p{Cc}\u2028\u2029]/u.test(run) ? ' ' : run)).replaceAll(UNSAFE, '\ufffd');
}

/** A copy of what JSON can hold, with all texts in it on one line. Names of fields stay as they are. */
export function textsOnOneLine<T>(value: T): T {
  return mapped(value) as T;
}

function mapped(value: unknown): unknown {
  if (typeof value === 'string') return onOneLine(value);
  if (Array.isArray(value)) return value.map(mapped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, mapped(each)]));
}

/** East Asian characters and emoji take two columns of a terminal, accents none. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const NARROW = /[\p{Mn}\p{Me}\u200b-\u200d\ufeff]/u;

/** How many columns of a terminal a text takes, less its colors. */
export function columnsOf(text: string): number {
  const plain = stripVTControlCharacters(text);
  // (Nearly all are.)
  if (/^[ -~]*$/.test(plain)) return plain.length;
  let columns = 0;
  for (const character of plain) columns += WIDE.test(character) ? 2 : NARROW.test(character) ? 0 : 1;
  return columns;
}

/** A line, broken at its spaces into lines of so many columns; a longer word has a line of its own. */
export function wrapped(line: string, columns: number): string {
  if (columnsOf(line) <= columns) return line;
  const lines: string[] = [];
  for (const word of line.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && columnsOf(`${last} ${word}`) <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : `${INDENT}${word}`);
  }
  return lines.join('\n');
}

const INDENT = '  ';

/** As many characters from the left as so many columns hold; where some are left out, the last is an ellipsis. */
export function cutTo(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let kept = '';
  for (const character of text) {
    if (columnsOf(kept + character) > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Space before or behind a text, up to so many columns. */
export function padStartTo(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - columnsOf(text))) + text;
}

export function padEndTo(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

/** JSON that says the same, without any unsafe character: JSON.stringify escapes some of them only. */
export function escapedJson(json: string): string {
  return json.replaceAll(/[\x7f-\x9f\p{Bidi_Control}\u2028\u2029\ufffe\uffff]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
