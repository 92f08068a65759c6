/** Seeded mutations of bytes and of what JSON holds. */
import type { Random } from '../../src/model/random.js';

export function pick<T>(items: readonly T[], random: Random): T {
  return items[random.below(items.length)]!;
}

/** Whether what happens once in `times` happens. */
export function once(times: number, random: Random): boolean {
  return random.below(times) === 0;
}

const ODD_BYTES = [0, 1, 8, 9, 0x22, 0x2d, 0x39, 0x5c, 0x7b, 0x7d, 0x7f, 0x80, 0xff];
const ODD_WORDS = [0, 1, 2, 28, 255, 256, 2 ** 16, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];

/**
 * @param others  whose parts may be spliced in
 * @param from    bytes before this are left as they are
 */
export function mutateBytes(bytes: Uint8Array, others: readonly Uint8Array[], random: Random, from = 0): Uint8Array {
  let mutated = Buffer.from(bytes);
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    const room = mutated.length - from;
    const at = from + (room > 0 ? random.below(room) : 0);
    const end = Math.min(mutated.length, at + 1 + random.below(16));
    const [before, behind] = [mutated.subarray(0, at), mutated.subarray(end)];
    const other = pick(others, random);
    const begin = random.below(other.length + 1);
    const part = other.subarray(begin, begin + random.below(32));
    switch (random.below(9)) {
      case 0:
      case 1:
        if (room > 0) mutated[at]! ^= 1 << random.below(8);
        break;
      case 2:
        if (room > 0) mutated[at] = pick(ODD_BYTES, random);
        break;
      case 3:
        if (at + 4 <= mutated.length) mutated.writeUInt32BE(pick(ODD_WORDS, random), at);
        break;
      case 4:
        if (at + 4 <= mutated.length) mutated.writeUInt32LE(pick(ODD_WORDS, random), at);
        break;
      case 5:
        mutated = Buffer.concat([before, behind]);
        break;
      case 6:
        mutated = Buffer.concat([mutated.subarray(0, end), mutated.subarray(at, end), behind]);
        break;
      case 7:
        mutated = Buffer.concat([before, part, once(2, random) ? behind : mutated.subarray(at)]);
        break;
      default:
        mutated = once(4, random) ? Buffer.from(before) : Buffer.concat([before, randomBytes(random), behind]);
    }
  }
  return mutated;
}

export function randomBytes(random: Random): Uint8Array {
  return Uint8Array.from({ length: random.below(64) }, () => random.below(256));
}

/** JSON's text of something that JSON.stringify would not write: see `jsonOf`. */
const raw = (text: string) => `@@${text}@@`;

const DEEP = 3000;
const ODD_NUMBERS = [
  ...[-1, 0, 1, 2, 3, 0.5, 100, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e15, 1e22, 1e290, 1e308],
  ...[5e-324, raw('1e999'), raw('-1e999'), raw('-0'), raw('NaN'), raw('1'.repeat(400))],
];
const ODD_VALUES: readonly unknown[] = [
  ...[null, true, false, '', 'x', '0', 'NaN', '__proto__', 'a\nb', '\u001b[31m', '\ud800', 'y'.repeat(5000)],
  ...[[], {}, [[]], [1, 2], ['1'], [null], { length: 1e9 }, new Array(300).fill(2 ** 53 - 1), [0, 1e300], [-1, 3]],
  ...[raw(`${'['.repeat(DEEP)}${']'.repeat(DEEP)}`), raw('{"__proto__":{"x":1}}'), raw('undefined')],
];

/** A change of something that is there: a neighbor, another type, or something odd. */
export function mutateValue(value: unknown, random: Random): unknown {
  if (typeof value === 'number' && !once(3, random)) {
    const near = [value + 1, value - 1, 2 * value, -value, value + 0.5, Math.floor(value / 2), String(value), [value]];
    return once(2, random) ? pick(near, random) : pick(ODD_NUMBERS, random);
  }
  // A copy: the next change may be within it.
  return once(3, random) ? pick(ODD_NUMBERS, random) : structuredClone(pick(ODD_VALUES, random));
}

export type Tree = Record<string, unknown>;

/** Every place in it: whose value may be changed. */
export function placesIn(tree: unknown): { readonly parent: Tree; readonly key: string }[] {
  if (typeof tree !== 'object' || tree === null) return [];
  const parent = tree as Tree;
  return Object.keys(parent).flatMap((key) => [{ parent, key }, ...placesIn(parent[key])]);
}

/** Its JSON, with what is raw as it is, and once in a while a key twice. */
export function jsonOf(tree: unknown, random: Random): string {
  const json = JSON.stringify(tree).replaceAll(/"@@(.*?)@@"/g, '$1');
  if (!once(40, random)) return json;
  const keys = [...json.matchAll(/(?<=[{,])"[^"\\]*":/g)];
  if (keys.length === 0) return json;
  const { 0: key, index } = pick(keys, random);
  return `${json.slice(0, index)}${key}${pick(['null', '1', '"x"', '{}'], random)},${json.slice(index)}`;
}
