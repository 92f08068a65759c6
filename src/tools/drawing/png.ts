/** From SVG to PNG, without a browser. */

export interface PngOptions {
  /** Pixels of the PNG a pixel of the SVG. */
  readonly scale: number;
  /** A TrueType or OpenType file to write with. @default the system's fonts */
  readonly font?: string | undefined;
  /** Embedded pictures keep their pixels sharp. @default false */
  readonly isPixelated?: boolean;
}

const PROBE = '<svg xmlns="http://www.w3.org/2000/svg"><text y="20" font-family="sans-serif">0</text></svg>';

/** @returns undefined where there is no font to write with: its letters would be left out in silence */
export async function pngOf(svg: string, options: PngOptions): Promise<Uint8Array | undefined> {
  const { scale, font: file, isPixelated = false } = options;
  // Only here: SVG is made where this library has no binary for the system.
  const { Resvg } = await import('@resvg/resvg-js');
  const font =
    file === undefined
      ? // `sans-serif` is Arial unless told otherwise, which few machines have.
        { loadSystemFonts: true, sansSerifFamily: 'DejaVu Sans' }
      : { loadSystemFonts: false, fontFiles: [file] };
  if (!new Resvg(PROBE, { font }).getBBox()) return undefined;
  // Our pictures ask for `pixelated`, which it does not know: its own word for that is 1.
  const rendering = isPixelated ? { imageRendering: 1 as const } : {};
  return new Resvg(svg, { font, ...rendering, fitTo: { mode: 'zoom', value: scale } }).render().asPng();
}
