/** Damaged checkpoints and data, case by case: run by `watched`. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { decodeCheckpoint, readCheckpoint } from '../../src/checkpoints/checkpoint-file.js';
import { FILES } from '../../src/data/idx-folder.js';
import { loadDataset } from '../../src/data/sources.js';
import { countAllocations } from './allocations.js';
import { appendages, type Damage, flips, truncations } from './damages.js';
import { idxHeader, temporaryFolder } from './idx-files.js';
import { Tally, verdictOf } from './judge.js';
import type { Mark } from './watched.js';

/**
 * Buffers that a case may ask for, all together: so many times its files, and a fixed amount. That of gzipped data is the
 * stream's buffers of a megabyte, three or four for each of the four files.
 */
const MOST_TIMES = 8;
const MOST_FIXED_BYTES = { checkpoint: 1 << 14, plain: 1 << 16, gzip: 16 << 20 };

interface CheckpointTask {
  readonly bytes: Uint8Array;
  /** One bit of so many is flipped. */
  readonly every?: number;
}

export async function damageCheckpoint({ bytes, every = 1 }: CheckpointTask, mark: Mark): Promise<Tally[]> {
  const allocated = countAllocations();
  const folder = temporaryFolder();
  const header = 8 + Number(Buffer.from(bytes).readBigUInt64LE());
  const kinds: [string, Iterable<Damage>][] = [
    ['checkpoint, cut', truncations(bytes)],
    ['checkpoint, appended to', appendages(bytes)],
    ['checkpoint, bit of the header', oneOf(every, flips(bytes, 0, header))],
    ['checkpoint, bit of the body', oneOf(every, flips(bytes, header, bytes.length))],
    ['checkpoint, gigabytes promised', promises(bytes)],
  ];
  const tallies: Tally[] = [];
  for (const [kind, damages] of kinds) {
    const tally = new Tally(kind);
    tallies.push(tally);
    for (const damage of damages) {
      mark(`${kind}: ${damage.what}`);
      const limit = MOST_TIMES * damage.bytes.length + MOST_FIXED_BYTES.checkpoint;
      // What is cut or grown goes through a file, whose size is asked for first; a file for every bit would take long.
      const isFile = damage.bytes.length !== bytes.length;
      const file = isFile ? folder.write('x.safetensors', damage.bytes) : 'x.safetensors';
      const read = () => (isFile ? readCheckpoint(file) : decodeCheckpoint(file, damage.bytes));
      const took = await judge(tally, damage.what, file, allocated, limit, read);
      if (took) tally.violations.push(`${damage.what}: taken`);
    }
  }
  folder.remove();
  return tallies;
}

function* oneOf<T>(every: number, all: Iterable<T>): Generator<T> {
  let number = 0;
  for (const each of all) if (number++ % every === 0) yield each;
}

/** Headers with numbers that are far beyond the file. */
function* promises(bytes: Uint8Array): Generator<Damage> {
  for (const length of [2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, 99_999_999n]) {
    const damaged = Buffer.from(bytes);
    damaged.writeBigUInt64LE(length);
    yield { what: `a header of ${length} bytes`, bytes: damaged };
  }
  for (const shape of [
    '[1000000000]',
    '[2147483647,2147483647]',
    '[9007199254740991,9007199254740991,9007199254740991]',
  ]) {
    const json = `{"layers.0.weight":{"dtype":"F64","shape":${shape},"data_offsets":[0,8000000000]}}`;
    const header = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
    header.writeBigUInt64LE(BigInt(header.length - 8));
    header.write(json, 8);
    yield { what: `a tensor of shape ${shape}`, bytes: header };
  }
}

export interface DataTask {
  /** The folder of a small data set, plain. */
  readonly data: string;
  /** Bits of each body that are tried. */
  readonly bits: number;
  readonly seed: number;
}

