/** Memory that is taken piece by piece, and given back as a whole. */

let free: usize = 0;

/** All that lies behind `begin` is free. */
export function clear(begin: usize): void {
  free = begin;
}

/** @returns the begin of so many bytes, a multiple of 8; what they contain is left from before */
export function take(bytes: usize): usize {
  const begin = (free + 7) & ~7;
  free = begin + bytes;
  const pages = <i32>((free + 0xffff) >> 16) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) unreachable();
  return begin;
}
