/** PNG files chunk by chunk, of kinds that no encoder writes. */
import { crc32, deflateSync } from 'node:zlib';

export function chunk(type: string, body: Uint8Array): Buffer {
  const typed = Buffer.concat([Buffer.from(type), body]);
  const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  crc.writeUInt32BE(checksum(typed));
  return Buffer.concat([length, typed, crc]);
}

/**
 * @param ihdr    width, height, and the other bytes of its header
 * @param pixels  rows, each with its filter's number before it
 * @param before  chunks between header and pixels
 */
export function png(
  [width = 0, height = 0, ...rest]: readonly number[],
  pixels: Uint8Array,
  before: readonly Uint8Array[] = [],
  isToBeDeflated = true,
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set(rest, 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    ...before,
    chunk('IDAT', isToBeDeflated ? deflateSync(pixels) : pixels),
    chunk('IEND', new Uint8Array()),
  ]);
}

/** (node:zlib's crc32 is not in Node 20's first versions.) */
function checksum(bytes: Uint8Array): number {
  if (typeof crc32 === 'function') return crc32(bytes);
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
