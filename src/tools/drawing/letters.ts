/** Text in an SVG: in which fonts, how wide it will be about, and what of it is no text to XML. */
import { onOneLine } from '../../text/printable.js';

/** What the reader's system has; names for systems with no more than a few free fonts come last. */
export const FONT =
  'system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, Helvetica Neue, Arial, Liberation Sans, DejaVu Sans, sans-serif';

/**
 * An estimate, on the wide side: nothing here knows the reader's fonts.
 *
 * @param size  of the letters, in pixels
 * @returns pixels
 */
export function widthOf(text: string, size: number): number {
  return [...text].reduce((sum, character) => sum + emOf(character), 0) * size;
}

/** Of DejaVu Sans, which is wider than what most readers have. */
function emOf(character: string): number {
  if (/[\u1100-\u{10ffff}]/u.test(character) && !/[\u2000-\u22ff]/.test(character)) return 1;
  if (/[ .,:;'|!ijlI()[\]/]/.test(character)) return 0.38;
  if (/[mwMW%@]/.test(character)) return 0.95;
  return /[A-Z]/.test(character) ? 0.72 : 0.635;
}

/** Files' names are in there, and what strangers' files say. */
export function escaped(text: string): string {
  return onOneLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
