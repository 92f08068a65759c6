/** A private run's secret, and the keys that are derived from it: one for noise and one for sampling. */
import { createHash, hkdfSync, randomBytes } from 'node:crypto';

const KEY_BYTES = 32;

/** @param seed  for tests: whoever knows it can remove the noise. Undefined: from the system's randomness */
export function newSecret(seed: number | undefined): Uint8Array {
  return seed === undefined
    ? randomBytes(KEY_BYTES)
    : createHash('sha256').update(`lockstep --dp-seed ${seed}`).digest();
}

export function keyFor(use: 'noise' | 'sampling', secret: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `lockstep ${use}`, KEY_BYTES));
}

/** The text in a checkpoint. */
export function secretText(secret: Uint8Array): string {
  return Buffer.from(secret).toString('hex');
}

/** The reverse; undefined if it is not one. */
export function secretOf(text: string | undefined): Uint8Array | undefined {
  return text !== undefined && /^[0-9a-f]{64}$/.test(text) ? Buffer.from(text, 'hex') : undefined;
}
