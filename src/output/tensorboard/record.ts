/**
 * TFRecord, the framing of TensorBoard's files (https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details):
 * the length as a little-endian uint64, its masked CRC-32C, the data, and the masked CRC-32C of the data.
 */
const LENGTH_BYTES = 8;
const CRC_BYTES = 4;

export function tfRecord(data: Uint8Array): Uint8Array {
  const record = Buffer.alloc(LENGTH_BYTES + CRC_BYTES + data.length + CRC_BYTES);
  record.writeBigUInt64LE(BigInt(data.length));
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, LENGTH_BYTES)), LENGTH_BYTES);
  record.set(data, LENGTH_BYTES + CRC_BYTES);
  record.writeUInt32LE(maskedCrc32c(data), record.length - CRC_BYTES);
  return record;
}

/** Castagnoli, reflected: RFC 3720, appendix B.4. */
const POLYNOMIAL = 0x82f63b78;
/** TFRecord masks checksums, because a CRC of data that contains its own CRC is problematic. */
const MASK = 0xa282ead8;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ POLYNOMIAL : rest >>> 1;
  return rest;
});

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Rotates right by 15 bits, and adds a constant. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + MASK) >>> 0;
}
