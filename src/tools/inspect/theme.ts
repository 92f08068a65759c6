/** Colors of the sheets. */

export const THEMES = ['light', 'dark'] as const;
export type ThemeName = (typeof THEMES)[number];

/** Red, green and blue, from 0 to 255. */
export type Color = readonly [number, number, number];

export interface Theme {
  readonly page: string;
  readonly text: string;
  readonly muted: string;
  /** The predicted class of an error. */
  readonly wrong: string;
  /** Frame of an image. */
  readonly frame: string;
  /** From the most negative value to the most positive, evenly spaced, with 0 in the middle. */
  readonly diverging: readonly Color[];
  /** Gray of a pixel from 0 to 1: black on white, or white on black like the images themselves. */
  readonly gray: (pixel: number) => number;
}

export const theme: Readonly<Record<ThemeName, Theme>> = {
  light: {
    page: '#ffffff',
    text: '#1f2328',
    muted: '#59636e',
    wrong: '#b3380a',
    frame: '#d1d9e0',
    // ColorBrewer's RdBu, reversed, white in the middle: color-blind safe.
    diverging: fromHex('053061 2166ac 4393c3 92c5de d1e5f0 ffffff fddbc7 f4a582 d6604d b2182b 67001f'),
    gray: (pixel) => 1 - pixel,
  },
  dark: {
    page: '#0d1117',
    text: '#e6edf3',
    muted: '#9198a1',
    wrong: '#ffa657',
    frame: '#30363d',
    // Based on Crameri's berlin, black in the middle, with blue and red of equal lightness: color-blind safe.
    diverging: fromHex('9eb0ff 5ba4db 2d7597 1a4256 10212b 000000 301208 5f2413 9c4a35 cf8073 ffadad'),
    gray: (pixel) => pixel,
  },
};

/** @param value  from -1 to 1 */
export function divergingColor(stops: readonly Color[], value: number): Color {
  const place = ((Math.max(-1, Math.min(1, value)) + 1) / 2) * (stops.length - 1);
  const below = Math.min(Math.floor(place), stops.length - 2);
  const part = place - below;
  const [from, to] = [stops[below]!, stops[below + 1]!];
  const mix = (channel: 0 | 1 | 2) => Math.round(from[channel] + (to[channel] - from[channel]) * part);
  return [mix(0), mix(1), mix(2)];
}

function fromHex(colors: string): Color[] {
  return colors.split(' ').map((hex) => {
    const [red = 0, green = 0, blue = 0] = Buffer.from(hex, 'hex');
    return [red, green, blue];
  });
}
