/**
 * Scans a part of a CSV file to columns. ../../csv-scanner.ts has the grammar. Here, the delimiter is a byte, the decimal mark is a
 * point, and whatever is wrong ends the scan: it is not told what.
 */
import { isCode, isNumeral, MINUS, PLUS, POINT, quotientOf, ZERO } from './numerals';
import { clear, take } from './space';
import { clearTexts, codeOf } from './texts';

/** The number that a numeral stands for; NaN if it is too large. */
declare function numeral(from: usize, to: usize): f64;

const TAB: u32 = 0x09;
const LINE_FEED: u32 = 0x0a;
const CARRIAGE_RETURN: u32 = 0x0d;
const SPACE: u32 = 0x20;
const QUOTE: u32 = 0x22;
const LAST_OF_NUMERALS: u32 = 0x39;

let delimiter: u32 = 0;
let isTab: bool = false;
/** Bytes from one column to the next. */
let valueStride: usize = 0;
let codeStride: usize = 0;
/** Of a quoted cell: lines that end in it. */
let linesWithin: u32 = 0;

/** (columns, rows that there may be) */
let values: usize = 0;
let codes: usize = 0;
/** (columns) Whether there is a number. */
let hasNumber: usize = 0;
/** Pairs: a row that does not follow the row before on the next line, and its line, from 1. */
let breaks: usize = 0;
let breakCount: u32 = 0;
let rows: u32 = 0;
let lines: u32 = 0;

/** Where the bytes of a part belong, of which there may be `room`. Sets everything back. */
export function begin(room: usize): usize {
  clear(__heap_base);
  return take(room + 1);
}

/** @returns whether all is well */
export function scan(from: usize, length: usize, width: u32, ownDelimiter: u32, comment: u32, seed: i32): bool {
  const end = from + length;
  store<u8>(end, LINE_FEED);
  // A row takes at least a byte for each column, and a line.
  const room = min(lineEndsIn(from, end), length / <usize>width) + 1;
  delimiter = ownDelimiter;
  isTab = delimiter === TAB;
  valueStride = room << 3;
  codeStride = room << 2;
  values = take(<usize>width * valueStride);
  codes = take(<usize>width * codeStride);
  memory.fill(codes, 0, <usize>width * codeStride);
  hasNumber = take(width);
  memory.fill(hasNumber, 0, width);
  breaks = take(room << 3);
  clearTexts(width, seed);
  return scanRows(from, end, width, comment);
}

function scanRows(from: usize, end: usize, width: u32, comment: u32): bool {
  let at = from;
  let line: u32 = 1;
  let expected: u32 = 1;
  let row: u32 = 0;
  breakCount = 0;
  while (at < end) {
    at = blanksEnd(at);
    let c: u32 = load<u8>(at);
    if (c === comment) {
      while (!isLineEnd(c)) c = load<u8>(++at);
    }
    if (isLineEnd(c)) {
      at = lineBehind(at);
      if (at <= end) line++;
      continue;
    }
    linesWithin = 0;
    at = scanRow(at, end, row, width);
    if (at === 0) return false;
    at = lineBehind(at);
    if (line !== expected) {
      store<u32>(breaks + ((<usize>breakCount) << 3), row);
      store<u32>(breaks + ((<usize>breakCount) << 3), line, 4);
      breakCount++;
    }
    expected = line + 1;
    line += 1 + linesWithin;
    row++;
  }
  rows = row;
  lines = line - 1;
  return true;
}

/** @returns the end of its line; 0 if anything is wrong */
function scanRow(begin: usize, end: usize, row: u32, width: u32): usize {
  let at = begin;
  let value = values + ((<usize>row) << 3);
  let code = codes + ((<usize>row) << 2);
  for (let column: u32 = 0; column < width; column++, value += valueStride, code += codeStride) {
    at = blanksEnd(at);
    const start = at;
    let c: u32 = load<u8>(at);
    const isNegative = c === MINUS;
    if (isNegative || c === PLUS) c = load<u8>(++at);
    const first = at;
    let mantissa: u64 = 0;
    let digit: u32 = c - ZERO;
    while (digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digit = <u32>load<u8>(++at) - ZERO;
    }
    const whole = <u32>(at - first);
    let fraction: u32 = 0;
    if (digit === POINT - ZERO) {
      const point = at;
      digit = <u32>load<u8>(++at) - ZERO;
      while (digit <= 9) {
        mantissa = mantissa * 10 + digit;
        digit = <u32>load<u8>(++at) - ZERO;
      }
      fraction = <u32>(at - point - 1);
    }
    c = digit + ZERO;
    const digits = whole + fraction;
    let size: f64 = NaN;
    if ((c === delimiter || isLineEnd(c)) && digits > 0 && (whole < 2 || load<u8>(first) !== ZERO)) {
      size = quotientOf(mantissa, digits, fraction);
    }
    if (size >= 0) {
      store<f64>(value, isNegative ? 0 - size : size);
      store<u8>(hasNumber + column, 1);
    } else {
      at = load<u8>(start) === QUOTE ? quoted(column, start, end, value, code) : plain(column, start, value, code);
      if (at === 0) return 0;
      c = load<u8>(at);
    }
    if (isLineEnd(c)) return column + 1 === width ? at : 0;
    at++;
  }
  return 0;
}

