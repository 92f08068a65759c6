/** The charts, drawn with uPlot: loss and error by epoch, and speed. */
import type { EpochPoint, RecentPoint } from '../messages.js';
import { type Column, type Curves, curvesOf, type Figure, figureIn, nearest, withoutZeros } from './chart-data.js';
import { color, onSchemeChange } from './colors.js';
import { byId, make, setText } from './elements.js';
import { amount, loss, percent, whole } from './format.js';
import uPlot from './uplot.js';

/** In the order of `Curves`, without x. */
const CURVES = [
  { key: 'recent', label: 'latest samples', color: '--recent', width: 1 },
  { key: 'train', label: 'training', color: '--train', width: 2 },
  { key: 'validation', label: 'validation', color: '--validation', width: 2, dash: [3, 4] },
  { key: 'test', label: 'test', color: '--test', width: 2 },
] as const;

/** With more points, markers are hidden. */
const MOST_MARKED = 30;
/** In pixels. */
const LEAST_WIDTH = 200;

interface Kind {
  readonly figure: Figure;
  /** For the description of the chart. */
  readonly name: string;
  readonly format: (value: number) => string;
  /** For round numbers. */
  readonly axisFormat: (value: number) => string;
}

class CurveChart {
  #kind: Kind;
  readonly #place: HTMLElement;
  readonly #legend: HTMLElement;
  #chart: uPlot | undefined;
  #data: Curves = [[], [], [], [], []];
  #isLog = false;

