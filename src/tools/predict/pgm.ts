/** PGM, the plainest of pictures: https://netpbm.sourceforge.net/doc/pgm.html. P2 is text, P5 binary. */
import { errors } from '../../errors.js';
import { type Picture, requireSize } from './picture.js';

const MOST_WHITE = 65535;
const LINE_FEED = 0x0a;
const HASH = 0x23;

export function isPgm(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && (bytes[1] === 0x32 || bytes[1] === 0x35) && isSpace(bytes[2]);
}

/** @throws LockstepError if it is damaged */
export function decodePgm(file: string, bytes: Uint8Array): Picture {
  const reader = new Reader(file, bytes);
  const width = reader.number('width');
  const height = reader.number('height');
  const white = reader.number('maximum value');
  requireSize(file, { width, height });
  if (white < 1 || white > MOST_WHITE)
    throw errors.notAPicture(file, `its maximum value is ${white}; expected 1 to ${MOST_WHITE}`);
  const gray = bytes[1] === 0x35 ? reader.binary(width * height, white) : reader.text(width * height);
  const beyond = gray.findIndex((value) => value > white);
  if (beyond >= 0)
    throw errors.notAPicture(file, `pixel ${beyond} is ${gray[beyond]}, above its maximum value ${white}`);
  return { width, height, white, gray };
}

class Reader {
  readonly #file: string;
  readonly #bytes: Uint8Array;
  #at = 2;

  constructor(file: string, bytes: Uint8Array) {
    this.#file = file;
    this.#bytes = bytes;
  }

  /** Skips space, and reads a decimal number. */
  number(what: string): number {
    this.#skipSpace();
    const from = this.#at;
    let value = 0;
    for (let digit = this.#digit(); digit !== undefined; digit = this.#digit()) {
      value = value * 10 + digit;
      this.#at++;
    }
    if (this.#at === from) throw errors.notAPicture(this.#file, `no ${what} at byte ${from}`);
    return value;
  }

  text(count: number): Float32Array {
    // A pixel takes at least two bytes: the header must not cause an allocation that the file does not justify.
    if (2 * count - 1 > this.#bytes.length) throw this.#truncated();
    const gray = Float32Array.from({ length: count }, (_, pixel) => this.number(`pixel ${pixel}`));
    this.#skipSpace();
    this.#requireEnd();
    return gray;
  }

  binary(count: number, white: number): Float32Array {
    if (!isSpace(this.#bytes[this.#at])) throw errors.notAPicture(this.#file, 'no space after its header');
    this.#at++;
    const width = white < 256 ? 1 : 2;
    if (this.#bytes.length - this.#at < count * width) throw this.#truncated();
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, count * width);
    const gray = Float32Array.from({ length: count }, (_, p) =>
      width === 1 ? view.getUint8(p) : view.getUint16(2 * p),
    );
    this.#at += count * width;
    this.#requireEnd();
    return gray;
  }

  #digit(): number | undefined {
    const digit = (this.#bytes[this.#at] ?? 0) - 0x30;
    return digit >= 0 && digit <= 9 ? digit : undefined;
  }

  /** Skips space, and comments from # to the end of the line. */
  #skipSpace(): void {
    for (; this.#at < this.#bytes.length; this.#at++) {
      const byte = this.#bytes[this.#at];
      if (byte === HASH) {
        const end = this.#bytes.indexOf(LINE_FEED, this.#at);
        this.#at = end < 0 ? this.#bytes.length - 1 : end;
      } else if (!isSpace(byte)) return;
    }
  }

  #requireEnd(): void {
    const behind = this.#bytes.length - this.#at;
    if (behind > 0)
      throw errors.notAPicture(this.#file, `${behind} extra bytes after its last pixel; expected a single image`);
  }

  #truncated() {
    return errors.notAPicture(this.#file, 'it is truncated: it has fewer pixels than its header declares');
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}