/** Sets a cell without quotes. @returns the position of the delimiter or the line end */
function plain(column: u32, start: usize, value: usize, code: usize): usize {
  let at = start;
  let c: u32 = load<u8>(at);
  while (c !== delimiter && !isLineEnd(c)) c = load<u8>(++at);
  setCell(column, start, at, value, code);
  return at;
}

/** Sets a quoted cell. @returns the position of the delimiter or the line end; 0 if anything is wrong */
function quoted(column: u32, start: usize, end: usize, value: usize, code: usize): usize {
  let isDoubled = false;
  let at = start + 1;
  for (; ; at++) {
    const c: u32 = load<u8>(at);
    if (c === QUOTE) {
      if (load<u8>(at + 1) !== QUOTE) break;
      isDoubled = true;
      at++;
    } else if (isLineEnd(c)) {
      if (at >= end) return 0;
      if (c === CARRIAGE_RETURN && load<u8>(at + 1) === LINE_FEED && at + 1 < end) at++;
      linesWithin++;
    }
  }
  const behind = blanksEnd(at + 1);
  const c: u32 = load<u8>(behind);
  if (c !== delimiter && !isLineEnd(c)) return 0;
  if (isDoubled) {
    const text = take(at - start);
    setCell(column, text, undoubled(start + 1, at, text), value, code);
  } else setCell(column, start + 1, at, value, code);
  return behind;
}

/** @returns the end of the text */
function undoubled(from: usize, to: usize, text: usize): usize {
  let end = text;
  for (let at = from; at < to; at++, end++) {
    const c: u32 = load<u8>(at);
    store<u8>(end, c);
    if (c === QUOTE) at++;
  }
  return end;
}

function setCell(column: u32, start: usize, end: usize, value: usize, code: usize): void {
  let from = start;
  let to = end;
  while (from < to && isWhite(load<u8>(from))) from++;
  while (to > from && isWhite(load<u8>(to - 1))) to--;
  let x: f64 = NaN;
  if (from < to) {
    const c: u32 = load<u8>(from);
    if (c >= PLUS && c <= LAST_OF_NUMERALS && isNumeral(from, to)) x = numeral(from, to);
  }
  store<f64>(value, x);
  // (NaN is not.)
  if (abs(x) >= 0) {
    store<u8>(hasNumber + column, 1);
    if (!isCode(from, to, x)) return;
  }
  store<u32>(code, codeOf(column, from, to));
}

/** Behind spaces, and tabs that are no delimiters. */
function blanksEnd(from: usize): usize {
  let at = from;
  let c: u32 = load<u8>(at);
  while (c === SPACE || (c === TAB && !isTab)) c = load<u8>(++at);
  return at;
}

function isLineEnd(c: u32): bool {
  return c === LINE_FEED || c === CARRIAGE_RETURN;
}

/** May be beyond the line feed that stands for the end of the bytes. */
function lineBehind(at: usize): usize {
  return load<u8>(at) === CARRIAGE_RETURN && load<u8>(at + 1) === LINE_FEED ? at + 2 : at + 1;
}

function isWhite(byte: u32): bool {
  return byte === SPACE || byte - TAB <= CARRIAGE_RETURN - TAB;
}

/** At least as many as there are rows, but for the last one. */
function lineEndsIn(from: usize, end: usize): usize {
  let count: usize = 0;
  let at = from;
  const feed = i8x16.splat(<i8>LINE_FEED);
  const carriage = i8x16.splat(<i8>CARRIAGE_RETURN);
  for (; at + 16 <= end; at += 16) {
    const bytes = v128.load(at);
    count += <usize>popcnt(i8x16.bitmask(v128.or(i8x16.eq(bytes, feed), i8x16.eq(bytes, carriage))));
  }
  for (; at < end; at++) count += <usize>isLineEnd(load<u8>(at));
  return count;
}

export function rowsScanned(): u32 {
  return rows;
}

export function linesScanned(): u32 {
  return lines;
}

export function breaksScanned(): u32 {
  return breakCount;
}

export function placeOfBreaks(): usize {
  return breaks;
}

/** 0: no number */
export function placeOfNumbers(column: u32): usize {
  return load<u8>(hasNumber + column) === 0 ? 0 : values + <usize>column * valueStride;
}

export function placeOfCodes(column: u32): usize {
  return codes + <usize>column * codeStride;
}
