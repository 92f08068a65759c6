import { Vector, Word } from './vector';

/**
 * One panel's part of δ of the layer below, Σ_j W[i, j] · δ[s, j], for each active input i of each sample s.
 *
 * Lane l of a partial sum holds the columns j ≡ l (mod 4), in ascending order over all panels: so the result
 * does not depend on the panels' width. The last panel adds up the lanes and puts δ where it belongs. ReLU's
 * derivative is in the choice of the inputs: δ of the others stays the zero that `rectifyPanel` left there.
 *
 * @param partial     (samples of this call, stride) vectors: the partial sums between panels, by place in the list
 * @param isFirst     1: the sums begin at zero
 * @param isLast      1: this is the last panel
 * @param below       the layer below's δ, panel after panel, each (slots, panel's width)
 * @param units       its outputs, padding included
 * @param panelWidth  columns of each of its panels but the last, which has the rest
 */
export function backwardPanel<V>(
  weights: usize,
  starts: usize,
  lengths: usize,
  index: usize,
  delta: usize,
  partial: usize,
  stride: usize,
  isFirst: usize,
  isLast: usize,
  below: usize,
  slots: usize,
  units: usize,
  panelWidth: usize,
  from: usize,
  to: usize,
): void {
  const n: usize = offsetof<V>();
  const rowBytes: usize = n * 16;
  const zero = f32x4.splat(0);
  for (let s: usize = from; s < to; s++) {
    const d = delta + s * rowBytes;
    const d0 = v128.load(d);
    const d1 = n > 1 ? v128.load(d, 16) : zero;
    const d2 = n > 2 ? v128.load(d, 32) : zero;
    const d3 = n > 3 ? v128.load(d, 48) : zero;
    const d4 = n > 4 ? v128.load(d, 64) : zero;
    const d5 = n > 5 ? v128.load(d, 80) : zero;
    const d6 = n > 6 ? v128.load(d, 96) : zero;
    const d7 = n > 7 ? v128.load(d, 112) : zero;
    let k: usize = index + (Word.at(starts + (s << 2)) << 2);
    const end = k + (Word.at(lengths + (s << 2)) << 2);
    let place = partial + (s - from) * (stride << 4);

    // The list ascends, so the panel below that holds unit i is found by walking on.
    let first: usize = 0;
    let width: usize = min(panelWidth, units);
    let out = below + s * (width << 2);

    for (; k < end; k += 4) {
      const i = Word.at(k);
      const row = weights + i * rowBytes;
      let sum = isFirst ? zero : v128.load(place);
      sum = Vector.maddAt(d0, row, 0, sum);
      if (n > 1) sum = Vector.maddAt(d1, row, 1, sum);
      if (n > 2) sum = Vector.maddAt(d2, row, 2, sum);
      if (n > 3) sum = Vector.maddAt(d3, row, 3, sum);
      if (n > 4) sum = Vector.maddAt(d4, row, 4, sum);
      if (n > 5) sum = Vector.maddAt(d5, row, 5, sum);
      if (n > 6) sum = Vector.maddAt(d6, row, 6, sum);
      if (n > 7) sum = Vector.maddAt(d7, row, 7, sum);
      if (isLast) {
        while (i - first >= width) {
          first += width;
          width = min(panelWidth, units - first);
          out = below + ((first * slots + s * width) << 2);
        }
        store<f32>(out + ((i - first) << 2), Vector.sum(sum));
      } else v128.store(place, sum);
      place += 16;
    }
  }
}
