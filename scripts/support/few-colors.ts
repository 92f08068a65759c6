/** A picture of a screen in as few bytes as a repository would have it: with a palette. */
import { decode, encode } from 'fast-png';

type Rgb = [red: number, green: number, blue: number];

const MOST_COLOURS = 256;

/** The picture's most frequent colors stay as they are; every other becomes the nearest of them. @param png  without alpha */
export function withFewColors(png: Uint8Array): Uint8Array {
  const { width, height, data, channels } = decode(png);
  const keys = new Uint32Array(width * height);
  const counts = new Map<number, number>();
  for (let i = 0; i < keys.length; i++) {
    const at = i * channels;
    const key = (data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!;
    keys[i] = key;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const frequent = [...counts].sort(([, a], [, b]) => b - a).slice(0, MOST_COLOURS);
  const palette = frequent.map(([key]) => rgbOf(key));
  const places = new Map(Array.from(counts.keys(), (key) => [key, nearest(palette, rgbOf(key))] as const));
  const indices = Uint8Array.from(keys, (key) => places.get(key)!);
  return encode({ width, height, channels: 1, depth: 8, palette, data: indices }, { zlib: { level: 9 } });
}

function rgbOf(key: number): Rgb {
  return [key >> 16, (key >> 8) & 255, key & 255];
}

function nearest(palette: readonly Rgb[], [red, green, blue]: Rgb): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (const [i, color] of palette.entries()) {
    const distance = (color[0] - red) ** 2 + (color[1] - green) ** 2 + (color[2] - blue) ** 2;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}
