/** An activation without assembly code, over the panels of a float32 layer. */
import type { LayerMemory } from '../memory/layer-memory.js';
import { forEachInput } from '../memory/rows.js';
import type { Activation } from './activations.js';
import { type Dropout, writeFactors } from './dropout.js';

/** See `Kernel.activate`. */
export function activatePlainly(
  { value: f, slope, isSparse }: Activation,
  { panels, outputs }: LayerMemory,
  { inputRows }: LayerMemory,
  from: number,
  to: number,
  dropout?: Dropout,
): void {
  const { form, starts, lengths, index, value } = inputRows;
  const factors = new Float32Array(outputs).fill(1);
  for (let slot = from; slot < to; slot++) {
    if (dropout) writeFactors(dropout, slot, factors, outputs);
    let k = starts[slot]!;
    for (const { firstColumn, width, delta: z } of panels) {
      const columns = Math.min(width, outputs - firstColumn);
      for (let j = 0; j < columns; j++) {
        const at = slot * width + j;
        const factor = factors[firstColumn + j]!;
        const undropped = Math.fround(f(z[at]!));
        const h = Math.fround(factor * undropped);
        const isStored = form === 'dense' || (isSparse ? h !== 0 : factor !== 0);
        z[at] = isStored ? factor * slope(z[at]!, undropped) : 0;
        if (!isStored) continue;
        if (form === 'sparse') index[k] = firstColumn + j;
        value[k++] = h;
      }
      // Padding: its δ stays 0, and with it its weights.
      z.fill(0, slot * width + columns, (slot + 1) * width);
    }
    lengths[slot] = k - starts[slot]!;
  }
}

/** See `Kernel.backward`. Each δ is one sum in float64, in ascending order of columns, whatever the panels. */
export function backwardPlainly(
  { panels, inputRows }: LayerMemory,
  below: LayerMemory,
  from: number,
  to: number,
): void {
  for (let slot = from; slot < to; slot++) {
    let p = 0;
    forEachInput(inputRows, slot, (i) => {
      let sum = 0;
      for (const { width, weights, delta } of panels) {
        for (let j = 0; j < width; j++) sum += weights[i * width + j]! * delta[slot * width + j]!;
      }
      while (p + 1 < below.panels.length && i >= below.panels[p + 1]!.firstColumn) p++;
      const { firstColumn, width, delta } = below.panels[p]!;
      const at = slot * width + i - firstColumn;
      delta[at] = sum * delta[at]!;
    });
  }
}
