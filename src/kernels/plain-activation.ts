/** An activation without assembly code, over the panels of a float32 layer. */
import type { LayerMemory } from '../memory/layout.js';
import { forEachInput } from '../memory/rows.js';
import type { Activation } from './activations.js';

/** See `Kernel.activate`. */
export function activatePlainly(
  { value: f }: Activation,
  { panels, outputs }: LayerMemory,
  { inputRows }: LayerMemory,
  from: number,
  to: number,
): void {
  const { form, starts, lengths, index, value } = inputRows;
  for (let slot = from; slot < to; slot++) {
    let k = starts[slot]!;
    for (const { firstColumn, width, delta: z } of panels) {
      const columns = Math.min(width, outputs - firstColumn);
      for (let j = 0; j < columns; j++) {
        const h = Math.fround(f(z[slot * width + j]!));
        if (form === 'sparse' && h === 0) continue;
        if (form === 'sparse') index[k] = firstColumn + j;
        value[k++] = h;
      }
      if (form === 'sparse') z.fill(0, slot * width, (slot + 1) * width);
    }
    lengths[slot] = k - starts[slot]!;
  }
}

/** See `Kernel.backward`. Each δ is one sum in float64, in ascending order of columns, whatever the panels. */
export function backwardPlainly(
  { slope }: Activation,
  { panels, inputRows }: LayerMemory,
  below: LayerMemory,
  from: number,
  to: number,
): void {
  for (let slot = from; slot < to; slot++) {
    let p = 0;
    forEachInput(inputRows, slot, (i, h) => {
      let sum = 0;
      for (const { width, weights, delta } of panels) {
        for (let j = 0; j < width; j++) sum += weights[i * width + j]! * delta[slot * width + j]!;
      }
      while (p + 1 < below.panels.length && i >= below.panels[p + 1]!.firstColumn) p++;
      const { firstColumn, width, delta } = below.panels[p]!;
      delta[slot * width + i - firstColumn] = sum * slope(h);
    });
  }
}
