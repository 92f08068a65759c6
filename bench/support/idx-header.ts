/** The header of an IDX file of unsigned bytes. */
export function idxHeader(dimensions: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(4 + 4 * dimensions.length);
  bytes[2] = 0x08;
  bytes[3] = dimensions.length;
  for (const [i, size] of dimensions.entries()) bytes.writeUInt32BE(size, 4 + 4 * i);
  return bytes;
}
