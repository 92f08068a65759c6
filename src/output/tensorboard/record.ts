/**
 * TFRecord, the framing of TensorBoard's files (https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details):
 * the length as a little-endian uint64, its masked CRC-32C, the data, and theirs.
 */
import { maskedCrc32c } from './crc32c.js';

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
