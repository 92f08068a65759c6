/**
 * Back-propagation through a layer whose inputs are sparse. A narrow layer, such as most output layers, has dense inputs:
 * see `backwardPanel` in dense.ts.
 */
import { Panels, Vector, Word } from './vector';

/**
 * One panel's part of δ of the layer below, Σ_j W[i, j] · δ[s, j], for each active input i of each sample s.
 *
 * Lane l of a partial sum holds the columns j ≡ l (mod 4), in ascending order over all panels, so the result does not
 * depend on the panels' width. The last panel adds up the lanes and stores δ. ReLU's derivative is 1 for the inputs in the
 * list; δ of the others stays the zero that `rectifyPanel` wrote.
 *
 * @param partial     (samples of this call, stride) vectors: the partial sums between panels, in the order of the list
 * @param isFirst     1: the sums begin at zero
 * @param isLast      1: this is the last panel
 * @param below       the layer below's δ, panel after panel, each (slots, panel's width)
 * @param vectors     its outputs, in vectors
 * @param panels      how many panels it has: panel p begins at vector ⌊p · vectors / panels⌋
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
  vectors: usize,
  panels: usize,
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

    // The panel below that holds unit i. It is searched forward, because the list ascends. It holds the units before
    // `next`, and `out` is where unit 0 would be in it.
    let p: usize = 0;
    let next = Panels.start(1, vectors, panels);
    let out = below + s * (next << 2);

    for (; k < end; k += 4) {
      const i = Word.at(k);
      const before = isFirst ? zero : v128.load(place);
      const sum = Vector.dot<V>(before, weights + i * rowBytes, d0, d1, d2, d3, d4, d5, d6, d7);
      if (isLast) {
        while (i >= next) {
          p++;
          const first = next;
          next = Panels.start(p + 1, vectors, panels);
          out = below + ((first * slots + s * (next - first) - first) << 2);
        }
        store<f32>(out + (i << 2), Vector.sum(sum));
      } else v128.store(place, sum);
      place += 16;
    }
  }
}
