/** float32(p / 255) for each pixel p. */
export const SCALED = Float32Array.from({ length: 256 }, (_, pixel) => pixel / 255);
