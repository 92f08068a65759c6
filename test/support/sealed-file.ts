/** Makes safetensors files of any header, with or without a right checksum: written from the format's description alone. */
import { createHash } from 'node:crypto';

const FIELD = '"sha256":"';
const BLANK = '0'.repeat(64);

/** @param json  of the header; if it has a field "sha256" of 64 digits, they become those of the file's checksum */
export function sealedFile(json: string, body: Uint8Array): Buffer {
  const text = Buffer.from(json);
  const header = Buffer.alloc(8 + Math.ceil(text.length / 8) * 8, ' ');
  header.writeBigUInt64LE(BigInt(header.length - 8));
  text.copy(header, 8);
  const file = Buffer.concat([header, body]);
  const match = /"sha256":"[0-9a-f]{64}"/.exec(header.toString('latin1'));
  if (!match) return file;
  const at = match.index + FIELD.length;
  file.write(BLANK, at, 'latin1');
  file.write(createHash('sha256').update(file).digest('hex'), at, 'latin1');
  return file;
}

/** The reverse: the header's JSON, and the tensors' bytes. */
export function partsOf(file: Uint8Array): { readonly json: string; readonly body: Uint8Array } {
  const bytes = Buffer.from(file);
  const end = 8 + Number(bytes.readBigUInt64LE());
  return { json: bytes.toString('utf8', 8, end), body: file.subarray(end) };
}
