/** A picture of steps and samples against the batch size, as in figure 1 of McCandlish et al. 2018: on logarithmic axes. */
import { type Mark, None, parse, type Spec, View } from 'vega';
import { colorsOf, darkRules } from '../../src/tools/plot/theme.js';

export interface BatchCurves {
  readonly title: string;
  readonly points: readonly { readonly batch: number; readonly steps: number }[];
  readonly noise: number;
  /** Predicted for a batch. */
  readonly steps: (batch: number) => number;
}

const [WIDTH, HEIGHT, LEFT, TOP, GAP, ABOVE, BELOW] = [864, 190, 62, 34, 44, 26, 46];
const CURVE_POINTS = 60;

/** A column for each job: the steps, and below the samples. @returns SVG */
export async function drawBatchCurves(jobs: readonly BatchCurves[]): Promise<string> {
  const view = new View(parse(specOf(jobs)), { renderer: 'none', logLevel: None });
  try {
    const svg = await view.toSVG();
    const inside = ['<title>Steps and samples by batch size</title>', `<style>${darkRules()}</style>`];
    return `${svg.replace(/^<svg[^>]*>/, (opening) => [opening, ...inside, ''].join('\n'))}\n`;
  } finally {
    view.finalize();
  }
}

/** 1, 2 and 5 times powers of ten; or only the powers, if there are many. */
function roundNumbers(from: number, to: number): number[] {
  const mantissas = to / from > 100 ? [1] : [1, 2, 5];
  const first = Math.floor(Math.log10(from));
  const powers = Array.from({ length: Math.ceil(Math.log10(to)) - first + 1 }, (_, i) => 10 ** (first + i));
  return powers.flatMap((power) => mantissas.map((each) => each * power)).filter((each) => each >= from && each <= to);
}

function specOf(jobs: readonly BatchCurves[]): Spec {
  const colors = colorsOf('auto');
  const width = (WIDTH - LEFT - 16 - GAP * (jobs.length - 1)) / jobs.length;
  const font = 'system-ui, sans-serif';
  const text = (x: number, y: number, words: string, size = 12, align: 'left' | 'center' = 'left'): Mark => ({
    type: 'text',
    encode: {
      enter: {
        x: { value: x },
        y: { value: y },
        text: { value: words },
        fontSize: { value: size },
        align: { value: align },
        font: { value: font },
        fill: { value: colors.ink },
      },
    },
  });
  const panels = jobs.flatMap((job, i) => [
    panelOf(job, i, 'steps', (_, steps) => steps),
    panelOf(job, i, 'samples', (batch, steps) => batch * steps),
  ]);

  function panelOf(job: BatchCurves, i: number, name: string, amountOf: (batch: number, steps: number) => number) {
    const batches = job.points.map(({ batch }) => batch);
    const [first, last] = [Math.min(...batches), Math.max(...batches)];
    const along = Array.from({ length: CURVE_POINTS }, (_, k) => first * (last / first) ** (k / (CURVE_POINTS - 1)));
    const line = along.map((batch) => ({ x: batch, y: amountOf(batch, job.steps(batch)) }));
    const dots = job.points.map(({ batch, steps }) => ({ x: batch, y: amountOf(batch, steps) }));
    const values = [...line, ...dots].map(({ y }) => y);
    const domain: [number, number] = [Math.min(...values) / 1.3, Math.max(...values) * 1.3];
    const [x, y] = [`x${i}${name}`, `y${i}${name}`];
    const place = { x: { scale: x, field: 'x' }, y: { scale: y, field: 'y' } };
    const axis = (orient: 'left' | 'bottom', title: string, values: readonly number[]) =>
      ({
        ...{ orient, title, scale: orient === 'left' ? y : x, gridScale: orient === 'left' ? x : y },
        ...{ titleFont: font, titleFontWeight: 'normal', titleColor: colors.ink, labelFont: font },
        ...{ labelColor: colors.muted, grid: true, gridColor: colors.grid, domain: false, ticks: false },
        ...{ labelPadding: 5, values: [...values], ...(orient === 'left' && { format: '~s' }) },
      }) as const;
    const row = name === 'steps' ? 0 : 1;
    return {
      data: [
        { name: `line${i}${name}`, values: line },
        { name: `dots${i}${name}`, values: dots },
      ],
      mark: {
        type: 'group',
        encode: {
          enter: {
            x: { value: LEFT + i * (width + GAP) },
            y: { value: TOP + ABOVE + row * (HEIGHT + BELOW) },
            width: { value: width },
            height: { value: HEIGHT },
          },
        },
        scales: [
          { name: x, type: 'log', domain: [first / 1.15, last * 1.15], range: [0, width], nice: false },
          { name: y, type: 'log', domain, range: [HEIGHT, 0], nice: false },
        ],
        axes: [
          axis('left', i === 0 ? name : '', roundNumbers(...domain)),
          axis(
            'bottom',
            row === 1 ? 'batch size' : '',
            batches.filter((_, k) => k % 2 === 0),
          ),
        ],
        marks: [
          ...(job.noise > first && job.noise < last
            ? [
                {
                  type: 'rule',
                  encode: {
                    enter: {
                      x: { scale: x, value: job.noise },
                      x2: { scale: x, value: job.noise },
                      y: { value: 0 },
                      y2: { value: HEIGHT },
                      stroke: { value: colors.muted },
                      strokeDash: { value: [3, 3] },
                    },
                  },
                } as Mark,
              ]
            : []),
          {
            type: 'line',
            from: { data: `line${i}${name}` },
            encode: { enter: { ...place, stroke: { value: colors.curves[0]! }, strokeWidth: { value: 1.75 } } },
          } as Mark,
          {
            type: 'symbol',
            from: { data: `dots${i}${name}` },
            encode: { enter: { ...place, fill: { value: colors.curves[1]! }, size: { value: 40 } } },
          } as Mark,
          ...(row === 0 ? [text(0, -10, job.title, 13)] : []),
        ],
      } as Mark,
    };
  }

  const height = TOP + ABOVE + 2 * (HEIGHT + BELOW);
  return {
    $schema: 'https://vega.github.io/schema/vega/v6.json',
    ...{ width: WIDTH, height, padding: 0, autosize: 'none', background: colors.ground },
    data: panels.flatMap(({ data }) => data),
    marks: [
      text(LEFT, 20, '● measured with the best learning rate    — S_min · (1 + B_noise / B)    ┆ noise scale', 12),
      ...panels.map(({ mark }) => mark),
    ],
  };
}
