/** The distinct texts of each column, numbered in order of appearance, as ../../text-index.ts has them. */
import { take } from './space';

/** Where the fields of a column lie. */
const SLOTS: usize = 0;
const MASK: usize = 4;
const SIZE: usize = 8;
const PLACES: usize = 12;
const ROOM: usize = 16;
const COLUMN_BYTES: usize = 20;

const FIRST_ROOM: u32 = 16;
const MULTIPLIER: i32 = 0xcc9e2d51;
/** Bytes of a slot: the hash, and 1 + the number of the text, or 0. */
const SLOT_BYTES: usize = 8;
/** Bytes of a place: where the text lies, its length and its hash. */
const PLACE_BYTES: usize = 12;
/** Of a place as ../../text-index.ts has it: the segment, where the text lies in it, its length and its hash. */
const PACKED_BYTES: usize = 16;

let columns: usize = 0;
let seed: i32 = 0;

export function clearTexts(width: u32, ownSeed: i32): void {
  seed = ownSeed;
  columns = take(<usize>width * COLUMN_BYTES);
  memory.fill(columns, 0, <usize>width * COLUMN_BYTES);
}

/** Number of texts of a column. */
export function textsOf(column: u32): u32 {
  return load<u32>(columns + <usize>column * COLUMN_BYTES, SIZE);
}

/** @param from  of the text, which stays where it is */
export function codeOf(column: u32, from: usize, to: usize): u32 {
  const own = columns + <usize>column * COLUMN_BYTES;
  const hash = hashOf(from, to);
  const length = <u32>(to - from);
  const slots = load<usize>(own, SLOTS);
  if (slots !== 0) {
    const mask = load<u32>(own, MASK);
    const places = load<usize>(own, PLACES);
    let slot = <u32>hash & mask;
    for (;;) {
      const at = slots + <usize>slot * SLOT_BYTES;
      const code = load<u32>(at, 4);
      if (code === 0) break;
      if (load<i32>(at) === hash) {
        const place = places + <usize>(code - 1) * PLACE_BYTES;
        if (load<u32>(place, 4) === length && areEqual(load<usize>(place), from, length)) return code;
      }
      slot = (slot + 1) & mask;
    }
  }
  return add(own, hash, from, length);
}

function add(own: usize, hash: i32, from: usize, length: u32): u32 {
  const size = load<u32>(own, SIZE);
  if (size === load<u32>(own, ROOM)) grow(own, size);
  const place = load<usize>(own, PLACES) + <usize>size * PLACE_BYTES;
  store<usize>(place, from);
  store<u32>(place, length, 4);
  store<i32>(place, hash, 8);
  store<u32>(own, size + 1, SIZE);
  enter(load<usize>(own, SLOTS), load<u32>(own, MASK), hash, size + 1);
  return size + 1;
}

/** Twice as many places, and slots of which at most half are used. */
function grow(own: usize, size: u32): void {
  const room = max(FIRST_ROOM, 2 * size);
  const places = take(<usize>room * PLACE_BYTES);
  memory.copy(places, load<usize>(own, PLACES), <usize>size * PLACE_BYTES);
  const slots = take(<usize>(2 * room) * SLOT_BYTES);
  memory.fill(slots, 0, <usize>(2 * room) * SLOT_BYTES);
  for (let i: u32 = 0; i < size; i++) enter(slots, 2 * room - 1, load<i32>(places + <usize>i * PLACE_BYTES, 8), i + 1);
  store<usize>(own, places, PLACES);
  store<u32>(own, room, ROOM);
  store<usize>(own, slots, SLOTS);
  store<u32>(own, 2 * room - 1, MASK);
}

function enter(slots: usize, mask: u32, hash: i32, code: u32): void {
  let slot = <u32>hash & mask;
  while (load<u32>(slots + <usize>slot * SLOT_BYTES, 4) !== 0) slot = (slot + 1) & mask;
  store<i32>(slots + <usize>slot * SLOT_BYTES, hash);
  store<u32>(slots + <usize>slot * SLOT_BYTES, code, 4);
}

/** Must be that of ../../text-index.ts. */
function hashOf(from: usize, to: usize): i32 {
  let hash = seed ^ <i32>(to - from);
  if (to - from >= 4) {
    const last = to - 4;
    for (let at = from; at < last; at += 4) {
      hash = (hash ^ load<i32>(at)) * MULTIPLIER;
      hash ^= <i32>(<u32>hash >> 15);
    }
    hash = (hash ^ load<i32>(last)) * MULTIPLIER;
  } else for (let at = from; at < to; at++) hash = (hash ^ <i32>load<u8>(at)) * MULTIPLIER;
  hash = (hash ^ <i32>(<u32>hash >> 15)) * MULTIPLIER;
  return hash ^ <i32>(<u32>hash >> 16);
}

function areEqual(a: usize, b: usize, length: u32): bool {
  if (length < 4) {
    for (let i: usize = 0; i < length; i++) if (load<u8>(a + i) !== load<u8>(b + i)) return false;
    return true;
  }
  const last = <usize>length - 4;
  for (let i: usize = 0; i < last; i += 4) if (load<u32>(a + i) !== load<u32>(b + i)) return false;
  return load<u32>(a + last) === load<u32>(b + last);
}

/** Bytes of all texts of a column. */
export function bytesOf(column: u32): usize {
  const size = textsOf(column);
  const places = load<usize>(columns + <usize>column * COLUMN_BYTES, PLACES);
  let bytes: usize = 0;
  for (let i: u32 = 0; i < size; i++) bytes += load<u32>(places + <usize>i * PLACE_BYTES, 4);
  return bytes;
}

/**
 * Writes the texts of a column one behind the other, and their places.
 *
 * @returns where the places begin; the texts follow
 */
export function pack(column: u32, bytes: usize): usize {
  const size = textsOf(column);
  let place = load<usize>(columns + <usize>column * COLUMN_BYTES, PLACES);
  const begin = take(<usize>size * PACKED_BYTES + bytes);
  const texts = begin + <usize>size * PACKED_BYTES;
  let to = begin;
  let at: usize = 0;
  for (let i: u32 = 0; i < size; i++, place += PLACE_BYTES, to += PACKED_BYTES) {
    const length = load<u32>(place, 4);
    store<u32>(to, 0);
    store<u32>(to, <u32>at, 4);
    store<u32>(to, length, 8);
    store<i32>(to, load<i32>(place, 8), 12);
    memory.copy(texts + at, load<usize>(place), length);
    at += length;
  }
  return begin;
}
