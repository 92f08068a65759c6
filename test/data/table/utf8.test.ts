/** Tables in other encodings. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { readRawTable } from '../../../src/data/table/read-raw-table.js';
import { ENCODINGS, inUtf8, type TextEncoding } from '../../../src/data/table/utf8.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { refusalOf } from '../../support/refusals.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** Windows-1252 by its definition: these characters from 0x80 on, and Latin-1. */
const CHARACTERS = [
  ...'€?‚ƒ„…†‡ˆ‰Š‹Œ?Ž??‘’“”•–—˜™š›œ?žŸ',
  ...Array.from({ length: 96 }, (_, i) => String.fromCharCode(0xa0 + i)),
];
const UNUSED = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

const ENCODE: Readonly<Record<TextEncoding, (text: string) => Buffer>> = {
  'utf-8': (text) => Buffer.from(text),
  'windows-1252': inWindows1252,
  latin1: inWindows1252,
  'utf-16le': (text) => Buffer.from(text, 'utf16le'),
  'utf-16be': (text) => Buffer.from(text, 'utf16le').swap16(),
};

function inWindows1252(text: string): Buffer {
  const byteOf = (character: string) => {
    const at = CHARACTERS.indexOf(character);
    return character < '\x80' ? character.charCodeAt(0) : 0x80 + at;
  };
  return Buffer.from([...text].map(byteOf));
}

async function converted(bytes: Uint8Array, cuts: readonly number[], encoding?: TextEncoding): Promise<string> {
  const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
  async function* chunks() {
    for (let i = 1; i < places.length; i++)
      if (places[i]! > places[i - 1]!) yield bytes.subarray(places[i - 1], places[i]);
  }
  const parts: Uint8Array[] = [];
  for await (const part of inUtf8(chunks(), encoding)) parts.push(part);
  return Buffer.concat(parts).toString();
}

describe('bytes of another encoding', () => {
  it('become UTF-8, wherever they are cut', async () => {
    const usual = fc.constantFrom(...'abc,\n"', ...CHARACTERS.filter((each) => each !== '?'));
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: usual, maxLength: 30 }),
        fc.array(fc.nat(60), { maxLength: 5 }),
        fc.constantFrom(...ENCODINGS),
        async (text, cuts, encoding) => {
          expect(await converted(ENCODE[encoding](`a${text}`), cuts, encoding)).toBe(`a${text}`);
        },
      ),
    );
  });

  it('have control characters where Windows-1252 has nothing', async () => {
    expect(await converted(Uint8Array.from(UNUSED), [], 'windows-1252')).toBe(String.fromCharCode(...UNUSED));
  });

  it('are refused if the encoding is unknown', async () => {
    const { message, status } = await refusalOf(() => converted(Buffer.from('a'), [], 'cp437' as TextEncoding));
    expect([status, message]).toEqual([2, expect.stringMatching(/^--encoding cp437: expected utf-8, windows-1252, /)]);
  });

  it.each(ENCODINGS)('are what their mark says, not %s', async (encoding) => {
    expect(await converted(Buffer.from('\ufeffé€'), [1, 2], encoding)).toBe('é€');
    expect(await converted(Buffer.from('\ufeffé€', 'utf16le'), [1, 3], encoding)).toBe('é€');
    expect(await converted(Buffer.from('\ufeffé€', 'utf16le').swap16(), [1, 5], encoding)).toBe('é€');
  });
});

describe('a table that Excel wrote', () => {
  const text = 'Größe,Café\n1,«à»\n2,“é”\n';

  it('is read with its encoding', async () => {
    const file = folder.write('w.csv', inWindows1252(text));
    const { names, columns } = await readRawTable(file, { encoding: 'windows-1252' });
    expect(names).toEqual(['Größe', 'Café']);
    expect(columns[1]!.texts).toEqual(['«à»', '“é”']);
  });

  it('is refused without it, in words that help', async () => {
    const file = folder.write('w.csv', inWindows1252(text));
    expect((await refusalOf(() => readRawTable(file))).message).toContain(
      'row 1: invalid UTF-8 or UTF-16; save the table as UTF-8, or use --encoding windows-1252',
    );
    const wide = folder.write('u.csv', Buffer.from(text, 'utf16le'));
    expect((await refusalOf(() => readRawTable(wide))).message).toContain('--encoding utf-16le');
    expect((await readRawTable(wide, { encoding: 'utf-16le' })).names).toEqual(['Größe', 'Café']);
  });
});
