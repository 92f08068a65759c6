/** The legend above the panels: runs, then kinds of lines. */
import type { Mark } from 'vega';
import { widthOf } from '../drawing/letters.js';
import type { Entry } from './curves.js';
import { TEXT, textMark } from './fonts.js';
import { lineStyle, shapeMark } from './panel-marks.js';
import { fitted } from './text.js';
import type { Colors } from './theme.js';

interface Item {
  readonly entry: Entry;
  readonly text: string;
  readonly x: number;
  readonly row: number;
}

export interface Legend {
  readonly height: number;
  readonly items: readonly Item[];
}

const ROW = 21;
const SAMPLE = 26;
const SAMPLE_GAP = 7;
const BETWEEN = 20;
const BELOW = 10;

export function legendOf(entries: readonly Entry[], room: number): Legend {
  // Names of runs and kinds of lines are separate rows.
  const groups = [entries.filter(({ kind }) => kind === 'run'), entries.filter(({ kind }) => kind !== 'run')];
  const items: Item[] = [];
  let row = 0;
  for (const group of groups.filter(({ length }) => length > 0)) {
    items.push(...placed(group, row, room));
    row = items.at(-1)!.row + 1;
  }
  return { height: row * ROW + BELOW, items };
}

/** In one row if they fit, else in columns of equal width. */
function placed(entries: readonly Entry[], from: number, room: number): Item[] {
  const texts = entries.map(({ text }) => fitted(text, TEXT.legend, room - SAMPLE - SAMPLE_GAP));
  const widths = texts.map((text) => SAMPLE + SAMPLE_GAP + widthOf(text, TEXT.legend) + BETWEEN);
  const widest = Math.max(...widths);
  const isOneRow = widths.reduce((sum, width) => sum + width, -BETWEEN) <= room;
  const rows = Math.ceil(entries.length / Math.max(1, Math.floor((room + BETWEEN) / widest)));
  const columns = Math.ceil(entries.length / rows);
  return entries.map((entry, i) => ({
    entry,
    text: texts[i]!,
    x: isOneRow ? widths.slice(0, i).reduce((sum, width) => sum + width, 0) : (i % columns) * widest,
    row: from + (isOneRow ? 0 : Math.floor(i / columns)),
  }));
}

export function legendMarks({ items }: Legend, left: number, top: number, { ink }: Colors): Mark[] {
  return items.flatMap(({ entry, text, x, row }): Mark[] => {
    const y = top + row * ROW + ROW / 2;
    const { kind, color, shape } = entry;
    return [
      {
        type: 'rule',
        interactive: false,
        encode: {
          enter: {
            x: { value: left + x },
            x2: { value: left + x + SAMPLE },
            y: { value: y },
            ...lineStyle(kind, color),
            ...(kind === 'run' && !shape ? { strokeWidth: { value: 4 } } : {}),
          },
        },
      },
      ...(shape ? [shapeMark(shape, color, left + x + SAMPLE / 2, y)] : []),
      textMark(text, left + x + SAMPLE + SAMPLE_GAP, y + 4.5, ink, 'legend'),
    ];
  });
}
