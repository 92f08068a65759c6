/** Text marks and font sizes. */
import type { TextMark } from 'vega';
import { onOneLine } from '../../text/printable.js';
import { FONT } from '../drawing/letters.js';

/** Sizes in pixels. */
export const TEXT = { title: 16, heading: 13, legend: 13, label: 12 } as const;
export type TextKind = keyof typeof TEXT;

/** @param y  of the baseline */
export function textMark(
  text: string,
  x: number,
  y: number,
  fill: string,
  kind: TextKind,
  align: 'left' | 'center' | 'right' = 'left',
): TextMark {
  return {
    type: 'text',
    interactive: false,
    encode: {
      enter: {
        // Vega escapes markup only, not control characters.
        text: { value: onOneLine(text) },
        x: { value: x },
        y: { value: y },
        align: { value: align },
        baseline: { value: 'alphabetic' },
        fill: { value: fill },
        font: { value: FONT },
        fontSize: { value: TEXT[kind] },
        fontWeight: { value: kind === 'title' || kind === 'heading' ? 600 : 400 },
      },
    },
  };
}