export async function damageData({ data, bits, seed }: DataTask, mark: Mark): Promise<Tally[]> {
  const allocated = countAllocations();
  const undamaged = await loadDataset(data);
  const sameAs = (other: typeof undamaged) =>
    other.train.sha256 === undamaged.train.sha256 && other.test.sha256 === undamaged.test.sha256;
  const tallies: Tally[] = [];
  for (const isGzipped of [false, true]) {
    const folder = temporaryFolder();
    const originals = Object.values(FILES).map((name) => {
      const bytes = readFileSync(path.join(data, name));
      return isGzipped ? { name: `${name}.gz`, bytes: gzipSync(bytes) } : { name, bytes };
    });
    for (const { name, bytes } of originals) folder.write(name, bytes);
    for (const { name, bytes } of originals) {
      const file = path.join(folder.path, name);
      for (const [kind, damages, isBody] of kindsOf(name, bytes, isGzipped, bits, seed)) {
        const tally = tallies.find((each) => each.kind === kind) ?? new Tally(kind);
        if (tally.cases === 0) tallies.push(tally);
        for (const damage of damages) {
          mark(`${file}: ${damage.what}`);
          folder.write(name, damage.bytes);
          const fixed = isGzipped ? MOST_FIXED_BYTES.gzip : MOST_FIXED_BYTES.plain;
          const limit = MOST_TIMES * originals.reduce((sum, each) => sum + each.bytes.length, 0) + fixed;
          // A flip in a label may contradict the other pair: that one's file is named then.
          const names = isBody ? folder.path : file;
          const took = await judge(tally, `${name} ${damage.what}`, names, allocated, limit, () =>
            loadDataset(folder.path),
          );
          if (!took) continue;
          if (sameAs(took.value)) tally.unharmed++;
          else if (isBody && !isGzipped) tally.unnoticeable++;
          else tally.violations.push(`${name} ${damage.what}: taken`);
        }
      }
      folder.write(name, bytes);
    }
    folder.remove();
  }
  return tallies;
}

function kindsOf(
  name: string,
  bytes: Uint8Array,
  isGzipped: boolean,
  bits: number,
  seed: number,
): [string, Iterable<Damage>, isBody: boolean][] {
  const format = isGzipped ? 'gzipped IDX' : 'IDX';
  const header = isGzipped ? GZIP_HEADER_BYTES : 4 + 4 * bytes[3]!;
  const what = name.includes('labels') ? 'labels' : 'pixels';
  return [
    [`${format}, gigabytes promised`, isGzipped ? bombs() : worlds(), false],
    [`${format}, cut`, truncations(bytes), false],
    [`${format}, appended to`, appendages(bytes), false],
    [`${format}, bit of the header`, flips(bytes, 0, header), false],
    [`${format}, bit of the ${isGzipped ? 'body' : what}`, flips(bytes, header, bytes.length, bits, seed), true],
  ];
}

/** Headers with dimensions that are far beyond the file. */
function* worlds(): Generator<Damage> {
  const most = 2 ** 32 - 1;
  for (const dimensions of [
    [most],
    [most, 1, 1],
    [2 ** 31, 28, 28],
    [most, most, most],
    new Array<number>(255).fill(most),
  ]) {
    const what = dimensions.length > 3 ? '255 dimensions' : dimensions.join(' × ');
    yield { what: `a header of ${what}`, bytes: Buffer.concat([idxHeader(dimensions), new Uint8Array(100)]) };
  }
}

/** The same compressed; and much that is compressed to little, of which the header says nothing. */
function* bombs(): Generator<Damage> {
  for (const { what, bytes } of worlds()) yield { what, bytes: gzipSync(bytes) };
  for (const dimensions of [[23], [23, 2, 2]]) {
    const bytes = gzipSync(Buffer.concat([idxHeader(dimensions), new Uint8Array(1 << 26)]));
    yield { what: `64 MiB in ${bytes.length} bytes, behind a header of ${dimensions.join(' × ')}`, bytes };
  }
}

/** Magic, method, flags, time, extra flags, system. */
const GZIP_HEADER_BYTES = 10;

/** @returns what was made of it, if it was taken */
async function judge<Value>(
  tally: Tally,
  what: string,
  names: string,
  allocated: () => number,
  mostBytes: number,
  act: () => Value | Promise<Value>,
): Promise<{ readonly value: Value } | undefined> {
  const [before, began] = [allocated(), performance.now()];
  const { value, message, violation } = await verdictOf(act, names);
  const bytes = allocated() - before;
  tally.seconds += (performance.now() - began) / 1000;
  tally.cases++;
  tally.mostBytes = Math.max(tally.mostBytes, bytes);
  if (bytes > mostBytes) tally.violations.push(`${what}: ${bytes} bytes allocated, more than ${mostBytes}`);
  if (violation !== undefined) tally.violations.push(`${what}: ${violation}`);
  if (message !== undefined) tally.refused++;
  return value === undefined ? undefined : { value };
}
