import * as Curves from './curve-formulas';
import { Word } from './vector';

/**
 * The activation of a panel, for a next layer with dense inputs: writes h to each sample's row, and f′(z) where z was. Padding
 * gets a derivative of 0, so that its δ and therefore its weights stay 0.
 *
 * @param first    the panel's first unit
 * @param width    columns of the panel, padding included
 * @param columns  columns without padding
 * @param starts   (slots) where each sample's row begins, in elements of `value`
 */
export function $curveRows(
  z: usize,
  first: usize,
  width: usize,
  columns: usize,
  starts: usize,
  value: usize,
  from: usize,
  to: usize,
): void {
  const rowBytes: usize = width << 2;
  for (let s: usize = from; s < to; s++) {
    const begin = z + s * rowBytes;
    const end = begin + rowBytes;
    let out = value + ((Word.at(starts + (s << 2)) + first) << 2);
    for (let row = begin; row < end; row += 16 * $n, out += 16 * $n) {
      const x$v = v128.load(row, 16 * $v);
      const t$v = Curves.$Curve.shared(x$v);
      const h$v = Curves.$Curve.value(x$v, t$v);
      const d$v = Curves.$Curve.slope(x$v, t$v, h$v);

      v128.store(out, h$v, 16 * $v);

      v128.store(row, d$v, 16 * $v);
    }
    for (let padding = begin + (columns << 2); padding < end; padding += 4) store<f32>(padding, 0);
  }
}
