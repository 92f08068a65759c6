/**
 * Colors. Curves use the palette of Okabe and Ito, which is color-blind safe, darkened on light background and lightened on
 * dark background for a contrast of 4.5 : 1.
 */

export const THEMES = ['light', 'dark', 'auto'] as const;
/** `auto`: follows the system of the reader if the viewer supports CSS; else light. */
export type Theme = (typeof THEMES)[number];

/** The style of a run. */
export interface Look {
  readonly color: string;
  /** Symbols along the line, if there are more runs than colors. */
  readonly shape?: Shape;
}

export const SHAPES = ['square', 'triangle-up', 'diamond'] as const;
export type Shape = (typeof SHAPES)[number];

export interface Colors {
  readonly ground: string;
  readonly grid: string;
  readonly ink: string;
  readonly muted: string;
  /** Colors of the runs, in order. */
  readonly curves: readonly string[];
  /** Colors of the curves of a single run. */
  readonly ofKinds: Readonly<Record<'steps' | 'training' | 'validation' | 'test', string>>;
}

/** @param curves  colors of the runs */
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

/** More runs cannot be distinguished. */
export const MOST_RUNS = LIGHT.curves.length * (1 + SHAPES.length);

/** @param index  less than MOST_RUNS */
export function lookOf(index: number, { curves }: Colors): Look {
  const color = curves[index % curves.length]!;
  const shape = SHAPES[Math.floor(index / curves.length) - 1];
  return shape === undefined ? { color } : { color, shape };
}

export function colorsOf(theme: Theme): Colors {
  return theme === 'dark' ? DARK : LIGHT;
}

/** Style sheet for `auto`, which replaces light colors by dark ones. CSS takes precedence over SVG attributes. */
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
