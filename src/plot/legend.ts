/** The legend: samples of the lines with what they stand for, in rows above the panels. */
import type { Mark } from 'vega';
import type { Entry } from './curves.js';
import { TEXT, textMark } from './fonts.js';
import { lineStyle } from './panel.js';
import { fitted, widthOf } from './text.js';
import type { Colours } from './theme.js';

export interface Legend {
  readonly height: number;
  readonly items: readonly { readonly entry: Entry; readonly text: string; readonly x: number; readonly row: number }[];
}

const ROW = 21;
const SAMPLE = 26;
const SAMPLE_GAP = 7;
const BETWEEN = 20;
const BELOW = 10;

export function legendOf(entries: readonly Entry[], room: number): Legend {
  let x = 0;
  let row = 0;
  const items = entries.map((entry, i) => {
    const text = fitted(entry.text, TEXT.legend, room - SAMPLE - SAMPLE_GAP);
    const width = SAMPLE + SAMPLE_GAP + widthOf(text, TEXT.legend);
    // What the runs are called, and how their lines look, are two things: two rows, if there are runs to name.
    const isOther = entry.kind !== 'run' && entries[i - 1]?.kind === 'run';
    if (x > 0 && (isOther || x + width > room)) {
      x = 0;
      row++;
    }
    const item = { entry, text, x, row };
    x += width + BETWEEN;
    return item;
  });
  return { height: (row + 1) * ROW + BELOW, items };
}

export function legendMarks({ items }: Legend, left: number, top: number, { ink }: Colours): Mark[] {
  return items.flatMap(({ entry, text, x, row }): Mark[] => {
    const y = top + row * ROW + ROW / 2;
    return [
      {
        type: 'rule',
        interactive: false,
        encode: {
          enter: {
            x: { value: left + x },
            x2: { value: left + x + SAMPLE },
            y: { value: y },
            ...lineStyle(entry.kind, entry.colour),
            ...(entry.kind === 'run' ? { strokeWidth: { value: 4 } } : {}),
          },
        },
      },
      textMark(text, left + x + SAMPLE + SAMPLE_GAP, y + 4.5, ink, 'legend'),
    ];
  });
}
