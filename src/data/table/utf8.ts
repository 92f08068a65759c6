/** The bytes of a table as UTF-8. */
import { isAscii } from 'node:buffer';
import { errors } from '../../errors.js';

/** `latin1` is Windows-1252, as in browsers: texts that are said to be Latin-1 have its quotes and dashes. */
export const ENCODINGS = ['utf-8', 'windows-1252', 'latin1', 'utf-16le', 'utf-16be'] as const;
export type TextEncoding = (typeof ENCODINGS)[number];

/** Converts bytes. @param stream  whether more will follow */
type Convert = (bytes: Uint8Array, stream: boolean) => Uint8Array;

/**
 * Without the byte order mark, which takes precedence over `encoding`. (Spreadsheets write UTF-16 with such a mark as "Unicode
 * text".)
 *
 * @param encoding  of bytes without a mark
 * @throws LockstepError (status 2) if the encoding is unknown, as a program may give one
 */
export async function* inUtf8(
  chunks: AsyncIterable<Uint8Array>,
  encoding: TextEncoding = 'utf-8',
): AsyncGenerator<Uint8Array> {
  if (!ENCODINGS.includes(encoding)) throw errors.invalidOption('encoding', encoding, ENCODINGS.join(', '));
  let head: Uint8Array | undefined = new Uint8Array(0);
  let convert: Convert | undefined;
  for await (const chunk of chunks) {
    if (!head) {
      yield convert ? convert(chunk, true) : chunk;
      continue;
    }
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    if (head.length < 3) continue;
    const { encoding: marked, skip } = markOf(head);
    convert = converterOf(marked ?? encoding);
    const rest = head.subarray(skip);
    yield convert ? convert(rest, true) : rest;
    head = undefined;
  }
  if (head) {
    const { encoding: marked, skip } = markOf(head);
    convert = converterOf(marked ?? encoding);
    head = head.subarray(skip);
  }
  if (convert) yield convert(head ?? new Uint8Array(0), false);
  else if (head) yield head;
}

/** @returns undefined for UTF-8 */
function converterOf(encoding: TextEncoding): Convert | undefined {
  if (encoding === 'utf-8') return undefined;
  return encoding.startsWith('utf-16') ? utf16Converter(encoding) : fromWindows1252;
}

const REPLACEMENT = '\ufffd';
const NO_UTF8 = Buffer.of(0xff);

/** Where the bytes are damaged, the result is no UTF-8 either, so that its reader refuses it and names the line. */
function utf16Converter(encoding: string): Convert {
  const decoder = new TextDecoder(encoding);
  const strict = new TextDecoder(encoding, { fatal: true });
  return (bytes, stream) => {
    const text = decoder.decode(bytes, { stream });
    try {
      strict.decode(bytes, { stream });
      return Buffer.from(text);
    } catch {
      const parts = text.split(REPLACEMENT).flatMap((part, i) => (i === 0 ? [] : [NO_UTF8]).concat(Buffer.from(part)));
      return Buffer.concat(parts);
    }
  };
}

/** Characters of the bytes from 0x80 to 0x9f, as in the WHATWG standard. (The decoder of some versions of Node is wrong.) */
const FROM_80 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

function fromWindows1252(bytes: Uint8Array): Uint8Array {
  if (isAscii(bytes)) return bytes;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  return Buffer.from(text.replace(/[\x80-\x9f]/g, (each) => FROM_80[each.charCodeAt(0) - 0x80]!));
}

function markOf([a, b, c]: Uint8Array): { readonly encoding?: TextEncoding; readonly skip: number } {
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: 'utf-8', skip: 3 };
  if (a === 0xff && b === 0xfe) return { encoding: 'utf-16le', skip: 2 };
  if (a === 0xfe && b === 0xff) return { encoding: 'utf-16be', skip: 2 };
  return { skip: 0 };
}
