/**
 * Back-propagation through a layer whose inputs are sparse. A narrow layer, such as most output layers, has dense inputs:
 * see `backwardPanel` in dense.ts.
 */
import { Panels, Vector, Word } from './vector';

/**
 * Some of a panel's columns in δ of the layer below, Σ_j W[i, j] · δ[s, j], for each active input i of each sample s.
 *
 * Lane l of a partial sum holds the columns j ≡ l (mod 4), in ascending order over all panels, so the result does not
 * depend on the panels' width. The last call adds up the lanes and stores δ. ReLU's derivative is 1 for the inputs in the
 * list; δ of the others stays the zero that `rectifyPanel` wrote.
 *
 * @param weights     (inputs + 1, width) from the first of `part` vectors of a row on
 * @param rowBytes    of the whole panel
 * @param delta       (slots, width) from the same column on
 * @param partial     (samples of this call, stride) vectors: the partial sums between calls, in the order of the list
 * @param isFirst     1: the sums begin at zero
 * @param isLast      1: these are the last columns
 * @param below       the layer below's δ, panel after panel, each (slots, panel's width)
 * @param units       its outputs, in units of which panels are made
 * @param unit         columns of a unit
 * @param panels      how many panels it has: panel p begins at unit ⌊p · units / panels⌋
 */
export function backward$part(
  weights: usize,
  rowBytes: usize,
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
  unit: usize,
  panels: usize,
  from: usize,
  to: usize,
): void {
  const zero = f32x4.splat(0);
  for (let s: usize = from; s < to; s++) {
    const d = delta + s * rowBytes;
    const d$v = v128.load(d, 16 * $v);
    let k: usize = index + (Word.at(starts + (s << 2)) << 2);
    const end = k + (Word.at(lengths + (s << 2)) << 2);
    let place = partial + (s - from) * (stride << 4);

    // The panel below that holds unit i. It is searched forward, because the list ascends. It holds the units before
    // `next`, and `out` is where unit 0 would be in it.
    let p: usize = 0;
    let next = Panels.start(1, units, unit, panels);
    let out = below + s * (next << 2);

    for (; k < end; k += 4) {
      const i = Word.at(k);
      const row = weights + i * rowBytes;
      let sum = isFirst ? zero : v128.load(place);
      sum = Vector.madd(d$v, v128.load(row, 16 * $v), sum);
      if (isLast) {
        while (i >= next) {
          p++;
          const first = next;
          next = Panels.start(p + 1, units, unit, panels);
          out = below + ((first * slots + s * (next - first) - first) << 2);
        }
        store<f32>(out + (i << 2), Vector.sum(sum));
      } else v128.store(place, sum);
      place += 16;
    }
  }
}
