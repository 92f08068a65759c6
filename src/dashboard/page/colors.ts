/** Colors for drawing on canvas. */

/** The current value of a custom property of the style sheet. */
export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const dark = matchMedia('(prefers-color-scheme: dark)');

export function isDark(): boolean {
  return dark.matches;
}

export function onSchemeChange(changed: () => void): void {
  dark.addEventListener('change', changed);
}

type Rgb = readonly [number, number, number];

/**
 * From the most negative to the most positive weight, as in `lockstep inspect`. Light: ColorBrewer's RdBu; dark: based on
 * Crameri's berlin. Both are color-blind safe.
 */
const LIGHT = fromHex('053061 2166ac 4393c3 92c5de d1e5f0 ffffff fddbc7 f4a582 d6604d b2182b 67001f');
const DARK = fromHex('9eb0ff 5ba4db 2d7597 1a4256 10212b 000000 301208 5f2413 9c4a35 cf8073 ffadad');

/** [255] Colors of the values −127 to 127; the index is value + 127. */
export function divergingColors(): readonly Rgb[] {
  const stops = isDark() ? DARK : LIGHT;
  return Array.from({ length: 255 }, (_, i): Rgb => {
    const place = (i / 254) * (stops.length - 1);
    const below = Math.min(Math.floor(place), stops.length - 2);
    const [from, to] = [stops[below]!, stops[below + 1]!];
    const mix = (channel: 0 | 1 | 2) => Math.round(from[channel] + (to[channel] - from[channel]) * (place - below));
    return [mix(0), mix(1), mix(2)];
  });
}

function fromHex(colors: string): Rgb[] {
  return colors.split(' ').map((hex) => {
    const value = Number.parseInt(hex, 16);
    return [value >> 16, (value >> 8) & 255, value & 255];
  });
}
