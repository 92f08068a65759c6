/** Fits text into limited space. */
import { widthOf } from '../drawing/letters.js';

/** Shortens text in the middle, with an ellipsis. */
export function fitted(text: string, size: number, room: number): string {
  if (widthOf(text, size) <= room) return text;
  const characters = [...text];
  for (let kept = characters.length - 1; kept > 1; kept--) {
    const head = Math.ceil(kept / 2);
    const shorter = `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (kept - head)).join('')}`;
    if (widthOf(shorter, size) <= room) return shorter;
  }
  return '…';
}

/**
 * Moves overlapping labels apart as little as possible, within [from, to] if they fit.
 *
 * @param wanted    centers
 * @param distance  minimum distance between centers
 * @returns centers, in the given order
 */
export function spread(wanted: readonly number[], distance: number, from: number, to: number): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]! || a - b);
  // Labels that touch form a group, which is shifted by the mean of the wanted shifts.
  const groups: { sum: number; count: number }[] = [];
  const firstOf = ({ sum, count }: { sum: number; count: number }) =>
    Math.max(from, Math.min(sum / count - ((count - 1) * distance) / 2, to - (count - 1) * distance));
  for (const i of order) {
    let group = { sum: wanted[i]!, count: 1 };
    for (let last = groups.at(-1); last; last = groups.at(-1)) {
      if (firstOf(last) + last.count * distance <= firstOf(group)) break;
      groups.pop();
      group = { sum: last.sum + group.sum, count: last.count + group.count };
    }
    groups.push(group);
  }
  const places = groups.flatMap((group) =>
    Array.from({ length: group.count }, (_, k) => firstOf(group) + k * distance),
  );
  const result = new Array<number>(wanted.length);
  order.forEach((i, k) => {
    result[i] = places[k]!;
  });
  return result;
}
