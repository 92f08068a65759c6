/** The options of `lockstep plot`. */
import path from 'node:path';
import type { Command } from 'commander';
import { errors } from '../../src/errors.js';
import type { PngOptions } from '../../src/tools/plot/render.js';
import { SUBJECTS } from '../../src/tools/plot/spec.js';
import { THEMES } from '../../src/tools/plot/theme.js';
import { oneOf } from '../parse.js';

export interface RawPlotOptions {
  readonly output?: string;
  readonly what: unknown;
  readonly log?: true;
  readonly steps?: true;
  readonly theme: unknown;
  readonly title?: string;
  readonly width?: string;
  readonly scale?: string;
  readonly font?: string;
}

export type CheckedPlotOptions = PngOptions & { readonly output?: string };

/** In pixels. Below the minimum, labels overlap. */
const WIDTHS = [240, 10_000] as const;
const SCALES = [0.25, 8] as const;

export function addPlotOptions(command: Command): Command {
  return command
    .argument('[files...]', 'NDJSON files written by train, from one or more runs; - is stdin, the default')
    .option(
      '-o, --output <file>',
      '.svg or .png file to write; updated at each epoch if the input is stdin (default: SVG to stdout)',
    )
    .option('--what <subject>', `metrics to plot: ${SUBJECTS.slice(0, -1).join(', ')} or ${SUBJECTS.at(-1)}`, 'both')
    .option('--log', 'use logarithmic y axes; zeros are omitted')
    .option('--steps', 'also plot the step events (train --log-every), as thin lines')
    .option(
      '--theme <name>',
      `color theme: ${THEMES.join(', ')} (auto: the theme of the reader's system; light for PNG)`,
      'auto',
    )
    .option('--title <text>', 'title shown above the plot')
    .option('--width <pixels>', 'width of the plot (default: 864 for both metrics, 640 for one)')
    .option('--scale <factor>', 'PNG pixels per plot pixel (default: 1); use 2 for print')
    .option('--font <file>', 'TrueType or OpenType font for a PNG (default: system fonts)')
    .addHelpText('after', HELP_END);
}

const HELP_END = `
Examples:
  train > run.ndjson; lockstep plot run.ndjson -o run.svg
  train | tee run.ndjson | lockstep plot -o live.svg
  lockstep plot slow.ndjson fast.ndjson --what error --log -o compare.png --scale 2`;

/** @throws LockstepError (status 2) on wrong usage */
export function checkPlotOptions(raw: RawPlotOptions): CheckedPlotOptions {
  const { output, log = false, steps = false, title, font } = raw;
  if (output !== undefined && !['.svg', '.png'].includes(path.extname(output).toLowerCase())) {
    throw errors.pictureEnding(output);
  }
  const scale = raw.scale === undefined ? undefined : within('scale', raw.scale, SCALES);
  if (output === undefined || path.extname(output).toLowerCase() !== '.png') {
    const ofPng = Object.entries({ scale, font }).find(([, value]) => value !== undefined);
    if (ofPng) throw errors.requiresOption(...ofPng, '-o and a file name that ends in .png');
  }
  return {
    ...(output === undefined ? {} : { output }),
    ...(title === undefined ? {} : { title }),
    ...(font === undefined ? {} : { font }),
    what: oneOf('what', raw.what, SUBJECTS),
    theme: oneOf('theme', raw.theme, THEMES),
    log,
    steps,
    ...(raw.width === undefined ? {} : { width: Math.round(within('width', raw.width, WIDTHS, 'pixels')) }),
    ...(scale === undefined ? {} : { scale }),
  };
}

function within(name: string, text: string, [least, most]: readonly [number, number], unit = ''): number {
  const value = /^(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw errors.invalidOption(name, text, `a number from ${least} to ${most}${unit ? ` (${unit})` : ''}`);
}