  constructor(kind: Kind) {
    this.#kind = kind;
    this.#place = byId(`${kind.figure}-chart`);
    this.#legend = byId(`${kind.figure}-legend`);
    followSize(this.#place, () => this.#chart);
    onSchemeChange(() => this.#build());
    this.#build();
  }

  set isLog(isLog: boolean) {
    this.#isLog = isLog;
    this.#build();
  }

  set kind(kind: Kind) {
    if (kind.name === this.#kind.name) return;
    this.#kind = kind;
    this.#build();
  }

  show(epochs: readonly EpochPoint[], recent: readonly RecentPoint[]): void {
    this.#data = curvesOf(epochs, recent, this.#kind.figure);
    this.#chart?.setData(this.#isLog ? withoutZeros(this.#data) : this.#data);
    this.#showLegend();
    const last = epochs.at(-1);
    const { figure, name, format } = this.#kind;
    const says = CURVES.flatMap(({ key, label }) => {
      const value = key === 'recent' || !last ? undefined : figureIn(last, key, figure);
      return value === undefined ? [] : [`${label} ${format(value)}`];
    });
    const text = last ? `after epoch ${last.epoch}: ${says.join(', ')}` : 'no epoch completed yet';
    this.#place.setAttribute('aria-label', `${name} by epoch; ${text}`);
  }

  #build(): void {
    this.#chart?.destroy();
    const { axisFormat } = this.#kind;
    const data = this.#isLog ? withoutZeros(this.#data) : this.#data;
    const options: uPlot.Options = {
      ...sizeOf(this.#place),
      legend: { show: false },
      cursor: { sync: { key: 'epochs' }, points: { show: false }, drag: { x: false, y: false }, y: false },
      scales: { x: { time: false, range: rangeOfEpochs }, y: this.#isLog ? { distr: 3 } : { range: rangeOfValues } },
      axes: [
        axis({ label: 'epoch', labelSize: 16, labelGap: -4, size: 30, incrs: WHOLE_STEPS }),
        axis({ size: 52, values: (_, splits) => splits.map((value) => (value === null ? '' : axisFormat(value))) }),
      ],
      series: [
        {},
        ...CURVES.map(({ label, width, color: name, ...look }): uPlot.Series => {
          return {
            label,
            width,
            stroke: color(name),
            spanGaps: true,
            points: { show: (u, i) => name !== '--recent' && countOf(u.data[i] as Column) <= MOST_MARKED, size: 5 },
            ...('dash' in look && { dash: [...look.dash] }),
          };
        }),
      ],
      hooks: { setCursor: [() => this.#showLegend()] },
    };
    this.#chart = new uPlot(options, data, this.#place);
    this.#legend.replaceChildren();
    this.#showLegend();
  }

  /** Names of the curves, with their values at the cursor, or the last values. */
  #showLegend(): void {
    const [x, ...columns] = this.#data;
    const at = this.#chart?.cursor.idx ?? x.length - 1;
    for (const [i, { key, label }] of CURVES.entries()) {
      const value = nearest(columns[i]!, at);
      const id = `${this.#kind.figure}-${key}`;
      let item = document.getElementById(id);
      if (!item && value !== null) {
        item = make('li', '', make('span', `swatch ${key}`), `${label} `, make('b'));
        item.id = id;
        this.#legend.append(item);
      }
      if (!item) continue;
      item.hidden = value === null;
      setText(item.querySelector('b')!, value === null ? '' : this.#kind.format(value));
    }
  }
}

class SpeedChart {
  readonly #place = byId('speed-chart');
  #chart: uPlot | undefined;
  #data: [number[], number[]] = [[], []];

  constructor() {
    followSize(this.#place, () => this.#chart);
    onSchemeChange(() => this.#build());
    this.#build();
  }

  /** Speed of the latest samples; for short epochs, speed by epoch. */
  show(epochs: readonly EpochPoint[], recent: readonly RecentPoint[]): void {
    const ofEpochs = recent.length < epochs.length;
    const speeds = ofEpochs ? epochs.map((point) => point.samples_per_second) : recent.map(([, , , speed]) => speed);
    this.#data = [ofEpochs ? epochs.map(({ epoch }) => epoch) : recent.map(([x]) => x), speeds];
    this.#chart?.setData(this.#data);
    const last = speeds.at(-1);
    const now = last === undefined ? '' : `; last value ${whole(last)}`;
    this.#place.setAttribute('aria-label', `samples per second by epoch${now}`);
  }

  #build(): void {
    this.#chart?.destroy();
    const thousands = (value: number) => (value >= 1000 ? `${whole(value / 1000)} k` : whole(value));
    const options: uPlot.Options = {
      ...sizeOf(this.#place),
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: rangeOfEpochs },
        y: { range: (_, __, max) => [0, max > 0 ? max * 1.15 : 1000] },
      },
      axes: [
        axis({ size: 24, incrs: WHOLE_STEPS }),
        axis({ size: 48, space: 28, values: (_, splits) => splits.map(thousands) }),
      ],
      series: [{}, { stroke: color('--test'), fill: color('--test-pale'), width: 1.5, points: { show: false } }],
    };
    this.#chart = new uPlot(options, this.#data, this.#place);
  }
}

const ERROR: Kind = {
  figure: 'error',
  name: 'error',
  format: percent,
  axisFormat: (value) => `${roundNumber(100 * value)} %`,
};
const RMSE: Kind = { figure: 'error', name: 'RMSE', format: amount, axisFormat: roundNumber };

export class Charts {
  readonly #loss = new CurveChart({ figure: 'loss', name: 'loss', format: loss, axisFormat: roundNumber });
  readonly #error = new CurveChart(ERROR);
  readonly #speed = new SpeedChart();
  #isDue = false;

  constructor() {
    const button = byId('log');
    button.addEventListener('click', () => {
      const isLog = button.getAttribute('aria-pressed') !== 'true';
      button.setAttribute('aria-pressed', String(isLog));
      this.#loss.isLog = isLog;
      this.#error.isLog = isLog;
    });
  }

  /** Whether the second chart shows the RMSE instead of the error. */
  set estimatesNumbers(estimates: boolean) {
    this.#error.kind = estimates ? RMSE : ERROR;
    setText(byId('error-title'), estimates ? 'RMSE' : 'Error');
  }

  /** Draws at the next animation frame, at most once per frame. */
  show(current: () => { readonly epochs: readonly EpochPoint[]; readonly recent: readonly RecentPoint[] }): void {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      const { epochs, recent } = current();
      this.#loss.show(epochs, recent);
      this.#error.show(epochs, recent);
      this.#speed.show(epochs, recent);
    });
  }
}

/** Removes rounding errors. */
function roundNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** Fractions are used only within a single epoch. */
const WHOLE_STEPS = [0.1, 0.2, 0.5, ...[1, 10, 100, 1000, 10_000, 100_000].flatMap((ten) => [ten, 2 * ten, 5 * ten])];

function axis(own: Partial<uPlot.Axis>): uPlot.Axis {
  return {
    stroke: color('--muted'),
    font: '12px system-ui, sans-serif',
    labelFont: '12px system-ui, sans-serif',
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
    ...own,
  };
}

/** From the start of the run to its current position; at least one epoch. */
function rangeOfEpochs(_: uPlot, min: number | null, max: number | null): [number, number] {
  const from = Math.floor(min ?? 0);
  return [from <= 1 ? 0 : from, Math.max(1, max ?? 1)];
}

/** From 0. Once there are curves, the range ignores the first steps, which are far above them. */
function rangeOfValues({ data }: uPlot, _: number | null, max: number | null): [number, number] {
  const [, , ...curves] = data as Curves;
  const ofCurves = curves.flat().filter((value) => value !== null);
  const isLine = curves.some((column) => countOf(column) > 1);
  const most = isLine ? ofCurves.reduce((most, value) => Math.max(most, value), 0) : max;
  return [0, most === null || most <= 0 ? 1 : most * 1.08];
}

function countOf(column: Column): number {
  return column.reduce((count: number, value) => count + (value === null ? 0 : 1), 0);
}

function sizeOf({ clientWidth, clientHeight }: HTMLElement): { width: number; height: number } {
  return { width: Math.max(LEAST_WIDTH, clientWidth), height: clientHeight };
}

function followSize(place: HTMLElement, chart: () => uPlot | undefined): void {
  new ResizeObserver(() => chart()?.setSize(sizeOf(place))).observe(place);
}
