/** Numbers from bytes, against those of JavaScript's own parser: the same bits. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isCode, longNumeral, numeralIn, POINT } from '../../../src/data/table/numerals.js';
import { scanPart } from '../../../src/data/table/parts/scan-part.js';
import { Random } from '../../../src/model/random.js';
import { pick } from '../../support/mutate.js';

const CASES = 40_000;
const COMMA = 0x2c;
const SCANNER = new URL('../../../src/data/table/parts/assembly/scanner.wasm', import.meta.url);

function parsed(text: string, comma = POINT): number {
  const bytes = Buffer.from(`1${text}1`);
  return numeralIn(bytes, 1, bytes.length - 1, comma);
}

function digits(random: Random, count: number): string {
  return Array.from({ length: count }, () => random.below(10)).join('');
}

/** Bits of random float64s, written with 1 to 17 digits. */
function doubleText(random: Random): string {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setUint32(0, random.below(2 ** 16) * 2 ** 16 + random.below(2 ** 16));
  bits.setUint32(4, random.below(2 ** 16) * 2 ** 16 + random.below(2 ** 16));
  const value = bits.getFloat64(0);
  if (!Number.isFinite(value)) return '0';
  return random.below(2) === 0 ? String(value) : value.toPrecision(1 + random.below(17));
}

/** As tables have them, up to the exact middle between two float64s. */
function numeral(random: Random): string {
  const sign = pick(['', '', '-', '+'], random);
  switch (random.below(5)) {
    case 0:
      return doubleText(random);
    case 1: {
      const whole = 2 ** 53 + 2 * random.below(2 ** 20) + 1;
      const zeros = random.below(5);
      const text = String(BigInt(whole) * BigInt(random.below(2) + 1));
      return `${sign}${text.slice(0, zeros + 1)}.${text.slice(zeros + 1)}${pick(['', '0', '00'], random)}`;
    }
    case 2:
      return `${sign}${random.below(100)}.${digits(random, random.below(20))}`;
    case 3:
      return `${sign}${digits(random, 1 + random.below(22))}e${random.below(50) - 25}`;
    default:
      return `${sign}${digits(random, random.below(4))}.${digits(random, 1 + random.below(18))}${pick(['', 'e5', 'E-3'], random)}`;
  }
}

it.each([1, 2])('random numbers, seed %i', (seed) => {
  const random = new Random(seed, 0);
  const different: string[] = [];
  for (let i = 0; i < CASES; i++) {
    const text = numeral(random);
    const expected = Number(text);
    const value = parsed(text);
    // (-0 is 0 here.)
    if (value !== expected && !(Number.isNaN(value) && !Number.isFinite(expected))) different.push(text);
    if (Object.is(value, -0)) different.push(text);
  }
  expect(different).toEqual([]);
});

it('the shorter way is certain for most numbers of 17 digits, and the same', () => {
  const random = new Random(3, 0);
  let certain = 0;
  const different: string[] = [];
  for (let i = 0; i < CASES; i++) {
    const whole = digits(random, 1 + random.below(3));
    const fraction = digits(random, 1 + random.below(15));
    const text = `${whole}.${fraction}`;
    const value = longNumeral(Buffer.from(text), 0, whole.length, fraction.length);
    if (Number.isNaN(value)) continue;
    certain++;
    if (value !== Number(text)) different.push(text);
  }
  expect(different).toEqual([]);
  expect(certain).toBeGreaterThan(0.99 * CASES);
});

it.each([
  '',
  '.',
  '-',
  '+',
  '-.',
  'e5',
  '1e',
  '1e+',
  '1.2.3',
  '--1',
  '1 2',
  '0x10',
  'Infinity',
  'nan',
  '1e400',
  '1,5',
  '1_0',
  '1e5.5',
])('%s is none', (text) => {
  expect(parsed(text)).toBeNaN();
});

it('a comma is a decimal mark only where it may be one, and never beside a point', () => {
  expect(parsed('1,5', COMMA)).toBe(1.5);
  expect(parsed(',5e1', COMMA)).toBe(5);
  expect(parsed('1,12345678901234567890', COMMA)).toBe(1.1234567890123457);
  expect(parsed('1.5', COMMA)).toBe(1.5);
  expect(parsed('1.234,5', COMMA)).toBeNaN();
});

it('a very long number takes no long time', () => {
  expect(parsed(`${'9'.repeat(1e6)}e-1000000`)).toBe(1);
  expect(parsed(`1e${'9'.repeat(1e6)}`)).toBeNaN();
  expect(parsed(`1e-${'9'.repeat(1e6)}`)).toBe(0);
});

it.each([
  ['007', true],
  ['-01', true],
  ['00', true],
  ['0', false],
  ['0.5', false],
  ['-0', false],
  ['9007199254740991', false],
  ['9007199254740992', true],
  ['-9007199254740993', true],
  ['9007199254740993.5', false],
  ['1e20', false],
])('%s: also a text: %s', (text, expected) => {
  const bytes = Buffer.from(text);
  expect(isCode(bytes, 0, bytes.length, numeralIn(bytes, 0, bytes.length, POINT))).toBe(expected);
});

it('the scanner of large files reads the same numbers', () => {
  const random = new Random(3, 0);
  const width = 4;
  const texts = Array.from({ length: CASES }, () => numeral(random));
  const rows = Array.from({ length: CASES / width }, (_, row) => texts.slice(width * row, width * (row + 1)));
  const bytes = Buffer.from(rows.map((cells) => `${cells.join(',')}\n`).join(''));
  const module = new WebAssembly.Module(readFileSync(SCANNER));
  const format = { width, delimiter: COMMA, comment: -2, seed: 1, module };
  const { count, columns } = scanPart(format, bytes.length, (to) => {
    to.set(bytes);
    return true;
  })!;
  expect(count).toBe(rows.length);
  const different = texts.filter((text, i) => {
    const value = columns[i % width]!.numbers![Math.floor(i / width)]!;
    const expected = Number(text);
    return !Object.is(value, Number.isFinite(expected) ? expected + 0 : Number.NaN);
  });
  expect(different).toEqual([]);
});
