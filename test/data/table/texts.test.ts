/** The texts of columns, as bytes: joined over the parts of a file, read, searched, and what they stand for. */
import { describe, expect, it } from 'vitest';
import { isMissing, numberOfText } from '../../../src/data/table/cells.js';
import { secondsOf } from '../../../src/data/table/dates.js';
import { IS_DATE, IS_MISSING, IS_NUMBER, IS_TEXT, meaningsOf, withMeaning } from '../../../src/data/table/meanings.js';
import { codeIn, joinTexts, withText } from '../../../src/data/table/parts/join-texts.js';
import { atOnce } from '../../../src/data/table/steps.js';
import { hashOf, type TextList } from '../../../src/data/table/text-index.js';
import { PagedTexts, textsOf } from '../../../src/data/table/texts.js';
import { Random } from '../../../src/model/random.js';
import { pick } from '../../support/mutate.js';

const SEED = 7;
const ODD = ['', 'NA', 'none', '?', '#n/a', '-nan', '007', '-1e400', '.5', '5.', '+', '9007199254740993', '2026-01-05'];
const ENDS = ['', 'é', '漢字', ' and more than sixteen bytes', '😀'];

/** Different texts; `spread` says how many there may be. */
function listOf(random: Random, size: number, spread: number): string[] {
  const texts = new Set<string>();
  while (texts.size < size) {
    const n = random.below(spread);
    const text = pick(
      [`text ${n}`, String(n), `2026-0${1 + (n % 9)}-10 10:10:${10 + (n % 50)}`, pick(ODD, random)],
      random,
    );
    texts.add(text + (n % 3 === 0 ? pick(ENDS, random) : ''));
  }
  return [...texts];
}

function packed(texts: readonly string[]): TextList {
  const all = texts.map((text) => Buffer.from(text));
  const bytes = new DataView(new Uint8Array(Buffer.concat(all)).buffer);
  const places = new Int32Array(4 * texts.length);
  let begin = 0;
  for (const [i, { length }] of all.entries()) {
    places.set([0, begin, length, hashOf(SEED, bytes, begin, begin + length)], 4 * i);
    begin += length;
  }
  return { size: texts.length, places, bytes };
}

describe.each<[string, readonly number[], number]>([
  ['few texts', [3, 0, 20, 5], 40],
  ['the same texts in all parts', [300, 300, 300], 250],
  ['many texts', [9000, 4000, 1, 12_000], 30_000],
])('%s', (_, sizes, spread) => {
  const random = new Random(3, spread);
  const lists = sizes.map((size) => listOf(random, size, spread));
  const { texts, codes } = atOnce(joinTexts(lists.map(packed), SEED));
  const expected = [...new Set(lists.flat())];
  const read = textsOf(texts, texts.size);

  it('are numbered in order of appearance', () => {
    expect(texts.size).toBe(expected.length);
    expect(Array.from({ length: texts.size }, (_, i) => read.at(i))).toEqual(expected);
    const codeOf = new Map(expected.map((text, i) => [text, i + 1]));
    expect(codes.map((own) => [...own.subarray(1)])).toEqual(lists.map((own) => own.map((text) => codeOf.get(text))));
  });

  it('are found, in any order', () => {
    for (let i = 0; i < 50; i++) {
      const at = random.below(texts.size);
      expect(read.at(at)).toBe(expected[at]);
      expect(codeIn(texts, Buffer.from(expected[at]!))).toBe(at + 1);
    }
    expect([read.at(texts.size), codeIn(texts, Buffer.from('not there'))]).toEqual([undefined, 0]);
    const more = withText(withText(texts, Buffer.from('not there')), Buffer.from('ü'));
    expect([codeIn(more, Buffer.from('not there')), codeIn(more, Buffer.from('ü'))]).toEqual([
      texts.size + 1,
      texts.size + 2,
    ]);
    expect(textsOf(more, more.size).at(texts.size + 1)).toBe('ü');
  });

  it('mean what each of them does as a string', () => {
    const kindOf = (text: string) => {
      if (isMissing(text)) return IS_MISSING;
      if (numberOfText(text) !== undefined) return IS_NUMBER;
      return secondsOf(text) === undefined ? IS_TEXT : IS_DATE;
    };
    const { kinds, values } = atOnce(meaningsOf(new PagedTexts(texts, texts.size)));
    expect([...kinds]).toEqual(expected.map(kindOf));
    expect([...values]).toEqual(
      expected.map((text, i) => (kinds[i] === IS_NUMBER ? numberOfText(text) : (secondsOf(text) ?? Number.NaN))),
    );
    expect(withMeaning({ kinds, values }, '1.5')).toEqual({
      kinds: Uint8Array.of(...kinds, IS_NUMBER),
      values: Float64Array.of(...values, 1.5),
    });
  });
});
