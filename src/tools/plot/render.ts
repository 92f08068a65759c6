/** Renders runs as SVG or PNG, without a browser. */
import { None, parse, View } from 'vega';
import { errors } from '../../errors.js';
import { escaped } from '../drawing/letters.js';
import { pngOf } from '../drawing/png.js';
import type { Run } from './run.js';
import { type PlotOptions, specOf } from './spec.js';
import { darkRules } from './theme.js';

/** @param runs  each with at least one epoch */
export async function plotSvg(runs: readonly Run[], options: PlotOptions = {}): Promise<string> {
  const view = new View(parse(specOf(runs, options)), { renderer: 'none', logLevel: None });
  try {
    const svg = await view.toSVG();
    const { title, theme = 'auto' } = options;
    const inside = [
      `<title>${escaped(title ?? 'Training curves')}</title>`,
      ...(theme === 'auto' ? [`<style>${darkRules()}</style>`] : []),
    ];
    return `${svg.replace(/^<svg[^>]*>/, (opening) => [opening, ...inside, ''].join('\n'))}\n`;
  } finally {
    view.finalize();
  }
}

export interface PngOptions extends PlotOptions {
  /** PNG pixels per pixel of the plot. @default 1 */
  readonly scale?: number;
  /** A TrueType or OpenType file. @default fonts of the system */
  readonly font?: string;
}

/**
 * @param runs  each with at least one epoch
 * @throws LockstepError if there is no font, because the text would be missing
 */
export async function plotPng(runs: readonly Run[], options: PngOptions = {}): Promise<Uint8Array> {
  const { theme = 'auto', scale = 1, font } = options;
  const svg = await plotSvg(runs, { ...options, theme: theme === 'auto' ? 'light' : theme });
  const png = await pngOf(svg, { scale, font });
  if (!png) throw errors.noFont(font);
  return png;
}
