import { TO_FRONT, Word } from './vector';

/**
 * ReLU of a panel, for a next layer with sparse inputs: appends the active units to each sample's list, and sets z to 0 where
 * back-propagation will write δ of the active units alone.
 *
 * A NaN counts as active, so that it reaches the loss and ends the run.
 *
 * @param first    the panel's first unit; 0: the lists are empty
 * @param width    columns of the panel, padding included
 * @param columns  columns without padding (which is 0, unless the weights are not finite)
 */
export function rectifyPanel(
  z: usize,
  first: usize,
  width: usize,
  columns: usize,
  starts: usize,
  lengths: usize,
  index: usize,
  value: usize,
  keepsZ: usize,
  from: usize,
  to: usize,
): void {
  const rowBytes: usize = width << 2;
  for (let s: usize = from; s < to; s++) {
    const begin: usize = Word.at(starts + (s << 2)) << 2;
    let k: usize = begin + (first == 0 ? 0 : Word.at(lengths + (s << 2)) << 2);
    const row = z + s * rowBytes;
    // Four units at a time: the active ones move to the front, all four are written, and the place advances by the number
    // of active ones. There is no branch to mispredict. The list has room for every unit so far, so no write is out of it.
    let units = i32x4.splat(<i32>first);
    units = i32x4.add(units, i32x4(0, 1, 2, 3));
    for (let j: usize = 0; j < rowBytes; j += 16) {
      const h = v128.load(row + j);
      const isUnit = (1 << max(0, min(<i32>columns - (<i32>j >> 2), 4))) - 1;
      const active = (i32x4.bitmask(f32x4.le(h, f32x4.splat(0))) ^ 15) & isUnit;
      const toFront = v128.load(TO_FRONT + ((<usize>active) << 4));
      v128.store(value + k, i8x16.swizzle(h, toFront));
      v128.store(index + k, i8x16.swizzle(units, toFront));
      k += (<usize>popcnt(active)) << 2;
      units = i32x4.add(units, i32x4.splat(4));
      if (!keepsZ) v128.store(row + j, f32x4.splat(0));
    }
    store<u32>(lengths + (s << 2), <u32>((k - begin) >> 2));
  }
}

/**
 * ReLU of a panel, for a next layer with dense inputs: writes h = max(z, 0) to each sample's row and leaves z. A NaN stays a
 * NaN, so that it reaches the loss.
 *
 * @param first   the panel's first unit
 * @param width   columns of the panel, padding included
 * @param starts  (slots) where each sample's row begins, in elements of `value`
 */
export function rectifyRows(
  z: usize,
  first: usize,
  width: usize,
  starts: usize,
  value: usize,
  from: usize,
  to: usize,
): void {
  const rowBytes: usize = width << 2;
  const zero = f32x4.splat(0);
  for (let s: usize = from; s < to; s++) {
    let row = z + s * rowBytes;
    let out = value + ((Word.at(starts + (s << 2)) + first) << 2);
    for (const end = row + rowBytes; row < end; row += 16 * $n, out += 16 * $n) {
      const h$v = v128.load(row, 16 * $v);
      const kept$v = v128.andnot(h$v, f32x4.lt(h$v, zero));

      v128.store(out, kept$v, 16 * $v);
    }
  }
}
