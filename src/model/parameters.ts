/** A network's parameters, from the panels in memory to plain tensors and back. */
import { createHash } from 'node:crypto';
import type { Values } from '../files/safetensors.js';
import type { LayerMemory, Reals } from '../memory/layer-memory.js';

/**
 * Visits a layer's parameters in the order used outside of the kernels: weights [inputs, outputs] row by row, then biases
 * [outputs], without padding.
 */
export function forEachParameter(layer: LayerMemory, visit: (panel: Reals, at: number) => void): void {
  const { inputs, outputs, panels } = layer;
  for (let row = 0; row <= inputs; row++) {
    for (const { firstColumn, width, weights } of panels) {
      const columns = Math.min(width, outputs - firstColumn);
      for (let column = 0; column < columns; column++) visit(weights, row * width + column);
    }
  }
}

/**
 * All parameters, layer by layer.
 *
 * @param into  (parameters) @default a new Float32Array, which rounds the float64 values of the reference kernel
 */
export function readParameters(layers: readonly LayerMemory[]): Float32Array;
export function readParameters<V extends Values>(layers: readonly LayerMemory[], into: V): V;
export function readParameters(
  layers: readonly LayerMemory[],
  into: Values = new Float32Array(parameterCount(layers)),
): Values {
  forEachRow(layers, (panel, from, columns, at) => copy(panel, from, into, at, columns));
  return into;
}

/** Shorter ones are copied faster one by one. */
const LONG = 256;

function copy(source: Values, from: number, target: Values, to: number, count: number): void {
  if (count >= LONG) target.set(source.subarray(from, from + count), to);
  else for (let i = 0; i < count; i++) target[to + i] = source[from + i]!;
}

/**
 * Visits the rows of all panels, or all rows of a layer's single panel at once: a call for each parameter would take longer than
 * the copying.
 *
 * @param visit  `at`: in the order of `readParameters`
 */
function forEachRow(
  layers: readonly LayerMemory[],
  visit: (panel: Reals, from: number, columns: number, at: number) => void,
): void {
  let begin = 0;
  for (const { inputs, outputs, panels } of layers) {
    for (const { firstColumn, width, weights } of panels) {
      const columns = Math.min(width, outputs - firstColumn);
      if (width === outputs) visit(weights, 0, (inputs + 1) * width, begin);
      else
        for (let row = 0; row <= inputs; row++)
          visit(weights, row * width, columns, begin + row * outputs + firstColumn);
    }
    begin += (inputs + 1) * outputs;
  }
}

/** The reverse of `readParameters`. */
export function writeParameters(layers: readonly LayerMemory[], values: Values): void {
  forEachRow(layers, (panel, to, columns, at) => copy(values, at, panel, to, columns));
}

export function areFinite(layers: readonly LayerMemory[]): boolean {
  return layers.every(({ parameters }) => (parameters as Float64Array).every(Number.isFinite));
}

export function parameterCount(layers: readonly Pick<LayerMemory, 'inputs' | 'outputs'>[]): number {
  return layers.reduce((sum, { inputs, outputs }) => sum + (inputs + 1) * outputs, 0);
}

/** Replaces the parameters with those of the best epoch. */
export function restoreBest(layers: readonly LayerMemory[]): void {
  for (const { parameters, best } of layers) (parameters as Float64Array).set(best);
}

/** Replaces the parameters with their moving average, the last moment. */
export function restoreAverage(layers: readonly LayerMemory[]): void {
  for (const { parameters, moments } of layers) (parameters as Float64Array).set(moments.at(-1)!);
}

/** Copies the parameters, as they are in memory. */
export function copyParameters(layers: readonly LayerMemory[]): LayerMemory[] {
  return likeParameters(layers, ({ parameters }) => parameters.slice());
}

/** Copies the optimizer's moments, by moment. */
export function copyMoments(layers: readonly LayerMemory[]): LayerMemory[][] {
  return momentsOf(layers).map(copyParameters);
}

/** Views of the optimizer's moments, by moment. */
export function momentsOf(layers: readonly LayerMemory[]): LayerMemory[][] {
  return layers[0]!.moments.map((_, i) => likeParameters(layers, ({ moments }) => moments[i]!));
}

/**
 * Layers whose parameters are another array with the same layout, such as a moment. Nothing else of them may be used.
 *
 * @param pick  the array of a layer
 */
export function likeParameters(layers: readonly LayerMemory[], pick: (layer: LayerMemory) => Reals): LayerMemory[] {
  return layers.map((layer) => {
    const parameters = pick(layer);
    let end = 0;
    const panels = layer.panels.map((panel) => {
      const begin = end;
      end += panel.weights.length;
      return { ...panel, weights: parameters.subarray(begin, end) };
    });
    return { ...layer, parameters, panels };
  });
}

const HASHED_AT_ONCE_BYTES = 1 << 16;

/** SHA-256 of all parameters as little-endian float32, in hexadecimal. */
export function weightsSha256(layers: readonly LayerMemory[]): string {
  const hash = createHash('sha256');
  // In pieces: a model may exceed what a hash takes at once, and a copy would cost memory.
  const piece = new DataView(new ArrayBuffer(HASHED_AT_ONCE_BYTES));
  let filled = 0;
  for (const layer of layers) {
    forEachParameter(layer, (panel, at) => {
      piece.setFloat32(filled, panel[at]!, true);
      filled += 4;
      if (filled === HASHED_AT_ONCE_BYTES) {
        hash.update(piece);
        filled = 0;
      }
    });
  }
  return hash.update(new Uint8Array(piece.buffer, 0, filled)).digest('hex');
}

/** The same for the values of `readParameters`. */
export function sha256Of(values: Values): string {
  const hash = createHash('sha256');
  const pieceLength = HASHED_AT_ONCE_BYTES / 4;
  for (let from = 0; from < values.length; from += pieceLength) {
    hash.update(Float32Array.from(values.subarray(from, from + pieceLength)));
  }
  return hash.digest('hex');
}
