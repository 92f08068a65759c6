/** IDX files, plain and gzipped: whole ones are read, and every kind of damage is refused by name. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readIdx } from '../../src/data/idx.js';
import { LockstepError } from '../../src/errors.js';
import { type Folder, idxBytes, idxHeader, temporaryFolder } from '../support/idx-files.js';
import { refusalOf } from '../support/refusals.js';
import { valuesOf } from '../support/thoroughness.js';

let folder: Folder;
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => folder.remove());

const MEBI = 2 ** 20;
const HUGE = 2 ** 32 - 1;

/** Each test's bytes go into a file that stands alone. */
const FORMS = [
  { form: 'plain', name: 'file', pack: (bytes: Uint8Array) => bytes },
  { form: 'gzipped', name: 'file.gz', pack: (bytes: Uint8Array) => gzipSync(bytes) },
] as const;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Writes the bytes as they are, and returns what is said of the file: without its name, which must come first. */
async function complaint(name: string, bytes: Uint8Array): Promise<string> {
  const file = folder.write(name, bytes);
  return await complaintOf(file);
}

async function complaintOf(file: string): Promise<string> {
  const { message, status } = await refusalOf(() => readIdx(file));
  expect(status).toBe(1);
  expect(message.startsWith(`${file}: `)).toBe(true);
  return message.slice(file.length + 2);
}

describe.each(FORMS)('a whole file, $form', ({ name, pack }) => {
  const read = (bytes: Uint8Array) => readIdx(folder.write(name, pack(bytes)));

  it('gives dimensions, data, and the hash of the uncompressed file', async () => {
    const bytes = idxBytes([2, 3], [1, 2, 3, 4, 5, 255]);
    const { file, dimensions, data, sha256: hash } = await read(bytes);
    expect(file).toBe(path.join(folder.path, name));
    expect(dimensions).toEqual([2, 3]);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 255]);
    expect(hash).toBe(sha256(bytes));
  });

  it('may have any dimensions and bytes', async () => {
    const arrays = fc
      .array(fc.nat(5), { minLength: 1, maxLength: 5 })
      .chain((dimensions) =>
        fc.tuple(
          fc.constant(dimensions),
          fc.uint8Array({ minLength: product(dimensions), maxLength: product(dimensions) }),
        ),
      );
    await fc.assert(
      fc.asyncProperty(arrays, async ([dimensions, data]) => {
        const found = await read(idxBytes(dimensions, data));
        expect(found.dimensions).toEqual(dimensions);
        expect(found.data).toEqual(data);
      }),
    );
  });

  it('may have the most dimensions that a header can have, 255', async () => {
    const dimensions = new Array<number>(255).fill(1);
    const found = await read(idxBytes(dimensions, [7]));
    expect(found.dimensions).toEqual(dimensions);
    expect([...found.data]).toEqual([7]);
  });

  it('may be empty, whatever its other dimensions are', async () => {
    for (const dimensions of [[0], [0, 28, 28], [...new Array<number>(40).fill(HUGE), 0]]) {
      const found = await read(idxHeader(dimensions));
      expect(found.dimensions).toEqual(dimensions);
      expect(found.data).toHaveLength(0);
    }
  });

  it('may be larger than the pieces in which it is read', async () => {
    const data = Uint8Array.from({ length: 5 * MEBI + 3 }, (_, i) => (i * i) >> 7);
    const bytes = idxBytes([data.length], data);
    const found = await read(bytes);
    expect(Buffer.compare(found.data, data)).toBe(0);
    expect(found.sha256).toBe(sha256(bytes));
  });
});

