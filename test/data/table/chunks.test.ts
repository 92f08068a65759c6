/** Tables as they come, in chunks that end anywhere: the first line stays whole, and no more is read than is needed. */
import { describe, expect, it } from 'vitest';
import { readHead } from '../../../src/data/table/rows.js';

async function* inPieces(bytes: Uint8Array, size: number, taken = { bytes: 0 }): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) {
    const piece = bytes.subarray(from, from + size);
    taken.bytes += piece.length;
    yield piece;
  }
}

describe('the head of a table', () => {
  const headIn = async (text: string, size: number) => {
    const taken = { bytes: 0 };
    const { head, chunks } = await readHead(inPieces(Buffer.from(text), size, taken));
    const bytes = taken.bytes;
    const all: Uint8Array[] = [];
    for await (const chunk of chunks) all.push(chunk);
    return { head: head.toString(), bytes, all: Buffer.concat(all).toString() };
  };

  it.each([
    ['a line', 'a,b\n'],
    ['a line that ends in CR', 'a,b\r'],
    ['blank lines, and the first that is not', '\n \n\t\na,b\n'],
    ['a line of CSV whose cells have several lines', '"a\nb",c,"d\n\ne"\n'],
    ['a line of JSON, whose quotes are none of CSV’s', '{"a\\"":1}\n'],
  ])('is %s', async (_, first) => {
    const text = `${first}${'1,2\n'.repeat(50)}`;
    expect(await headIn(text, 1)).toEqual({ head: first, bytes: first.length, all: text });
  });

  it('is all, where there is no end of a line; a byte order mark is none of it', async () => {
    expect(await headIn('\ufeffa,b', 2)).toEqual({ head: 'a,b', bytes: 6, all: 'a,b' });
  });
});
