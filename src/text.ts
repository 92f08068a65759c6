/** Text of strangers, such as the names of files and classes, made safe to be shown: on a terminal, on a page or in an SVG. */

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

/** JSON that says the same, without any unsafe character: JSON.stringify escapes some of them only. */
export function escapedJson(json: string): string {
  return json.replaceAll(/[\x7f-\x9f\p{Bidi_Control}\u2028\u2029\ufffe\uffff]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
