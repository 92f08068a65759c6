/** Makes untrusted text, such as names of files and classes, safe for terminals, web pages and SVG. */

import { stripVTControlCharacters } from 'node:util';

/**
 * Control characters, which terminals interpret and XML forbids; characters that reorder the surrounding text (Trojan Source,
 * CVE-2021-42574); and noncharacters, which XML forbids, too.
 */
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\p{Cs}\p{Noncharacter_Code_Point}]/gu;

/**
 * White space with a line end becomes a space, any other unsafe character U+FFFD.
 * (A pattern for white space around a line end would take quadratic time on long white space without a line end.)
 */
export function onOneLine(text: string): string {
  return text.replaceAll(/\s+/g, (run) => (/[\p{Cc}\u2028\u2029]/u.test(run) ? ' ' : run)).replaceAll(UNSAFE, '\ufffd');
}

/** A copy of a JSON value with all strings on one line. Names of fields are unchanged. */
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

/** Number of terminal columns of a text, without its color codes. */
export function columnsOf(text: string): number {
  const plain = stripVTControlCharacters(text);
  if (/^[ -~]*$/.test(plain)) return plain.length;
  let columns = 0;
  for (const character of plain) columns += WIDE.test(character) ? 2 : NARROW.test(character) ? 0 : 1;
  return columns;
}

/** Wraps a line at spaces. A word that is too long gets its own line. */
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

/** Cuts text to a number of columns, with an ellipsis at the end. */
export function truncated(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let kept = '';
  for (const character of text) {
    if (columnsOf(kept + character) > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Pads to a number of columns. */
export function padStartTo(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - columnsOf(text))) + text;
}

export function padEndTo(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

/** Equivalent JSON without unsafe characters, of which JSON.stringify escapes only some. */
export function escapedJson(json: string): string {
  return json.replaceAll(/[\x7f-\x9f\p{Bidi_Control}\u2028\u2029\ufffe\uffff]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
