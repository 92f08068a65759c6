/** Plots and sheets of images. */
import { grouped } from '../../text/grouped.js';
import { extension, failure, requires, usage } from '../draft.js';
import { shown } from '../shown.js';

export const plotErrors = {
  pictureEnding: (file: string) => extension('--output', file, '.svg or .png'),
  noMetrics: () =>
    usage('no metrics to plot; name files, or pipe them in (train | tee run.ndjson | lockstep plot -o live.svg)'),
  stdinTwice: () => usage('-: stdin can be read only once'),
  noEpochs: (source: string, lines: number) =>
    failure(
      `${source}: no epoch event in ${grouped(lines)} lines; expected the NDJSON that train writes to a pipe, ` +
        'with --epochs 1 or more',
    ),
  noSuchMetric: (name: string) => failure(`--what ${name}: none of the runs has this metric; choose another`),
  noSteps: () =>
    failure(
      '--steps: found no step events with this metric; train with --log-every, such as --log-every 100, or omit this option',
    ),
  tooManyRuns: (found: number, most: number) =>
    failure(
      `${grouped(found)} runs; expected at most ${most}, because more cannot be told apart; plot fewer files or lines`,
    ),
  noFont: (font: string | undefined) =>
    failure(
      font === undefined
        ? 'no font found for a PNG; install one (such as DejaVu Sans), specify --font, or write an SVG'
        : `--font ${font}: not a usable font; expected a TrueType or OpenType file`,
    ),
  sameFile: (file: string) => usage(`--weights and --errors: both name ${shown(file)}; choose two different files`),
  withoutSheet: (flag: string, sheets: string) => requires(flag, true, sheets),
  sheetTooLarge: (pixels: number, most: number) =>
    usage(
      `--count and --scale: a sheet of ${grouped(pixels)} pixels; expected at most ${grouped(most)}: ` +
        'choose fewer or smaller images',
    ),
  noFontFor: (file: string) =>
    failure(`${file}: no font found; install one (such as fonts-dejavu-core), or write .svg`),
};
