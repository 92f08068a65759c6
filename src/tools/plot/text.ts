/** Text that has less room than it wants. */
import { widthOf } from '../drawing/letters.js';

/** The text, or its beginning and end with an ellipsis between them. */
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
 * Moves labels apart that would overlap: as little as can be, and none out of [from, to] if they all have room there.
 *
 * @param wanted    centres
 * @param distance  the least between two centres
 * @returns centres, in the given order
 */
export function spread(wanted: readonly number[], distance: number, from: number, to: number): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]! || a - b);
  // Groups that touch share one shift: the mean of what their workers want.
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
