/** The discrete Fourier transform of complex numbers, in place: radix 2. */
export class Fourier {
  readonly #length: number;
  readonly #cosines: Float64Array;
  readonly #sines: Float64Array;

  /** @param length  a power of two */
  constructor(length: number) {
    this.#length = length;
    this.#cosines = Float64Array.from({ length: length / 2 }, (_, k) => Math.cos((-2 * Math.PI * k) / length));
    this.#sines = Float64Array.from({ length: length / 2 }, (_, k) => Math.sin((-2 * Math.PI * k) / length));
  }

  transform(re: Float64Array, im: Float64Array): void {
    const n = this.#length;
    for (let i = 1, j = 0; i < n; i++) {
      let bit = n >> 1;
      for (; j & bit; bit >>= 1) j ^= bit;
      j ^= bit;
      if (i >= j) continue;
      [re[i], re[j]] = [re[j]!, re[i]!];
      [im[i], im[j]] = [im[j]!, im[i]!];
    }
    for (let half = 1; half < n; half *= 2) {
      const stride = n / (2 * half);
      for (let first = 0; first < n; first += 2 * half) {
        for (let k = 0, w = 0; k < half; k++, w += stride) {
          const [a, b] = [first + k, first + k + half];
          const [c, s] = [this.#cosines[w]!, this.#sines[w]!];
          const x = re[b]! * c - im[b]! * s;
          const y = re[b]! * s + im[b]! * c;
          re[b] = re[a]! - x;
          im[b] = im[a]! - y;
          re[a]! += x;
          im[a]! += y;
        }
      }
    }
  }

  /** The reverse. */
  inverse(re: Float64Array, im: Float64Array): void {
    // The inverse of z is the conjugate of the transform of the conjugate, divided by the length.
    for (let i = 0; i < im.length; i++) im[i] = -im[i]!;
    this.transform(re, im);
    for (let i = 0; i < re.length; i++) {
      re[i]! /= this.#length;
      im[i]! /= -this.#length;
    }
  }
}
