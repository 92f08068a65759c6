/** JSON of strangers: the same as ever, within limits. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonLimitError, parseJson } from '../../src/files/json.js';
import { root } from '../support/paths.js';

const LIMITS = { depth: 3, nodes: 6, values: 8 };

describe('parseJson', () => {
  it('is JSON.parse, for any text', () => {
    const outcome = (parse: (text: string) => unknown, text: string) => {
      try {
        return { value: parse(text) };
      } catch (error) {
        return { error: (error as Error).name };
      }
    };
    const texts = fc.oneof(
      fc.json(),
      fc.string(),
      fc.json().map((text) => text.slice(1)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(outcome(parseJson, text)).toEqual(outcome(JSON.parse, text));
      }),
    );
  });

  it.each([
    ['[[[0]]]', '[[[[0]]]]', 'nested more than 3 levels deep'],
    ['{"a":{"b":{"c":0}}}', '{"a":{"b":{"c":[]}}}', 'nested more than 3 levels deep'],
    ['[[],[],[],[],[]]', '[[],[],[],[],[],[]]', 'more than 6 arrays, objects and keys'],
    [
      '{"a":0,"b":0,"c":0,"d":0,"e":0}',
      '{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0}',
      'more than 6 arrays, objects and keys',
    ],
    ['[1,2,3,4,5,6,7,8]', '[1,2,3,4,5,6,7,8,9]', 'more than 8 values'],
  ])('takes %s and not %s', (most, more, message) => {
    expect(parseJson(most, LIMITS)).toEqual(JSON.parse(most));
    expect(() => parseJson(more, LIMITS)).toThrow(new JsonLimitError(message));
  });

  it('counts nothing in strings, whatever is escaped in them', () => {
    for (const text of ['"[[[[[[[["', '["[[[\\"[[[[\\\\\\"]]],,,,,,,,,,"]', '{"{{{{{{,,,,,,,,,,,":"\\\\"}']) {
      expect(parseJson(text, LIMITS)).toEqual(JSON.parse(text));
    }
    expect(() => parseJson('["\\\\",[[[0]]]]', LIMITS)).toThrow(JsonLimitError);
    // A string without an end is left to the parser.
    expect(() => parseJson('["[[[[[[[[', LIMITS)).toThrow(SyntaxError);
  });
});

/** The files in which a word stands, in src and bin. */
function filesWith(pattern: RegExp): string[] {
  return ['src', 'bin'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => path.posix.join(folder, name))
      .filter((file) => file.endsWith('.ts') && pattern.test(readFileSync(path.join(root, file), 'utf8'))),
  );
}

describe('nothing of strangers is parsed or inflated elsewhere', () => {
  it('as JSON', () => {
    // Its own package.json, its own ranks, and a browser, which has its own limits.
    const own = ['src/files/package-version.ts', 'src/parallel/mpi/world.ts'];
    const found = filesWith(/\bJSON\.parse\b/).filter((file) => !file.startsWith('src/dashboard/page/'));
    expect(found.sort()).toEqual(['src/files/json.ts', ...own].sort());
  });

  it('as gzip or zlib', () => {
    expect(filesWith(/\b(create)?(inflate|gunzip|unzip|brotliDecompress)(Sync|Raw)?\(/i)).toEqual([
      'src/files/unzip.ts',
    ]);
  });
});