describe('a gzipped file of several workers, as `cat a.gz b.gz` makes them', () => {
  const bytes = idxBytes([2, 3], [1, 2, 3, 4, 5, 6]);

  it('is read as one', async () => {
    const workers = [...bytes].map((byte) => gzipSync(Uint8Array.of(byte)));
    const { dimensions, data } = await readIdx(folder.write('workers.gz', Buffer.concat(workers)));
    expect(dimensions).toEqual([2, 3]);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it.each([0, 1, 3, 4, 9, 12, 15, 18])('may deliver its first %i bytes long before the rest', async (first) => {
    // More empty workers between them than are read at once.
    const empty = gzipSync(new Uint8Array(0));
    const pause = Buffer.alloc(Math.ceil((1.5 * MEBI) / empty.length) * empty.length, empty);
    const parts = [gzipSync(bytes.subarray(0, first)), pause, gzipSync(bytes.subarray(first))];
    const { dimensions, data, sha256: hash } = await readIdx(folder.write('pause.gz', Buffer.concat(parts)));
    expect(dimensions).toEqual([2, 3]);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(hash).toBe(sha256(bytes));
  });
});

describe('what cannot be read', () => {
  it.each(['missing', 'missing.gz'])('is a missing file (%s)', async (name) => {
    const said = await complaintOf(path.join(folder.path, name));
    expect(said).toMatch(/^cannot be read \(ENOENT: .*\); check the path and its permissions$/);
  });

  it.each(['directory', 'directory.gz'])('is a directory (%s)', async (name) => {
    const directory = path.join(folder.path, name);
    mkdirSync(directory);
    expect(await complaintOf(directory)).toBe(
      'cannot be read (not a regular file); check the path and its permissions',
    );
  });

  it.skipIf(process.platform === 'win32')('is a device, which might never end (skipped on Windows)', async () => {
    expect(await complaintOf('/dev/zero')).toMatch(/^cannot be read \(not a regular file\)/);
  });

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'is a file without permission to read it (skipped on Windows, and for root, who may read any)',
    async () => {
      for (const name of ['locked', 'locked.gz']) {
        const file = folder.write(name, 'text');
        chmodSync(file, 0);
        expect(await complaintOf(file)).toMatch(/^cannot be read \(EACCES: .*\); check the path and its permissions$/);
      }
    },
  );

  // A process's own memory is a regular file whose first page nobody may read.
  it.skipIf(process.platform !== 'linux').each(['memory', 'memory.gz'])(
    'is a file that fails while it is read (%s; skipped where there is no /proc)',
    async (name) => {
      const link = path.join(folder.path, name);
      symlinkSync('/proc/self/mem', link);
      expect(await complaintOf(link)).toMatch(/^cannot be read \(EIO: .*\); check the path and its permissions$/);
    },
  );
});

describe.each(FORMS)('damage, $form', ({ name, pack }) => {
  const said = (bytes: Uint8Array) => complaint(name, pack(bytes));
  const whole = idxBytes([2, 3], [1, 2, 3, 4, 5, 6]);

  it('a file that ends too early, wherever it ends', async () => {
    for (let length = 0; length < whole.length; length++) {
      const headerBytes = 12;
      expect(await said(whole.subarray(0, length))).toBe(
        length < headerBytes
          ? `not an IDX file: the file ends after ${length} bytes; ` +
              'expected 0 0 8 (unsigned bytes) and the number of dimensions'
          : `${length - headerBytes} bytes of data; the header (2 × 3) declares 6; ` +
              'the file is truncated: download it again',
      );
    }
  });

  it.each([
    [6, 1],
    [6, 6],
    [1500, 3 * MEBI],
  ])('a file of %i bytes of data, and %i more', async (size, extra) => {
    const found =
      name === 'file' ? (size + extra).toLocaleString('en-US') : `more than ${size.toLocaleString('en-US')}`;
    expect(await said(Buffer.concat([idxHeader([1, size]), new Uint8Array(size + extra)]))).toBe(
      `${found} bytes of data; the header (1 × ${size}) declares ${size.toLocaleString('en-US')}; ` +
        'the file does not match its header: download it again',
    );
  });

  it.each([0x00, 0x09, 0x0b, 0x0c, 0x0d, 0x0e, 0xff])('another type: %i', async (type) => {
    const bytes = Buffer.from(whole);
    bytes[2] = type;
    const hexadecimal = type.toString(16).padStart(2, '0');
    expect(await said(bytes)).toBe(`IDX type 0x${hexadecimal}; expected 0x08 (unsigned bytes); convert the file`);
  });

  it('another format altogether', async () => {
    expect(await said(Buffer.from('\x89PNG\r\n\x1a\n and more', 'latin1'))).toBe(
      'not an IDX file: it begins with bytes 137 80 78 71; ' +
        'expected 0 0 8 (unsigned bytes) and the number of dimensions',
    );
    expect(await said(Buffer.from([0, 1, 8, 1, 0, 0, 0, 0]))).toMatch(/it begins with bytes 0 1 8 1;/);
  });

  it('no dimensions', async () => {
    expect(await said(Buffer.from([0, 0, 8, 0]))).toBe('dimensions none; expected at least one');
    expect(await said(Buffer.from([0, 0, 8, 0, 42]))).toBe('dimensions none; expected at least one');
  });

  it('data where a dimension is zero, however large the others are', async () => {
    const dimensions = [...new Array<number>(40).fill(HUGE), 0];
    expect(await said(idxBytes(dimensions, [1, 2]))).toMatch(
      /^(more than 0|2) bytes of data; .* declares 0; the file does not match its header/,
    );
  });
});

describe.each(FORMS)('a header that promises far more than there is, $form', ({ name, pack }) => {
  it.each([
    ['a gibibyte', [2 ** 30], '1073741824', '1,073,741,824'],
    ['more than memory', [HUGE, HUGE], '4294967295 × 4294967295', '18,446,744,065,119,617,000'],
    ['without end', new Array<number>(255).fill(HUGE), `${'4294967295 × '.repeat(8)}…, 255 dimensions`, '∞'],
  ])('%s: is refused, and no memory is taken for it', async (_, dimensions, shape, promised) => {
    const before = process.memoryUsage().arrayBuffers;
    const message = await complaint(name, pack(idxBytes(dimensions, [1, 2, 3])));
    expect(message).toBe(
      `3 bytes of data; the header (${shape}) declares ${promised}; the file is truncated: download it again`,
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * MEBI);
  });
});

describe('gzip', () => {
  const packed = gzipSync(idxBytes([2, 3], [1, 2, 3, 4, 5, 6]));
  const NOT_GZIP = /^invalid gzip data \(.+\); download or compress the file again$/;

  it('that ends too early, wherever it ends', async () => {
    for (let length = 0; length < packed.length; length++) {
      expect(await complaint('short.gz', packed.subarray(0, length))).toMatch(NOT_GZIP);
    }
  });

  it('that is none: a plain file under a gzipped name', async () => {
    expect(await complaint('plain.gz', idxBytes([2], [1, 2]))).toMatch(NOT_GZIP);
  });

  it('whose checksum is wrong', async () => {
    const bytes = Buffer.from(packed);
    bytes[bytes.length - 8]! ^= 1;
    expect(await complaint('checksum.gz', bytes)).toMatch(NOT_GZIP);
  });

  it('with something else behind it', async () => {
    expect(await complaint('behind.gz', Buffer.concat([packed, Buffer.from('something else')]))).toMatch(NOT_GZIP);
  });

  it('with zeros behind it, which Node passes over', async () => {
    expect(await complaint('zeros.gz', Buffer.concat([packed, Buffer.alloc(3)]))).toMatch(
      /\(3 extra bytes after the end\)/,
    );
  });

  it('under a plain name', async () => {
    expect(await complaint('packed', packed)).toMatch(/^not an IDX file: it begins with bytes 31 139 8 0;/);
  });

  it('that unpacks to far more than its header says: it is left alone as soon as that is certain', async () => {
    const piece = gzipSync(new Uint8Array(16 * MEBI));
    const gibibyte = new Array<Uint8Array>(64).fill(piece);
    // Whoever reads to the end meets something that is not gzip, and complains of that.
    const bomb = Buffer.concat([gzipSync(idxBytes([4], [1, 2])), ...gibibyte, Buffer.from('the end')]);
    const before = process.memoryUsage().arrayBuffers;
    expect(await complaint('bomb.gz', bomb)).toBe(
      'more than 4 bytes of data; the header (4) declares 4; the file does not match its header: download it again',
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * MEBI);
  });
});

describe('random bytes', () => {
  /** Anything; and, since that never gets past the magic number, things that begin well. */
  const beginsWell = fc
    .tuple(fc.nat(3), fc.uint8Array({ maxLength: 40 }))
    .map(([rank, rest]) => Uint8Array.of(0, 0, 8, rank, ...rest));
  const small = fc
    .tuple(fc.array(fc.nat(3), { maxLength: 3 }), fc.uint8Array({ maxLength: 30 }))
    .map(([dimensions, rest]) => Uint8Array.from(idxBytes(dimensions, rest)));
  const anything = fc.oneof(fc.uint8Array({ maxLength: 40 }), beginsWell, small);

  it.each([
    ['plain', 'random', (bytes: Uint8Array) => bytes],
    ['gzipped', 'random.gz', (bytes: Uint8Array) => gzipSync(bytes)],
    ['said to be gzipped', 'random.gz', (bytes: Uint8Array) => bytes],
  ])('%s, are read or refused with a LockstepError, and nothing else', async (_, name, pack) => {
    await fc.assert(
      fc.asyncProperty(anything, async (bytes) => {
        const file = folder.write(name, pack(bytes));
        try {
          const { dimensions, data } = await readIdx(file);
          expect(data).toHaveLength(product(dimensions));
          expect(bytes).toHaveLength(4 + 4 * dimensions.length + data.length);
        } catch (error) {
          if (!(error instanceof LockstepError)) throw error;
          expect(error.status).toBe(1);
        }
      }),
      { numRuns: valuesOf(300, 50) },
    );
  });

  it('in place of some of a gzipped file are read as they were, or refused', async () => {
    const bytes = idxBytes([3, 4], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const packed = gzipSync(bytes);
    await fc.assert(
      fc.asyncProperty(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }), async (position, change) => {
        const damaged = Buffer.from(packed);
        damaged[position]! ^= change;
        const file = folder.write('damaged.gz', damaged);
        try {
          // Some bytes of gzip's own header, such as its time, mean nothing to the content.
          expect((await readIdx(file)).sha256).toBe(sha256(bytes));
        } catch (error) {
          if (!(error instanceof LockstepError)) throw error;
        }
      }),
      { numRuns: valuesOf(300, 50) },
    );
  });
});

function product(dimensions: readonly number[]): number {
  return dimensions.reduce((all, size) => all * size, 1);
}
