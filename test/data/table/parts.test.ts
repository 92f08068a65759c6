/** Tables that are read in parts, by threads: the same result, to the last bit, as from begin to end; the same message if it is refused. */
import { mkdtempSync, readSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { joinColumn } from '../../../src/data/table/parts/join-column.js';
import type { PartedFile } from '../../../src/data/table/parts/read-parts.js';
import type { Reader, Readers } from '../../../src/data/table/parts/readers.js';
import { claim, type ScanTask } from '../../../src/data/table/parts/scan-claimed.js';
import { type ScannedPart, scanPart } from '../../../src/data/table/parts/scan-part.js';
import { type ReadOptions, type ReadTable, readRawTableFrom } from '../../../src/data/table/read-raw-table.js';
import { atOnce } from '../../../src/data/table/steps.js';
import { Random } from '../../../src/model/random.js';
import { once, pick } from '../../support/mutate.js';
import { valuesOf } from '../../support/thoroughness.js';

const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-parts-'));
afterAll(() => rmSync(folder, { recursive: true }));
const FILE = path.join(folder, 'table.csv');

/** What the helpers have done. */
const done = { parts: 0, columns: 0 };

/** A helper without a thread. It claims one part whenever the event loop runs. */
const inline: Reader = {
  scan: async (task, take) => {
    for (;;) {
      await new Promise(setImmediate);
      const index = claim(task);
      if (index === undefined) return;
      take(index, partOf(task, index));
      done.parts++;
    }
  },
  join: async (task) => {
    await new Promise(setImmediate);
    done.columns++;
    return structuredClone(atOnce(joinColumn(task, false)));
  },
};

function partOf(task: ScanTask, index: number): ScannedPart | undefined {
  const [from, to] = [task.cuts[index]!, task.cuts[index + 1]!];
  return structuredClone(
    scanPart(task, to - from, (bytes) => readSync(task.fd, bytes, 0, to - from, from) === to - from),
  );
}

function readersOf(...all: Reader[]): Readers {
  return { all, end: () => undefined, release: () => undefined };
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

interface Outcome {
  readonly table?: Omit<ReadTable, 'lineOf'> & { readonly lines: readonly number[] };
  readonly message?: string;
}

async function outcomeOf(bytes: Uint8Array, options: ReadOptions, parted?: PartedFile): Promise<Outcome> {
  try {
    const { lineOf, ...table } = await readRawTableFrom('T', chunksOf(bytes), options, undefined, parted);
    return { table: { ...table, lines: Array.from({ length: table.count }, (_, row) => lineOf(row)) } };
  } catch (error) {
    return { message: (error as Error).message };
  }
}

async function outcomeInParts(
  bytes: Uint8Array,
  options: ReadOptions,
  partBytes: number,
  readers: Readers | undefined = readersOf(inline),
): Promise<Outcome> {
  writeFileSync(FILE, bytes);
  const file = await open(FILE);
  try {
    const skip = bytes[0] === 0xef ? 3 : 0;
    return await outcomeOf(bytes, options, { file, size: bytes.length, skip, partBytes, readers });
  } finally {
    await file.close();
  }
}

const NUMBERS = ['0', '1.5', '-2', '123456.789', '0.1234567890123456789', '1e300', '1e-7', '007', '9007199254740993'];
const TEXTS = ['', 'x', 'NA', 'é', '😀', '漢字', 'two words', 'a"b', '2026-01-05', 'a longer text, of no use'];

/** What a table may have, beside numbers and short texts. */
interface Temper {
  readonly end: string;
  readonly delimiter: string;
  readonly quoted: boolean;
  readonly broken: boolean;
  readonly blank: boolean;
  readonly comments: boolean;
  readonly ragged: boolean;
  readonly damaged: boolean;
}

function tableOf(random: Random): {
  readonly bytes: Uint8Array;
  readonly options: ReadOptions;
  readonly temper: Temper;
} {
  const temper: Temper = {
    end: pick(['\n', '\n', '\r\n', '\r'], random),
    delimiter: pick([',', ',', ';', '\t', '|'], random),
    quoted: once(2, random),
    broken: once(4, random),
    blank: once(4, random),
    comments: once(4, random),
    ragged: once(8, random),
    damaged: once(8, random),
  };
  const { end, delimiter } = temper;
  const width = 2 + random.below(5);
  const kinds = Array.from({ length: width }, () => random.below(3));
  const quoted = (text: string) => {
    const broken =
      temper.broken && once(2, random) ? `${text}${pick(['\n', '\r\n', '\r', '\n1,2\n'], random)}${text}` : text;
    return `"${broken.replaceAll('"', '""')}"`;
  };
  const cell = (kind: number) => {
    const isNumber = kind === 0 || (kind === 2 && once(2, random));
    const text = isNumber ? pick(NUMBERS, random) : pick(TEXTS, random);
    if (delimiter === ';' && isNumber && once(2, random)) return text.replace('.', ',');
    if (!isNumber && temper.quoted && once(2, random)) return quoted(text);
    return text.replaceAll(delimiter, ' ').replaceAll('"', '');
  };
  const rows = Array.from({ length: 2 + random.below(60) }, () => {
    if (temper.blank && once(5, random)) return pick(['', ' ', '\t '], random);
    if (temper.comments && once(5, random)) return '# a "comment';
    const length = temper.ragged && once(20, random) ? width + 1 - random.below(3) : width;
    return Array.from({ length }, (_, i) => cell(kinds[i % width]!)).join(delimiter);
  });
  if (once(2, random)) rows.unshift(Array.from({ length: width }, (_, i) => `name ${i}`).join(delimiter));
  const text = `${once(6, random) ? '\ufeff' : ''}${rows.join(end)}${once(2, random) ? end : ''}`;
  const bytes = Buffer.from(text);
  if (temper.damaged) bytes[random.below(bytes.length)] = pick([0x22, 0xff, 0x0a, 0x0d, 0x2c], random);
  const options: ReadOptions = {
    header: pick(['auto', 'auto', 'yes', 'no'], random),
    ...(temper.comments && { comment: '#' }),
    ...(once(2, random) && { delimiter }),
  };
  return { bytes, options, temper };
}

describe('a table in parts', () => {
  it('gives what it gives from begin to end', async () => {
    const tally = { cases: 0, refused: 0, parted: 0, quotedInParts: 0 };
    for (let index = 0; index < valuesOf(1500, 100); index++) {
      const random = new Random(31, index);
      const { bytes, options, temper } = tableOf(random);
      const partBytes = 30 + random.below(500);
      const before = { ...done };
      const helpers = Array.from({ length: random.below(3) }, () => inline);
      const inParts = await outcomeInParts(bytes, options, partBytes, readersOf(...helpers));
      const expected = await outcomeOf(bytes, options);
      expect(inParts, `case ${index}, ${partBytes} bytes: ${JSON.stringify(String(bytes))}`).toEqual(expected);
      tally.cases++;
      tally.refused += Number(expected.message !== undefined);
      if (done.parts === before.parts || expected.message !== undefined) continue;
      tally.parted++;
      tally.quotedInParts += Number(temper.quoted && temper.broken);
    }
    // The test tests what it says.
    expect(tally.refused).toBeGreaterThan(tally.cases / 20);
    expect(tally.parted).toBeGreaterThan(tally.cases / 8);
    expect(tally.quotedInParts).toBeGreaterThan(tally.cases / 100);
    expect(done.columns).toBeGreaterThan(tally.cases / 10);
  });

  const LINES = Array.from({ length: 600 }, (_, i) => `${i},level ${i % 290},"quoted, ${i}",${i / 7}`);
  const PLAIN = Buffer.from(`a,b,c,d\n${LINES.join('\n')}\n`);

  it('of which some rows have another length gives the message that counts all of them', async () => {
    const bytes = Buffer.from(
      `a,b,c,d\n${LINES.map((line, i) => (i % 140 === 139 ? `${line},1` : line)).join('\n')}\n`,
    );
    const { message } = await outcomeInParts(bytes, {}, 2000);
    expect(message).toBe((await outcomeOf(bytes, {})).message);
    expect(message).toMatch(/141.*281.*421/);
  });

  it('is cut behind quoted lines, not within', async () => {
    const text = '"one, two\n1,2,3,4\nthree",2,"x\n",4';
    const bytes = Buffer.from(`a,b,c,d\n${Array.from({ length: 100 }, () => text).join('\n')}\n`);
    const partsBefore = done.parts;
    expect(await outcomeInParts(bytes, {}, 1000)).toEqual(await outcomeOf(bytes, {}));
    expect(done.parts).toBeGreaterThan(partsBefore);
  });

  const never = new Promise<never>(() => undefined);
  const fails = async () => {
    throw new Error('out of memory');
  };

  it.each<[string, readonly Reader[]]>([
    ['no helper', []],
    ['a helper that does not start in time', [{ scan: () => never, join: () => never }]],
    ['a helper that fails to start', [{ scan: fails, join: fails }]],
    ['a helper that dies with a part that it has claimed', [dyingWith(1), inline]],
    ['helpers that die with all parts', [dyingWith(100)]],
    ['a part in doubt', [{ ...inline, scan: async (task, take) => take(claim(task)!, undefined) }]],
    ['a helper that dies with a column', [{ ...inline, join: fails }]],
  ])('is read with %s', async (_, helpers) => {
    const outcome = await outcomeInParts(PLAIN, {}, 4000, readersOf(...helpers));
    expect(outcome).toEqual(await outcomeOf(PLAIN, {}));
  });

  /** Claims parts, scans the first of them, and dies. */
  function dyingWith(parts: number): Reader {
    const scan: Reader['scan'] = async (task, take) => {
      const claimed = Array.from({ length: parts }, () => claim(task));
      const [first] = claimed;
      if (parts > 1 && first !== undefined) take(first, partOf(task, first));
      await new Promise(setImmediate);
      throw new Error('out of memory');
    };
    return { scan, join: fails };
  }

  it('is read like any other if it shrinks meanwhile', async () => {
    writeFileSync(FILE, PLAIN);
    const file = await open(FILE);
    const shrinks: Reader = {
      ...inline,
      scan: async (task, take) => {
        truncateSync(FILE, PLAIN.length / 2);
        await inline.scan(task, take);
      },
    };
    const parted = { file, size: PLAIN.length, skip: 0, partBytes: 4000, readers: readersOf(shrinks) };
    expect(await outcomeOf(PLAIN, {}, parted)).toEqual(await outcomeOf(PLAIN, {}));
    await file.close();
  });

  it.each([
    ['while the parts are scanned', false],
    ['while the threads start', true],
  ])('is left at once if the signal says so %s', async (_, isEarly) => {
    writeFileSync(FILE, PLAIN);
    const file = await open(FILE);
    const controller = new AbortController();
    const abort = () => controller.abort(new Error('enough'));
    let hasEnded = false;
    // A thread that claims a part, and never answers, but for its end.
    let end: (() => void) | undefined;
    const ended = new Promise<never>((_, reject) => {
      end = () => reject(new Error('ended'));
    });
    ended.catch(() => undefined);
    const scan = (task: ScanTask) => {
      claim(task);
      if (isEarly) abort();
      else setTimeout(abort, 20);
      return ended;
    };
    const readers = {
      ...readersOf({ scan, join: fails }),
      end: () => {
        hasEnded = true;
        end!();
      },
    };
    const parted = { file, size: PLAIN.length, skip: 0, partBytes: 4000, readers };
    await expect(readRawTableFrom('T', chunksOf(PLAIN), {}, controller.signal, parted)).rejects.toThrow('enough');
    expect(hasEnded).toBe(true);
    await file.close();
  });
});
