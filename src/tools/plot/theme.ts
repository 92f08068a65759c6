/**
 * Colors. Curves have those of Okabe and Ito's palette, which color-blind readers can tell apart, darkened on light
 * ground and lightened on dark until text in them is legible (4.5 : 1).
 */

export const THEMES = ['light', 'dark', 'auto'] as const;
/** `auto`: as the reader's system has it, where the picture is shown by something that knows CSS; else light. */
export type Theme = (typeof THEMES)[number];

/** How the curves of a run are told from those of others. */
export interface Look {
  readonly color: string;
  /** Marks along the line, where runs are more than colors. */
  readonly shape?: Shape;
}

export const SHAPES = ['square', 'triangle-up', 'diamond'] as const;
export type Shape = (typeof SHAPES)[number];

export interface Colors {
  readonly ground: string;
  readonly grid: string;
  readonly ink: string;
  readonly muted: string;
  /** Of the runs, in this order. */
  readonly curves: readonly string[];
  /** Of the curves of a single run. */
  readonly ofKinds: Readonly<Record<'steps' | 'training' | 'validation' | 'test', string>>;
}

/** @param curves  of the runs */
function withKinds<T extends Pick<Colors, 'ground' | 'grid' | 'ink' | 'muted'>>(
  colors: T,
  curves: readonly [string, string, string, ...string[]],
): Colors {
  const [test, training, validation] = curves;
  return { ...colors, curves, ofKinds: { steps: training, training, validation, test } };
}

const LIGHT = withKinds(
  {
    ground: '#ffffff',
    grid: '#e3e7eb',
    ink: '#1f2328',
    muted: '#59636e',
  },
  // blue, vermilion, bluish green, reddish purple, orange, gray
  ['#0067a3', '#b84a00', '#00795a', '#a5427e', '#866200', '#4a5058'],
);

const DARK = withKinds(
  {
    ground: '#0d1117',
    grid: '#2b323a',
    ink: '#f0f6fc',
    muted: '#9198a1',
  },
  ['#6cc0f5', '#f59a4a', '#35c99b', '#e79cc8', '#e3c04a', '#b7bec7'],
);

/** More cannot be told apart. */
export const MOST_RUNS = LIGHT.curves.length * (1 + SHAPES.length);

/** @param index  of one of several runs, less than MOST_RUNS */
export function lookOf(index: number, { curves }: Colors): Look {
  const color = curves[index % curves.length]!;
  const shape = SHAPES[Math.floor(index / curves.length) - 1];
  return shape === undefined ? { color } : { color, shape };
}

export function colorsOf(theme: Theme): Colors {
  return theme === 'dark' ? DARK : LIGHT;
}

/** Style sheet for `auto`: in the dark, each light color is replaced. A style wins over an SVG attribute. */
export function darkRules(): string {
  const rules = Object.entries(pairs()).map(
    ([light, dark]) => `[fill="${light}"]{fill:${dark}}[stroke="${light}"]{stroke:${dark}}`,
  );
  return `@media(prefers-color-scheme:dark){${rules.join('')}}`;
}

function pairs(): Record<string, string> {
  const names = ['ground', 'grid', 'ink', 'muted'] as const;
  return Object.fromEntries([
    ...names.map((name) => [LIGHT[name], DARK[name]] as const),
    ...LIGHT.curves.map((light, i) => [light, DARK.curves[i]!] as const),
  ]);
}
