/** float32(p / 255) for each pixel p. */
export const SCALED = Float32Array.from({ length: 256 }, (_, pixel) => pixel / 255);

/** The inputs of an image. (A loop: `from` with a function takes ten times as long.) */
export function scaledPixels(pixels: Uint8Array): Float32Array {
  const inputs = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) inputs[i] = SCALED[pixels[i]!]!;
  return inputs;
}
