/** Converts SVG to PNG, without a browser. */

export interface PngOptions {
  /** PNG pixels per SVG pixel. */
  readonly scale: number;
  /** A TrueType or OpenType file. @default fonts of the system */
  readonly font?: string | undefined;
  /** Scale embedded images without smoothing. @default false */
  readonly isPixelated?: boolean;
}

const PROBE = '<svg xmlns="http://www.w3.org/2000/svg"><text y="20" font-family="sans-serif">0</text></svg>';

/** @returns undefined if there is no font, because the text would be missing */
export async function pngOf(svg: string, options: PngOptions): Promise<Uint8Array | undefined> {
  const { scale, font: file, isPixelated = false } = options;
  // Imported on demand: systems without a binary of this library can still write SVG.
  const { Resvg } = await import('@resvg/resvg-js');
  const font =
    file === undefined
      ? // By default, resvg uses Arial for `sans-serif`, which few Linux machines have.
        { loadSystemFonts: true, sansSerifFamily: 'DejaVu Sans' }
      : { loadSystemFonts: false, fontFiles: [file] };
  if (!new Resvg(PROBE, { font }).getBBox()) return undefined;
  // resvg ignores `image-rendering: pixelated`; the value 1 of this option has the same effect.
  const rendering = isPixelated ? { imageRendering: 1 as const } : {};
  return new Resvg(svg, { font, ...rendering, fitTo: { mode: 'zoom', value: scale } }).render().asPng();
}
