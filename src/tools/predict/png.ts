/** Decodes PNG as a gray image with fast-png, with the checks that fast-png lacks. */
import { convertIndexedToRgb, type DecodedPng, decode, hasPngSignature } from 'fast-png';
import { errors, LockstepError, reason } from '../../errors.js';
import { inflatedAtMost } from '../../files/unzip.js';
import { type Picture, requireSize } from './picture.js';

const SIGNATURE_BYTES = 8;
/** Channels per pixel, by color type. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

export function isPng(bytes: Uint8Array): boolean {
  return bytes.length > SIGNATURE_BYTES && hasPngSignature(bytes.subarray(0, SIGNATURE_BYTES));
}

/**
 * Converts colors to luminance (Rec. 601: 0.299 R + 0.587 G + 0.114 B). Transparent pixels show the background.
 *
 * @param isWhite  whether the background is white; else it is black
 * @throws LockstepError if the file is damaged, or the image is too large
 */
export function decodePng(file: string, bytes: Uint8Array, isWhite: boolean): Picture {
  try {
    return grayOf(decode(sound(file, bytes), { checkCrc: true }), isWhite);
  } catch (error) {
    if (error instanceof LockstepError) throw error;
    throw errors.notAPicture(file, reason(error));
  }
}

/** Chunks that determine the pixels. The others, such as color profiles and texts, may inflate to gigabytes. */
const NEEDED = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'];
const IHDR_BYTES = 13;

/**
 * Removes unneeded chunks, and checks the number of pixels: fast-png does not notice missing ones, and excess data could
 * fill the memory.
 */
function sound(file: string, bytes: Uint8Array): Uint8Array {
  const parts = [bytes.subarray(0, SIGNATURE_BYTES)];
  const data: Uint8Array[] = [];
  let header: DataView | undefined;
  for (const { type, body, whole } of chunksOf(bytes)) {
    if ((type === 'IHDR') !== (header === undefined)) throw new Error('its header is not its first chunk');
    if (type === 'IHDR') header = headerIn(body);
    if (type === 'IDAT') data.push(body);
    if (NEEDED.includes(type)) parts.push(whole);
    if (type === 'IEND') break;
  }
  if (!header) throw new Error('it has no header');
  requirePixels(file, header, Buffer.concat(data));
  return Buffer.concat(parts);
}

function* chunksOf(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = SIGNATURE_BYTES; at + 12 <= bytes.length; ) {
    const end = at + 12 + view.getUint32(at);
    if (end > bytes.length) throw new Error('it is truncated');
    const type = Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1');
    yield { type, body: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end) };
    at = end;
  }
}

function headerIn(body: Uint8Array): DataView {
  if (body.length !== IHDR_BYTES) throw new Error(`it has a header of ${body.length} bytes; expected ${IHDR_BYTES}`);
  return new DataView(body.buffer, body.byteOffset, body.length);
}

function requirePixels(file: string, header: DataView, data: Uint8Array): void {
  const [width, height] = [header.getUint32(0), header.getUint32(4)];
  requireSize(file, { width, height });
  const bits = header.getUint8(8) * (CHANNELS[header.getUint8(9)] ?? 0);
  const isInterlaced = header.getUint8(12) !== 0;
  // fast-png 8.0.0 reads each such pixel as a byte.
  if (isInterlaced && header.getUint8(8) < 8)
    throw new Error('it is interlaced with less than 8 bits per pixel; save it without interlacing');
  const row = 1 + Math.ceil((width * bits) / 8);
  const expected = row * height;
  // An interlaced image consists of seven images, each with its own rows.
  const most = isInterlaced ? 2 * expected + 14 * (height + 8) : expected;
  const found = inflatedAtMost(data, most).length;
  if (found < (isInterlaced ? Math.ceil((width * height * bits) / 8) : expected))
    throw new Error(`it has pixels for only ${Math.floor(found / row)} of ${height} rows`);
}

function grayOf(png: DecodedPng, isWhite: boolean): Picture {
  const { width, height, channels, data, white } = fullColor(png);
  const gray = new Float32Array(width * height);
  const hasAlpha = channels === 2 || channels === 4;
  const isGrey = channels < 3;
  const behind = isWhite ? white : 0;
  const { transparency } = png;
  // One gray or color may be declared transparent.
  const clear = png.palette || hasAlpha ? undefined : transparency;
  for (let p = 0, at = 0; p < gray.length; p++, at += channels) {
    const [r = 0, g = r, b = r] = isGrey ? [data[at]!] : [data[at]!, data[at + 1]!, data[at + 2]!];
    // In this order of operations, three equal colors give exactly the same gray.
    const luminance = (299 * r + 587 * g + 114 * b) / 1000;
    const isClear = clear !== undefined && r === clear[0] && (isGrey || (g === clear[1] && b === clear[2]));
    const alpha = isClear ? 0 : hasAlpha ? data[at + channels - 1]! / white : 1;
    gray[p] = behind + alpha * (luminance - behind);
  }
  return { width, height, white, gray };
}

/** Expands palettes, and pixels of less than a byte, to one number per channel. */
function fullColor(png: DecodedPng) {
  const { width, height, depth, palette } = png;
  if (palette) {
    return { width, height, white: 255, channels: palette[0]?.length ?? 3, data: convertIndexedToRgb(png) };
  }
  const white = 2 ** depth - 1;
  if (depth >= 8) return { width, height, white, channels: png.channels, data: png.data };
  const row = Math.ceil((width * depth) / 8);
  const data = new Uint8Array(width * height);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const bit = x * depth;
      data[p] = (png.data[y * row + (bit >> 3)]! >> (8 - depth - (bit & 7))) & white;
    }
  }
  return { width, height, white, channels: 1, data };
}
