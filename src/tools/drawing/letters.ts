/** Text in SVG: fonts, estimated width, escaping. */
import { onOneLine } from '../../text/printable.js';

/** Fonts of common systems; the last ones are for systems with few free fonts. */
export const FONT =
  'system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, Helvetica Neue, Arial, Liberation Sans, DejaVu Sans, sans-serif';

/**
 * An upper estimate, because the font is not known here.
 *
 * @param size  font size in pixels
 * @returns width in pixels
 */
export function widthOf(text: string, size: number): number {
  return [...text].reduce((sum, character) => sum + emOf(character), 0) * size;
}

/** Widths of DejaVu Sans, which is wider than most fonts. */
function emOf(character: string): number {
  if (/[\u1100-\u{10ffff}]/u.test(character) && !/[\u2000-\u22ff]/.test(character)) return 1;
  if (/[ .,:;'|!ijlI()[\]/]/.test(character)) return 0.38;
  if (/[mwMW%@]/.test(character)) return 0.95;
  return /[A-Z]/.test(character) ? 0.72 : 0.635;
}

/** Escapes untrusted text, such as file names. */
export function escaped(text: string): string {
  return onOneLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
