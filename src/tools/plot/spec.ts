/** The Vega specification of a plot. The layout is computed here, because Vega cannot measure fonts without a browser. */
import type { Mark, Spec } from 'vega';
import { errors, type LockstepError } from '../../errors.js';
import { curvesOf, entriesOf, metricOf, QUANTITIES, type Quantity, quantitiesOf } from './curves.js';
import { TEXT, textMark } from './fonts.js';
import { type Legend, legendMarks, legendOf } from './legend.js';
import { panelsOf } from './panel.js';
import { panelData, panelMark } from './panel-marks.js';
import type { Run } from './run.js';
import { fitted } from './text.js';
import { colorsOf, MOST_RUNS, type Theme } from './theme.js';

export const SUBJECTS = [...QUANTITIES, 'both'] as const;
export type Subject = (typeof SUBJECTS)[number];

export interface PlotOptions {
  /** @default 'both' */
  readonly what?: Subject;
  /** Logarithmic y axes. @default false */
  readonly log?: boolean;
  /** Also plot the step events, as thin lines. @default false */
  readonly steps?: boolean;
  /** @default 'auto' */
  readonly theme?: Theme;
  readonly title?: string;
  /** Pixels. @default 864 for both, else 640 */
  readonly width?: number;
}

/** Quantities in panels. */
function shownOf(runs: readonly Run[], what: Subject): readonly Quantity[] {
  return what === 'both' ? quantitiesOf(runs[0]!) : [what];
}

/**
 * @param runs  each with at least one epoch
 * @returns the error if there are no step events to plot
 */
export function problemOfSteps(runs: readonly Run[], { what = 'both' }: PlotOptions): LockstepError | undefined {
  const curves = shownOf(runs, what).flatMap((quantity) => curvesOf(runs, quantity, true, colorsOf('light')));
  // (Without any curve, `specOf` names the metric.)
  return curves.length === 0 || curves.some(({ kind }) => kind === 'steps') ? undefined : errors.noSteps();
}

/** For both panels, about the width of a README on GitHub; for one panel, about half a sheet of paper. */
const WIDTHS = { both: 864, one: 640 };
/** Narrower, two panels go below each other. */
const LEAST_SIDE_BY_SIDE = 640;
const MARGIN = 16;
const GAP = 24;

/**
 * @param runs  each with at least one epoch
 * @throws LockstepError if there are too many runs, or none has the metric
 */
export function specOf(runs: readonly Run[], options: PlotOptions = {}): Spec {
  const {
    what = 'both',
    log = false,
    steps = false,
    theme = 'auto',
    title,
    width = WIDTHS[what === 'both' ? 'both' : 'one'],
  } = options;
  if (runs.length > MOST_RUNS) throw errors.tooManyRuns(runs.length, MOST_RUNS);
  const colors = colorsOf(theme);
  const quantities = shownOf(runs, what);
  const room = width - 2 * MARGIN;
  const curves = quantities.map((quantity) => curvesOf(runs, quantity, steps, colors));

  const missing = quantities.find((_, i) => curves[i]!.length === 0);
  if (missing !== undefined) throw errors.noSuchMetric(missing);

  const titleHeight = title ? TEXT.title + 14 : 0;
  const legend: Legend = legendOf(entriesOf(runs, curves[0]!, colors), room);
  const top = MARGIN + titleHeight + legend.height;

  const isBeside = quantities.length > 1 && width >= LEAST_SIDE_BY_SIDE;
  const panelWidth = isBeside ? Math.floor((room - GAP) / 2) : room;
  const panels = panelsOf(
    quantities.map((quantity, i) => ({
      quantity,
      metric: metricOf(quantity, runs),
      curves: curves[i]!,
      width: panelWidth,
      isLog: log,
      hasSteps: steps,
      colors,
    })),
  );
  const data = panels.map(panelData);
  const panelHeight = panels[0]!.height;
  const height = top + (isBeside ? panelHeight : panels.length * (panelHeight + GAP) - GAP) + MARGIN;

  const marks: Mark[] = [
    ...(title
      ? [textMark(fitted(title, TEXT.title * 1.08, room), MARGIN, MARGIN + TEXT.title - 2, colors.ink, 'title')]
      : []),
    ...legendMarks(legend, MARGIN, MARGIN + titleHeight, colors),
    ...panels.map((panel, i) =>
      panelMark(
        panel,
        data[i]!,
        MARGIN + (isBeside ? i * (panelWidth + GAP) : 0),
        top + (isBeside ? 0 : i * (panelHeight + GAP)),
      ),
    ),
  ];
  return {
    $schema: 'https://vega.github.io/schema/vega/v6.json',
    width,
    height,
    padding: 0,
    autosize: 'none',
    background: colors.ground,
    data: data.flat(),
    marks,
  };
}
