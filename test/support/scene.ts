/** Vega's scene of a picture: its marks, where they are, and the values that they stand for. */
import { parse, View } from 'vega';
import { widthOf } from '../../src/tools/drawing/letters.js';
import type { Run } from '../../src/tools/plot/run.js';
import { type PlotOptions, specOf } from '../../src/tools/plot/spec.js';

export interface Item {
  readonly x?: number;
  readonly y?: number;
  readonly width?: number;
  readonly height?: number;
  readonly text?: string;
  readonly fontSize?: number;
  readonly align?: string;
  readonly baseline?: string;
  readonly stroke?: string;
  /** Of a line: false where it has a gap. */
  readonly defined?: boolean;
  readonly shape?: string;
  readonly strokeDash?: readonly number[];
  readonly items?: readonly Mark[];
}

export interface Mark {
  readonly marktype: string;
  readonly name?: string;
  readonly items: readonly Item[];
}

export interface Box {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Of a line: its items, with their places in the panel. */
  readonly lines: ReadonlyMap<string, readonly Item[]>;
  /** Of a curve (`loss-test-0`): [epoch, value] as its line's places stand for, by the axes' ends. */
  readonly valuesOf: (curve: string) => [number, number][];
  /** All text, with its place in the picture. */
  readonly texts: readonly Box[];
  readonly symbols: number;
  readonly panels: ReadonlyMap<string, Item>;
  /** Of a curve's marks, by `<curve>-marks-symbols`: their shape. */
  readonly shapes: ReadonlyMap<string, string>;
}

export async function pictureOf(runs: readonly Run[], options: PlotOptions = {}): Promise<Picture> {
  const spec = specOf(runs, options);
  const view = await new View(parse(spec), { renderer: 'none' }).runAsync();
  // Its typings know no more of a scene than that it is one.
  const { root } = view.scenegraph() as unknown as { root: Mark };
  const lines = new Map<string, readonly Item[]>();
  const panels = new Map<string, Item>();
  const texts: Box[] = [];
  const shapes = new Map<string, string>();
  let symbols = 0;
  const visit = (mark: Mark, x: number, y: number) => {
    if (mark.marktype === 'line') lines.set(mark.name!, mark.items);
    if (mark.marktype === 'symbol') symbols += mark.items.length;
    if (mark.marktype === 'symbol' && mark.name) shapes.set(mark.name, mark.items[0]!.shape!);
    if (mark.marktype === 'group' && mark.name) panels.set(mark.name, mark.items[0]!);
    for (const item of mark.items) {
      const at = [x + (item.x ?? 0), y + (item.y ?? 0)] as const;
      if (mark.marktype === 'text') texts.push(boxOf(item, ...at));
      for (const each of item.items ?? []) visit(each, ...at);
    }
  };
  visit(root, 0, 0);

  const valuesOf = (curve: string) => {
    const quantity = curve.split('-')[0]!;
    const { width, height } = panels.get(quantity)!;
    const group = spec.marks!.find((mark) => mark.name === quantity)!;
    const scales = (group as unknown as { scales: { name: string; type: string; domain: [number, number] }[] }).scales;
    const value = (axis: string, place: number) => {
      const { type, domain } = scales.find(({ name }) => name === `${quantity}-${axis}`)!;
      const [from, to] = domain;
      return type === 'log' ? from * (to / from) ** place : from + place * (to - from);
    };
    return lines
      .get(`${curve}-line`)!
      .filter(({ defined }) => defined !== false)
      .map((item): [number, number] => [value('x', item.x! / width!), value('y', 1 - item.y! / height!)]);
  };
  return {
    width: spec.width as number,
    height: spec.height as number,
    lines,
    valuesOf,
    texts,
    symbols,
    panels,
    shapes,
  };
}

function boxOf({ text = '', fontSize = 11, align, baseline }: Item, x: number, y: number): Box {
  const width = widthOf(text, fontSize);
  const left = align === 'center' ? x - width / 2 : align === 'right' ? x - width : x;
  const top = baseline === 'top' ? y : baseline === 'middle' ? y - fontSize / 2 : y - 0.8 * fontSize;
  return { text, left, right: left + width, top, bottom: top + fontSize };
}

export function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
