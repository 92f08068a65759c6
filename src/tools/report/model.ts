/** The parts of a report, which is a web page or one SVG drawing. */
import { colorsOf } from '../plot/theme.js';

export interface Report {
  readonly title: string;
  readonly subtitle: string;
  /** The most important figures. */
  readonly headline: readonly { readonly name: string; readonly text: string; readonly detail: string }[];
  /** What a reader must know before believing the figures. */
  readonly warnings: readonly string[];
  readonly parts: readonly (Chart | Table)[];
  /** Below everything. */
  readonly footer: string;
}

export interface Chart {
  readonly kind: 'chart';
  readonly title: string;
  /** How to read it. */
  readonly note: string;
  /** What it shows, for readers who cannot see it. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
  /** SVG elements. */
  readonly body: string;
}

export interface Table {
  readonly kind: 'table';
  readonly title: string;
  readonly note: string;
  readonly columns: readonly Column[];
  /** The first cell of a row is its name. */
  readonly rows: readonly (readonly Cell[])[];
}

export interface Column {
  readonly head: string;
  /** Numbers are aligned to the right. */
  readonly isNumber: boolean;
  /** In a drawing, in pixels. */
  readonly width: number;
}

export interface Cell {
  readonly text: string;
  /** Smaller, after the text. */
  readonly detail?: string;
  /** In the first cell of a row: drawn as a point and a line between 0 and 1. */
  readonly range?: { readonly value: number; readonly low: number; readonly high: number };
}

/** Of all charts, in pixels. A phone shows it at nearly its full size. */
export const CHART_WIDTH = 380;

/** Colors of the light theme. Style rules replace them by those of the dark theme: `darkRules`. */
export const { ground: GROUND, grid: GRID, ink: INK, muted: MUTED, curves: COLORS } = colorsOf('light');
export const ACCENT = COLORS[0]!;
