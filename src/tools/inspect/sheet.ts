/** Lays out a sheet of images with captions as SVG. */

import { errors } from '../../errors.js';
import { escaped, FONT, widthOf } from '../drawing/letters.js';
import type { Theme } from './theme.js';

export interface Captioned {
  /** Makes a PNG file of the size of the sheet's images. Called after the size of the sheet has been checked. */
  readonly png: () => Uint8Array;
  /** Tooltip. */
  readonly tip: string;
  /** Lines of text below the image. */
  readonly caption: readonly (readonly Span[])[];
}

export interface Span {
  readonly text: string;
  readonly color: 'text' | 'muted' | 'wrong';
  readonly isBold?: boolean;
}

export interface Sheet {
  readonly title: string;
  readonly subtitle: string;
  readonly pictures: readonly Captioned[];
  /** Size of each image, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly legend?: Legend;
}

/** A color bar with texts at its ends and in its middle. */
export interface Legend {
  /** From left to right, evenly spaced. */
  readonly colors: readonly string[];
  readonly texts: readonly [string, string, string];
}

/** SVG pixels. As PNG, at twice the resolution, such a sheet takes some hundred megabytes of memory. */
const MOST_PIXELS = 2 ** 24 + 2 ** 23;

const MARGIN = 24;
const GAP = 10;
const TITLE_SIZE = 17;
const SUBTITLE_SIZE = 13;
/** Font sizes of the first and the other lines of a caption. */
const CAPTION_SIZES = [15, 12.5] as const;
const CAPTION_LINE = 18;
/** Minimum width of an image with a caption. */
const LEAST_CAPTIONED = 60;
const LEGEND_WIDTH = 240;
const LEGEND_HEIGHT = 12;
/** Width of its texts, which extend by half of it on both sides. */
const LEGEND_TEXT = 60;

/** @throws LockstepError (status 2) if the sheet would be too large */
export function drawSheet({ title, subtitle, pictures, width, height, legend }: Sheet, theme: Theme): string {
  const lines = Math.max(0, ...pictures.map(({ caption }) => caption.length));
  const leastCell = (lines > 0 ? Math.max(width, LEAST_CAPTIONED) : width) + GAP;
  const captionHeight = lines > 0 ? lines * CAPTION_LINE + GAP : 0;
  const cellHeight = height + GAP + captionHeight;
  const headWidth = Math.max(widthOf(title, TITLE_SIZE), widthOf(subtitle, SUBTITLE_SIZE));
  // About as many rows as columns; with few images, as many columns as fit below the title.
  const fitting = Math.floor((headWidth + GAP) / leastCell);
  const columns = Math.min(pictures.length, Math.max(Math.ceil(Math.sqrt(pictures.length)), fitting));
  const rows = columns > 0 ? Math.ceil(pictures.length / columns) : 0;
  // Full rows are as wide as the title. Whole pixels keep the images sharp.
  const spare = headWidth - (columns * leastCell - GAP);
  const gap = GAP + (rows > 1 && columns > 1 && spare > 0 ? Math.floor(spare / (columns - 1)) : 0);
  const cellWidth = leastCell - GAP + gap;

  const top = MARGIN + TITLE_SIZE + SUBTITLE_SIZE + 26;
  const gridWidth = columns * cellWidth - gap;
  const sheetWidth = Math.ceil(Math.max(gridWidth, headWidth, LEGEND_WIDTH + LEGEND_TEXT)) + 2 * MARGIN;
  const legendTop = top + rows * cellHeight + (rows > 0 ? 8 : 0);
  // No gap after the last row.
  const gridBottom = top + rows * cellHeight - (lines > 0 ? 2 * GAP - 4 : GAP);
  const sheetHeight = (legend ? legendTop + LEGEND_HEIGHT + 26 : gridBottom) + MARGIN;
  if (sheetWidth * sheetHeight > MOST_PIXELS) throw errors.sheetTooLarge(sheetWidth * sheetHeight, MOST_PIXELS);

  const cells = pictures.flatMap((picture, i) => {
    const x = MARGIN + (i % columns) * cellWidth + Math.floor((cellWidth - gap - width) / 2);
    const y = top + Math.floor(i / columns) * cellHeight;
    return [image(picture, x, y, width, height, theme), ...captionLines(picture, x + width / 2, y + height, theme)];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${sheetWidth}" height="${sheetHeight}" ` +
      `viewBox="0 0 ${sheetWidth} ${sheetHeight}" font-family="${FONT}">`,
    `<rect width="100%" height="100%" fill="${theme.page}"/>`,
    text(MARGIN, MARGIN + TITLE_SIZE, TITLE_SIZE, title, `fill="${theme.text}" font-weight="600"`),
    text(MARGIN, MARGIN + TITLE_SIZE + SUBTITLE_SIZE + 8, SUBTITLE_SIZE, subtitle, `fill="${theme.muted}"`),
    ...cells,
    ...(legend ? legendAt(MARGIN + Math.max(gridWidth, LEGEND_WIDTH + LEGEND_TEXT) / 2, legendTop, legend, theme) : []),
    '</svg>',
    '',
  ].join('\n');
}

function image({ png, tip }: Captioned, x: number, y: number, width: number, height: number, theme: Theme): string {
  const place = `x="${x}" y="${y}" width="${width}" height="${height}"`;
  const data = `data:image/png;base64,${Buffer.from(png()).toString('base64')}`;
  return (
    `<image ${place} style="image-rendering:pixelated" href="${data}"><title>${escaped(tip)}</title></image>` +
    `<rect x="${x - 0.5}" y="${y - 0.5}" width="${width + 1}" height="${height + 1}" fill="none" stroke="${theme.frame}"/>`
  );
}

function captionLines({ caption }: Captioned, middle: number, top: number, theme: Theme): string[] {
  return caption.map((spans, line) => {
    const size = CAPTION_SIZES[Math.min(line, 1)]!;
    const parts = spans.map(
      ({ text, color, isBold }) =>
        `<tspan fill="${theme[color]}"${isBold ? ' font-weight="600"' : ''}>${escaped(text)}</tspan>`,
    );
    const y = top + (line + 1) * CAPTION_LINE;
    return `<text x="${middle}" y="${y}" font-size="${size}" text-anchor="middle" xml:space="preserve">${parts.join('')}</text>`;
  });
}

function legendAt(middle: number, top: number, { colors, texts }: Legend, theme: Theme): string[] {
  const left = middle - LEGEND_WIDTH / 2;
  const stops = colors.map((color, i) => `<stop offset="${i / (colors.length - 1)}" stop-color="${color}"/>`);
  const place = `x="${left}" y="${top}" width="${LEGEND_WIDTH}" height="${LEGEND_HEIGHT}"`;
  return [
    `<linearGradient id="legend">${stops.join('')}</linearGradient>`,
    `<rect ${place} fill="url(#legend)" stroke="${theme.frame}"/>`,
    ...texts.map((each, i) => {
      const x = left + (i * LEGEND_WIDTH) / 2;
      return text(x, top + LEGEND_HEIGHT + 18, 12.5, each, `fill="${theme.muted}" text-anchor="middle"`);
    }),
  ];
}

function text(x: number, y: number, size: number, content: string, attributes: string): string {
  return `<text x="${x}" y="${y}" font-size="${size}" ${attributes}>${escaped(content)}</text>`;
}
