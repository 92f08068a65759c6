/** Slow and obvious parsers of tables, with regular expressions and JSON.parse: what the reader of src/data/table must give. */
import { isUtf8 } from 'node:buffer';

/** A number, a text, or both: integers beyond 2^53, and codes with leading zeros. */
export interface ReferenceCell {
  readonly number: number;
  readonly text: string | undefined;
}

export interface ReferenceRow {
  /** Line, or record of a JSON document. */
  readonly line: number;
  /** By name for objects; otherwise by position, as `#0`. */
  readonly cells: ReadonlyMap<string, ReferenceCell>;
}

const WHITE = '[\\t\\n\\v\\f\\r ]';
const TRIM = new RegExp(`^${WHITE}+|(?<!${WHITE})${WHITE}+$`, 'g');

/** @param comma  whether it is a decimal mark */
export function referenceCell(raw: string, comma = false): ReferenceCell {
  const text = raw.replaceAll(TRIM, '');
  const isNumeral = (
    comma ? /^[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?$/i : /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i
  ).test(text);
  const number = isNumeral ? Number(text.replace(',', '.')) + 0 : Number.NaN;
  if (!Number.isFinite(number)) return { number: Number.NaN, text };
  const isCode = /^[+-]?0\d/.test(text) || (/^[+-]?\d+$/.test(text) && !Number.isSafeInteger(number));
  return { number, text: isCode ? text : undefined };
}

/**
 * @param delimiter  a character; a space for any number of blanks
 * @returns the rows, or why it is refused
 */
export function referenceCsv(bytes: Uint8Array, delimiter: string, comment?: string): readonly ReferenceRow[] | string {
  if (!isUtf8(bytes)) return 'UTF-8';
  const text = Buffer.from(bytes).toString();
  if (/^[ \t\r\n]*$/.test(text)) return 'empty';
  const escaped = delimiter === ' ' ? ' \\t' : delimiter === '\t' ? '\\t' : `\\${delimiter}`;
  const blanks = delimiter === '\t' ? / */y : /[ \t]*/y;
  const quoted = /"((?:[^"]|"")*)"/y;
  const plain = new RegExp(`[^${escaped}\\r\\n]*`, 'y');
  const end = /\r\n|\n|\r|$/y;
  let at = 0;
  let line = 1;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at += found[0].length;
    return found;
  };
  const rows: ReferenceRow[] = [];
  let width: number | undefined;
  let isRagged = false;
  while (at < text.length) {
    take(blanks);
    if (text[at] === comment) take(/[^\r\n]*/y);
    if (take(end)) {
      line++;
      continue;
    }
    const begun = line;
    const cells: string[] = [];
    for (;;) {
      take(blanks);
      if (text[at] === '"') {
        const cell = take(quoted);
        if (!cell) return 'an unclosed quote';
        line += cell[0].match(/\r\n|\n|\r/g)?.length ?? 0;
        cells.push(cell[1]!.replaceAll('""', '"'));
        const closed = at;
        take(blanks);
        const isOver = at === text.length || /[\r\n]/.test(text[at]!) || text[at] === delimiter;
        if (!isOver && !(delimiter === ' ' && at > closed)) return 'text after a closing quote';
      } else cells.push(take(plain)![0]);
      take(blanks);
      if (take(end)) break;
      if (delimiter !== ' ') at++;
    }
    line++;
    width ??= cells.length;
    isRagged ||= cells.length !== width;
    rows.push({
      line: begun,
      cells: new Map(cells.map((cell, i) => [`#${i}`, referenceCell(cell, delimiter === ';')])),
    });
  }
  if (isRagged) return 'ragged';
  return rows.length === 0 ? 'empty' : rows;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|-?Infinity|NaN/g;
const MARK = '\u0001';

/** JSON.parse, but numbers are texts after a mark, and what Python writes for numbers that are not finite is a text. */
function parsed(text: string): unknown {
  JSON.parse(
    text.replaceAll(TOKEN, (token) => (/N|I/.test(token[0] === '-' ? token[1]! : token[0]!) ? 'null' : token)),
  );
  return JSON.parse(
    text.replaceAll(TOKEN, (token) => {
      if (token.startsWith('"')) return token;
      return /[NI]/.test(token) ? `"${token}"` : `"\\u0001${token}"`;
    }),
  );
}

/** Objects and arrays of a document, or the values that lines hold together. */
function values(text: string): { readonly isDocument: boolean; readonly rows: { value: unknown; line: number }[] } {
  const isDocument = /^[ \t\r\n]*\[[ \t\r\n]*[[{]/.test(text);
  if (isDocument) {
    const document = parsed(text) as unknown[];
    return { isDocument, rows: document.map((value, i) => ({ value, line: i + 1 })) };
  }
  const rows: { value: unknown; line: number }[] = [];
  let begun = '';
  let line = 1;
  let begin = 1;
  for (const each of text.split(/\r\n|\n|\r/)) {
    if (/^[ \t]*$/.test(begun) && /[^ \t]/.test(each)) begin = line;
    begun += `${each}\n`;
    line++;
    if (/^[ \t\n]*$/.test(begun)) begun = '';
    else if (isJson(begun)) {
      rows.push({ value: parsed(begun), line: begin });
      begun = '';
    }
  }
  if (begun !== '') throw new SyntaxError('the end is missing');
  return { isDocument, rows };
}

function isJson(text: string): boolean {
  try {
    parsed(text);
    return true;
  } catch {
    return false;
  }
}

export function referenceJson(bytes: Uint8Array): readonly ReferenceRow[] | string {
  if (!isUtf8(bytes)) return 'UTF-8';
  let found: ReturnType<typeof values>;
  try {
    found = values(Buffer.from(bytes).toString());
  } catch (error) {
    return String(error);
  }
  const rows: ReferenceRow[] = [];
  let width: number | undefined;
  const names = new Set<string>();
  for (const { value, line } of found.rows) {
    if (typeof value !== 'object' || value === null) return 'no row';
    const isArray = Array.isArray(value);
    if (isArray !== Array.isArray(found.rows[0]!.value)) return 'objects and arrays';
    const entries = Object.entries(value).map(
      ([name, each]) => [isArray ? `#${name}` : name.replaceAll(TRIM, ''), each] as const,
    );
    if (new Set(entries.map(([name]) => name)).size < entries.length) return 'two fields that differ by blanks';
    width ??= entries.length;
    if (isArray && entries.length !== width) return 'ragged';
    for (const [name, each] of entries) {
      if (typeof each === 'object' && each !== null) return 'a value within a cell';
      names.add(name);
    }
    rows.push({ line, cells: new Map(entries.map(([name, each]) => [name, cellOf(each)])) });
  }
  if (names.size === 0) return 'empty';
  const empty = referenceCell('');
  return rows.map(({ line, cells }) => ({
    line,
    cells: new Map([...names].map((name) => [name, cells.get(name) ?? empty])),
  }));
}

function cellOf(value: unknown): ReferenceCell {
  if (value === null) return referenceCell('');
  return referenceCell(String(value).replace(new RegExp(`^${MARK}`), ''));
}
